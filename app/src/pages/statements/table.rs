//! The rows of the ranking. Headings are links, so sorting works without JavaScript.

use leptos::prelude::*;
use model::statements::figure::{COLUMN_SETS, ColumnSet};
use model::statements::ranking::why_unknown;
use model::statements::{Bound, Change, Figure, Measure, Question, Rank, Ranking, Sums, Uncounted};
use model::{Known, ServerId, Unit};

use super::pager::pages;
use crate::ui::format;
use crate::ui::keyed::keyed;
use crate::ui::query_params::QueryParams;
use crate::ui::sort::Column;
use crate::ui::sparkline::Sparkline;
use crate::ui::sql::one_line;
use crate::ui::statement_links::{SORTED, to_ranking, to_statement};
use crate::ui::table::sort_heading;

/// Characters of a statement in its row.
const TEXT_CHARS: usize = 160;
/// A column of changes: sort key and heading, unit, and by how much a value changed.
type Changed = (Column, Unit, fn(&Sums, &Sums) -> Option<f64>);
/// What a compared window adds.
const CHANGES: [Changed; 3] = [
    (("change-total", "Time change", true), Unit::Ms, |now, then| {
        Some(now.get(Measure::ExecTime) - then.get(Measure::ExecTime))
    }),
    (("change-mean", "Mean change", true), Unit::Ms, |now, then| {
        Some(now.mean_ms()? - then.mean_ms()?)
    }),
    (("change-calls", "Calls change", true), Unit::Count, |now, then| {
        Some(now.get(Measure::Calls) - then.get(Measure::Calls))
    }),
];

/// The columns of a set; the first where the address names none.
pub fn columns(name: &str) -> ColumnSet {
    let [first, ..] = COLUMN_SETS;
    COLUMN_SETS.into_iter().find(|(id, ..)| *id == name).unwrap_or(first)
}

/// What all rows of a table have in common.
#[derive(Clone, Debug, PartialEq)]
struct Shape {
    figures: Vec<&'static str>,
    /// Whether a window is compared.
    compared: bool,
    /// Execution time of the window, ms.
    whole: f64,
    uncounted: Vec<Uncounted>,
    question: Question,
}

impl Shape {
    fn of(ranking: &Ranking, question: &Question) -> Self {
        Self {
            figures: columns(&question.columns).2.to_vec(),
            compared: matches!(ranking.compared, Some(Ok(_))),
            whole: ranking.facts.total.get(Measure::ExecTime),
            uncounted: ranking.uncounted.clone(),
            question: question.clone(),
        }
    }

    fn figures(&self) -> impl Iterator<Item = &'static Figure> {
        self.figures.iter().filter_map(|id| Figure::named(id))
    }
}

/// The table and its pages.
#[component]
pub fn Rows(
    /// The server.
    server: ServerId,
    /// The question in the address.
    question: Memo<Question>,
    /// The answer.
    ranking: RwSignal<Known<Ranking>>,
) -> impl IntoView {
    let params = QueryParams::get(SORTED);
    let shape = Memo::new(move |_| {
        ranking.with(|r| r.as_ref().ok().map(|r| Shape::of(r, &question.read())))
    });
    let any = Memo::new(move |_| ranking.with(|r| r.as_ref().is_ok_and(|r| !r.rows.is_empty())));
    let order = move || match params.value("sort") {
        sort if sort.is_empty() => "-total".to_owned(),
        sort => sort,
    };
    let heads = move || shape.with(|shape| shape.as_ref().map(|shape| heads(shape, params, order)));
    let of_rows = server.clone();
    let row = move |id: String| {
        let rank = Memo::new(move |_| {
            ranking.with(|r| r.as_ref().ok()?.rows.iter().find(|rank| rank.id == id).cloned())
        });
        row_view(of_rows.clone(), rank, shape)
    };
    let keys = move || {
        let ids = |r: &Ranking| r.rows.iter().map(|rank| rank.id.clone()).collect();
        ranking.with(|r| r.as_ref().map(ids).unwrap_or_default())
    };
    view! {
        <div class="scroll stacked statements" tabindex="0" role="group" aria-label="Statements" hidden=move || !any.get()>
            <table>
                <thead><tr><th scope="col">"Statement"</th>{heads}</tr></thead>
                <tbody>{keyed(keys, row)}</tbody>
            </table>
        </div>
        {move || ranking.with(|r| r.as_ref().ok().map(|ranking| pages(&server, &question.read(), ranking)))}
    }
}

