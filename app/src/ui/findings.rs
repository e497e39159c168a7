//! Findings by harm, each with evidence and remedy, and the rules that could not be checked.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::object::unqualified;
use model::statements::Question;
use model::{Evidence, Finding, NotChecked, Object, Remedy, ServerId, Severity, ranking};

use super::code::CodeBlock;
use super::format;
use super::index_links::to_index;
use super::keyed::keyed;
use super::statement_links::to_statement;
use super::table_links::to_table;
use crate::links;
use crate::live::findings::Judged;

/// Findings in a row of their own; the rest is behind a count. On phones only the first is shown, see
/// `findings.css`, which has the same number.
const LINES: usize = 3;

/// The findings of a page, the one to act on first first.
#[component]
pub fn Findings(
    /// Ranked findings, and rules that could not be run.
    #[prop(into)]
    judged: Signal<Judged>,
) -> impl IntoView {
    let keys = Memo::new(move |_| judged.with(|(all, _)| all.iter().map(key).collect::<Vec<_>>()));
    let one = move |wanted: String| {
        let finding = Memo::new(move |_| {
            judged.with(|(all, _)| all.iter().find(|finding| key(finding) == wanted).cloned())
        });
        view! { <FindingRow finding/> }.into_any()
    };
    // Changes only with the number of findings, so that the live region does not announce every
    // tick.
    let counted = Memo::new(move |_| {
        judged.with(|(all, _)| match ranking::worst(all) {
            Some((worst, count)) => format!(
                "{}, worst {}",
                format::plural(count as i64, "finding", "findings"),
                worst.as_str()
            ),
            None => "No findings".to_owned(),
        })
    });
    let rest = move |lines: usize, class: &'static str| {
        let others = Memo::new(move |_| judged.with(|(all, _)| others(all, lines)));
        move || {
            others.get().map(|text| view! {
                // Empty: when open, the stylesheet shows the lines above.
                <details class=format!("more-findings {class}")><summary>{text}</summary></details>
            })
        }
    };
    let rows = Memo::new(move |_| judged.with(|(all, not_checked)| rows(all, not_checked)));
    view! {
        <section class=move || format!("findings live-findings rows-{}", rows.get()) aria-label="Findings">
            <p class="hidden-words" role="status">{move || counted.get()}</p>
            {keyed(move || keys.get(), one)}
            {rest(1, "narrow-only")}
            {rest(LINES, "wide-only")}
            {move || judged.with(|(_, not_checked)| unchecked(not_checked))}
        </section>
    }
}

/// How many rows there are when none is opened. The place of one that ends shrinks slowly, so that
/// nothing below jumps: `findings.css`.
fn rows(all: &[Finding], not_checked: &[NotChecked]) -> usize {
    let listed = all.len().min(LINES) + usize::from(all.len() > LINES);
    listed + usize::from(!not_checked.is_empty())
}

/// The key of a finding in the list.
fn key(finding: &Finding) -> String {
    format!("{} {}", finding.rule, finding.object)
}

/// `2 more findings, worst warning`; None when all are among the first `lines`.
fn others(all: &[Finding], lines: usize) -> Option<String> {
    let (worst, count) = ranking::worst(all.get(lines..)?)?;
    let count = format::plural(count as i64, "more finding", "more findings");
    Some(format!("{count}, worst {}", worst.as_str()))
}

#[component]
fn FindingRow(finding: Memo<Option<Finding>>) -> impl IntoView {
    let server = links::server_in(&use_location().pathname.get_untracked());
    let severity = move || finding.with(|f| f.as_ref().map_or(Severity::Info, |f| f.severity));
    view! {
        <details class=move || format!("finding {}", severity().as_str())>
            <summary>
                <span class=move || format!("severity {}", severity().as_str())>
                    {move || severity().as_str()}
                </span>
                <span class="finding-says">
                    {move || finding.with(|f| f.as_ref().map(|f| format::unbroken(&f.message)).unwrap_or_default())}
                </span>
            </summary>
            <div class="finding-body">
                {move || finding.with(|f| f.as_ref().map(|f| body(f, server.as_ref())))}
            </div>
        </details>
    }
}

/// Evidence and remedy of a finding.
pub fn finding_body(finding: &Finding) -> AnyView {
    view! {
        <dl class="evidence">{finding.evidence.iter().map(evidence).collect_view()}</dl>
        {remedy(&finding.remedy)}
    }
    .into_any()
}

