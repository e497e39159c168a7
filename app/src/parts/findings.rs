//! Findings, worst first, each opening its evidence and remedy in place; and the rules that could
//! not be run. Judges nothing itself.

use leptos::prelude::*;
use model::{Evidence, Finding, NotChecked, Remedy, Severity};

use crate::format;
use crate::parts::copy::Code;

/// All findings of a page.
#[component]
pub fn Findings(
    /// Worst first.
    #[prop(into)]
    findings: Signal<Vec<Finding>>,
    /// Rules that could not be run.
    #[prop(into)]
    not_checked: Signal<Vec<NotChecked>>,
) -> impl IntoView {
    let keys = Memo::new(move |_| {
        findings
            .with(|all| all.iter().map(|f| (f.rule.clone(), f.object.clone())).collect::<Vec<_>>())
    });
    // Changes only with the number of findings, so that a screen reader is not told every tick.
    let counted = Memo::new(move |_| {
        findings.with(|all| match all.first() {
            Some(worst) => format!(
                "{}, worst {}",
                format::plural(all.len() as i64, "finding", "findings"),
                worst.severity.word()
            ),
            None => "No findings".to_owned(),
        })
    });
    view! {
        <section class="findings" aria-label="Findings">
            <p class="hidden-words" role="status">{move || counted.get()}</p>
            <For each=move || keys.get() key=Clone::clone let:key>
                <One finding=Memo::new(move |_| {
                    findings
                        .with(|all| {
                            all.iter().find(|f| (&f.rule, &f.object) == (&key.0, &key.1)).cloned()
                        })
                })/>
            </For>
            {move || not_checked.with(|all| unchecked(all))}
        </section>
    }
}

#[component]
fn One(finding: Memo<Option<Finding>>) -> impl IntoView {
    let severity = move || finding.with(|f| f.as_ref().map_or(Severity::Info, |f| f.severity));
    view! {
        <details class=move || format!("finding {}", severity().word())>
            <summary>
                <span class=move || format!("severity {}", severity().word())>
                    {move || severity().word()}
                </span>
                <span class="finding-says">
                    {move || finding.with(|f| f.as_ref().map(|f| f.says.clone()).unwrap_or_default())}
                </span>
            </summary>
            <div class="finding-body">
                {move || finding.with(|f| f.as_ref().map(body))}
            </div>
        </details>
    }
}

/// What a finding rests on and what to do about it.
pub fn finding_body(finding: &Finding) -> AnyView {
    view! {
        <dl class="evidence">{finding.evidence.iter().map(evidence).collect_view()}</dl>
        {remedy(&finding.remedy)}
    }
    .into_any()
}

fn body(finding: &Finding) -> AnyView {
    view! {
        {finding_body(finding)}
        <p class="rule-link">
            "Rule " <a href=format!("/rules#{}", finding.rule)>{finding.rule.clone()}</a>
            " on " {finding.object.clone()}
        </p>
    }
    .into_any()
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

fn remedy(remedy: &Remedy) -> AnyView {
    let line = |name: &'static str, says: &Option<String>| {
        says.clone().map(|says| view! { <p><strong>{name}</strong> " " {says}</p> })
    };
    view! {
        <div class="remedy">
            <p><strong>"What to do."</strong> " " {remedy.says.clone()}</p>
            {remedy.sql.clone().map(|sql| view! { <Code text=sql/> })}
            {line("Lock.", &remedy.lock)}
            {line("To undo.", &remedy.undo)}
            {line("What would refute this.", &remedy.refuted_by)}
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
                    ": " {one.reason.says()}
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
    let says = format!(
        "{} open, worst {}",
        format::plural(count as i64, "finding", "findings"),
        severity.word()
    );
    let title = says.clone();
    Some(
        view! {
            <span class=format!("badge {}", severity.word()) title=title>
                <span aria-hidden="true">{count}</span>
                <span class="hidden-words">{says}</span>
            </span>
        }
        .into_any(),
    )
}