fn heads(
    shape: &Shape,
    params: QueryParams,
    order: impl Fn() -> String + Copy + Send + Sync + 'static,
) -> AnyView {
    let head = |column: Column| sort_heading(params, column, order);
    let changes = CHANGES.into_iter().filter(|_| shape.compared).map(|(column, ..)| head(column));
    let figures = shape.figures().flat_map(|figure| {
        let own = head((figure.id, figure.label, true));
        let beside = match figure.id {
            "total" => Some(
                view! { <th scope="col" class="num">"Share"</th><th scope="col">"Trend"</th> }
                    .into_any(),
            ),
            "stddev" => Some(head(("max", "Max", true))),
            _ => None,
        };
        std::iter::once(own).chain(beside)
    });
    view! { {figures.collect_view()} {changes.collect_view()} }.into_any()
}

fn row_view(server: ServerId, rank: Memo<Option<Rank>>, shape: Memo<Option<Shape>>) -> AnyView {
    let cells = move || {
        let rank = rank.get()?;
        shape.with(|shape| shape.as_ref().map(|shape| cells(&rank, shape)))
    };
    let head = move || {
        let rank = rank.get()?;
        shape.with(|shape| shape.as_ref().map(|shape| statement(&server, &rank, &shape.question)))
    };
    view! { <tr><th scope="row" class="statement">{head}</th>{cells}</tr> }.into_any()
}

/// The statement in one line, a link to its page, and whose it is; or what the group has in common.
fn statement(server: &ServerId, rank: &Rank, question: &Question) -> AnyView {
    let mark = match rank.change {
        Change::Both => None,
        Change::New => Some(view! { <span class="mark new">"New"</span> }.into_any()),
        Change::Gone => Some(view! { <span class="mark gone">"Gone"</span> }.into_any()),
    };
    let code = rank.text.as_ref().map(|text| view! { <code>{one_line(text, TEXT_CHARS)}</code> });
    let Some(queryid) = rank.queryid else {
        let members = format::plural(rank.members as i64, "statement", "statements");
        let label = match within(&rank.label, question) {
            Some(inside) => {
                view! { <a href=to_ranking(server, &inside)>{rank.label.clone()}</a> }.into_any()
            }
            None => view! { <span>{rank.label.clone()}</span> }.into_any(),
        };
        return view! { {mark} {label} {code.map(|code| view! { <p>{code}</p> })} <p class="muted">{members}</p> }.into_any();
    };
    let to = to_statement(server, queryid, (&rank.database, &rank.role), question);
    let link = match code {
        Some(code) => view! { <a href=to>{code}</a> }.into_any(),
        None => view! { <a href=to class="unknown">"text not known"</a> }.into_any(),
    };
    let inside = if rank.toplevel { "" } else { ", inside a function: in its caller's time" };
    let (database, role) = (&rank.database, &rank.role);
    let whose = format!("{database}, role {role}, query id {queryid}{inside}");
    view! { {mark} {link} <p class="muted">{whose}</p> }.into_any()
}

/// The statements of a group: the same window, narrowed to it.
fn within(label: &str, question: &Question) -> Option<Question> {
    let alone = Question { group: String::new(), page: 0, ..question.clone() };
    match question.group.as_str() {
        "fingerprint" if label.chars().all(|c| c.is_ascii_hexdigit()) => {
            Some(Question { fingerprint: label.to_owned(), ..alone })
        }
        "table" if !label.contains(' ') => Some(Question { table: label.to_owned(), ..alone }),
        group => {
            let key = group.strip_prefix("tag:")?;
            let value = label.strip_prefix(key)?.strip_prefix(':')?;
            let is_one = !value.starts_with(' ');
            is_one.then(|| Question { tag: label.to_owned(), ..alone })
        }
    }
}