fn body(finding: &Finding, server: Option<&ServerId>) -> AnyView {
    view! {
        {finding_body(finding)}
        {same_root(finding)}
        <p class="rule-link">
            "Rule " <a href=format!("/rules#{}", finding.rule)>{finding.rule.clone()}</a>
            " on " {object(finding, server)}
        </p>
    }
    .into_any()
}

/// What it is about; a statement, a table or an index with the way to its page.
fn object(finding: &Finding, server: Option<&ServerId>) -> AnyView {
    let words = finding.object.to_string();
    let queryid = words.strip_prefix("statement ").and_then(|id| id.parse::<i64>().ok());
    let to_statement =
        |server: &ServerId| Some(to_statement(server, queryid?, ("", ""), &Question::default()));
    let to =
        server.and_then(|server| to_statement(server).or(relation_of(&finding.object, server)));
    match to {
        Some(to) => view! { <a href=to>{words}</a> }.into_any(),
        None => words.into_any(),
    }
}

/// The page of a table or an index that a finding is about.
fn relation_of(object: &Object, server: &ServerId) -> Option<String> {
    let (Object::Table { name, database } | Object::Index { name, database }) = object else {
        return None;
    };
    let (nspname, relname) = unqualified(name)?;
    Some(match object {
        Object::Index { .. } => to_index(server, database, &nspname, &relname),
        _ => to_table(server, database, &nspname, &relname),
    })
}

/// What else has the same cause: it goes with it.
fn same_root(finding: &Finding) -> Option<AnyView> {
    let rows = finding.same_root.iter().map(|folded| {
        let (rule, word) = (&folded.rule, folded.severity.as_str());
        view! {
            <li>
                <span class=format!("mark {word}")>{word}</span> " " {format::unbroken(&folded.message)} " "
                <a class="muted" href=format!("/rules#{rule}")>{rule.clone()}</a>
            </li>
        }
    });
    let rows = rows.collect_view();
    (!finding.same_root.is_empty()).then(|| {
        view! {
            <div class="same-root"><p><strong>"Same cause"</strong></p><ul>{rows}</ul></div>
        }
        .into_any()
    })
}

fn evidence(evidence: &Evidence) -> AnyView {
    view! {
        <div>
            <dt>{evidence.name.clone()}</dt>
            <dd class="num" title=format::exact(evidence.value, evidence.unit)>
                {format::number(evidence.value, evidence.unit)}
            </dd>
        </div>
    }
    .into_any()
}

/// What to do in words, and the statement with its lock and its undo where there is one.
pub fn remedy(remedy: &Remedy) -> AnyView {
    let sentence = |message: Option<String>| {
        message.map(|message| view! { <p>{format::unbroken(&message)}</p> })
    };
    view! {
        <div class="remedy">
            <p><strong>"What to do:"</strong> " " {remedy.message.clone()}</p>
            {remedy.sql.clone().map(|sql| view! { <CodeBlock text=sql/> })}
            {sentence(remedy.lock_sentence())}
            {sentence(remedy.undo_sentence())}
            {sentence(remedy.false_alarm())}
        </div>
    }
    .into_any()
}

fn unchecked(all: &[NotChecked]) -> Option<AnyView> {
    if all.is_empty() {
        return None;
    }
    let count = format::plural(all.len() as i64, "rule was", "rules were");
    let rows = all
        .iter()
        .map(|one| {
            view! {
                <li>
                    <a href=format!("/rules#{}", one.rule)>{one.rule.clone()}</a>
                    ": " {format::unbroken(&one.reason.message())}
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <details class="finding not-checked">
                <summary>
                    <span class="severity unknown">"not checked"</span>
                    <span class="finding-says">{count} " not checked"</span>
                </summary>
                <div class="finding-body"><ul>{rows}</ul></div>
            </details>
        }
        .into_any(),
    )
}

/// A badge: the worst severity and how many.
pub fn badge(worst: Option<(Severity, usize)>) -> Option<AnyView> {
    let (severity, count) = worst?;
    let message = format!(
        "{} open, worst {}",
        format::plural(count as i64, "finding", "findings"),
        severity.as_str()
    );
    let title = message.clone();
    Some(
        view! {
            <span class=format!("badge {}", severity.as_str()) title=title>
                <span aria-hidden="true">{count}</span>
                <span class="hidden-words">{message}</span>
            </span>
        }
        .into_any(),
    )
}
