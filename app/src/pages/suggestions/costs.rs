//! A statement with its costs before and after, as cells of a table.

use leptos::prelude::*;
use model::index_cost::Between;
use model::suggestions::{Costs, Weighted};
use model::{Known, ServerId, Unit};

use crate::ui::format;
use crate::ui::sql::one_line;
use crate::ui::statement_links::to_statement;

/// Characters of a statement in its row.
const TEXT_CHARS: usize = 160;

/// The statement in one line; a link to its page, where it is one of the workload.
pub fn statement(server: &ServerId, database: &str, one: &Weighted) -> AnyView {
    let code = view! { <code>{one_line(&one.text, TEXT_CHARS)}</code> };
    if one.queryid == 0 {
        return view! { <th scope="row" class="statement">{code}</th> }.into_any();
    }
    let to = to_statement(server, one.queryid, (database, ""), &Default::default());
    view! { <th scope="row" class="statement"><a href=to>{code}</a></th> }.into_any()
}

/// Both costs and the change; or why there are none.
pub fn cell(costs: &Known<Costs>) -> AnyView {
    match costs {
        Ok(costs) => {
            let change = change(costs);
            view! { <td class="num">{words(costs)} " " <span class="muted">{change}</span></td> }
                .into_any()
        }
        Err(reason) => reason_cell(&reason.message()),
    }
}

/// A cell that says why there is nothing in it.
pub fn reason_cell(message: &str) -> AnyView {
    view! { <td class="text suggestions-why">{format::unbroken(message)}</td> }.into_any()
}

/// A range in words; one figure where both ends read alike.
pub fn range(between: Between, words: impl Fn(f64) -> String) -> String {
    let (least, most) = (words(between.least), words(between.most));
    if least == most { format!("About {most}") } else { format!("{least} to {most}") }
}

fn words(costs: &Costs) -> String {
    let cost = |cost| format::number(cost, Unit::Count);
    format!("{} → {}", cost(costs.before), cost(costs.after))
}

/// By how much the cost changes.
fn change(costs: &Costs) -> String {
    let percent = 100.0 * (costs.after - costs.before) / costs.before.max(0.01);
    let sign = if percent < 0.0 { "−" } else { "+" };
    match percent.abs() {
        same if same < 0.5 => "the same".to_owned(),
        percent => format!("{sign}{}", format::number(percent, Unit::Percent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_its_sign() {
        let told = |before, after| change(&Costs { before, after });
        assert_eq!(told(100.0, 100.1), "the same");
        assert!(told(100.0, 10.0).starts_with("−90"), "{}", told(100.0, 10.0));
        assert!(told(100.0, 150.0).starts_with("+50"));
        assert_eq!(told(0.0, 0.0), "the same");
    }
}