fn cells(rank: &Rank, shape: &Shape) -> AnyView {
    let share = (shape.whole > 0.0 && rank.toplevel)
        .then(|| 100.0 * rank.sums.get(Measure::ExecTime) / shape.whole);
    let figures = shape.figures().flat_map(|figure| {
        let own = match why_unknown(figure, &rank.sums, &shape.uncounted) {
            None => cell(figure.label, (figure.value)(&rank.sums), figure.unit, rank.bound),
            Some(why) => not_known(figure.label, why),
        };
        let beside = match figure.id {
            "total" => Some(view! { {cell("Share", share, Unit::Percent, Bound::Exact)} <td class="trend">{spark(rank)}</td> }.into_any()),
            "stddev" => Some(longest(rank)),
            _ => None,
        };
        std::iter::once(own).chain(beside)
    });
    let changes =
        CHANGES.into_iter().filter(|_| shape.compared).map(|((_, label, _), unit, of)| {
            let before = rank.before.clone().unwrap_or_default();
            change(label, of(&rank.sums, &before), unit, of_before(unit, &before, of))
        });
    view! { {figures.collect_view()} {changes.collect_view()} }.into_any()
}

fn spark(rank: &Rank) -> Option<AnyView> {
    let values = rank.spark.clone();
    (values.len() > 1).then(|| view! { <Sparkline values=Signal::stored(values)/> }.into_any())
}

/// The longest execution, or that it is not known to have been in the window.
fn longest(rank: &Rank) -> AnyView {
    match rank.max_ms {
        Some(ms) => cell("Max", Some(ms), Unit::Ms, Bound::Exact),
        None => not_known(
            "Max",
            "No execution of the window was the longest since the maximum was last reset.",
        ),
    }
}

/// What the value was in the other window.
fn of_before(unit: Unit, before: &Sums, of: fn(&Sums, &Sums) -> Option<f64>) -> String {
    let was = of(&Sums::default(), before).map(|value| -value);
    let was = was.or_else(|| before.mean_ms().filter(|_| unit == Unit::Ms));
    was.map_or_else(String::new, |was| format!("Was {}", format::exact(was, unit)))
}

fn change(label: &'static str, value: Option<f64>, unit: Unit, was: String) -> AnyView {
    let sign = match value {
        Some(value) if value > 0.0 => "+",
        Some(value) if value < 0.0 => "−",
        _ => "",
    };
    let text = value.map(|value| format!("{sign}{}", format::number(value.abs(), unit)));
    number(label, text, was)
}

/// A number; behind a lower bound, which says so, it may have been more.
fn cell(label: &'static str, value: Option<f64>, unit: Unit, bound: Bound) -> AnyView {
    let (sign, title) = match bound {
        Bound::Exact => ("", ""),
        Bound::LowerBound => ("≥ ", "At least: the entry was removed in between. "),
    };
    let title = value.map(|value| title.to_owned() + &format::exact(value, unit));
    let text = value.map(|value| format!("{sign}{}", format::number(value, unit)));
    number(label, text, title.unwrap_or_default())
}

/// A cell with its heading, which stands beside the number on phones. None does not apply.
fn number(label: &'static str, text: Option<String>, title: String) -> AnyView {
    let muted = text.is_none();
    view! {
        <td class="num" class:muted=muted data-label=label title=title>{text.unwrap_or_else(|| "–".to_owned())}</td>
    }
    .into_any()
}

fn not_known(label: &'static str, why: &str) -> AnyView {
    view! { <td class="num" data-label=label title=why.to_owned()><span class="unknown">"unknown"</span></td> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_leads_to_its_statements() {
        let of = |group: &str, label: &str| {
            let question = Question { group: group.into(), page: 3, ..Question::default() };
            within(label, &question).map(|q| (q.table, q.tag, q.fingerprint, q.group, q.page))
        };
        let found = |table: &str, tag: &str, print: &str| {
            Some((table.to_owned(), tag.to_owned(), print.to_owned(), String::new(), 0))
        };
        assert_eq!(of("table", "shop.orders"), found("shop.orders", "", ""));
        assert_eq!(of("table", "no table"), None);
        assert_eq!(of("tag:action", "action:show"), found("", "action:show", ""));
        assert_eq!(of("tag:action", "action: 2 values"), None);
        assert_eq!(of("tag:action", "action not seen"), None);
        assert_eq!(of("fingerprint", "0af1"), found("", "", "0af1"));
        assert_eq!(of("fingerprint", "text not known"), None);
    }
}
