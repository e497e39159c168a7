//! Autovacuum: how many workers there may be, and what each does now.

use leptos::prelude::*;
use model::activity::Activity;
use model::activity::autovacuum::{Autovacuum, AutovacuumSettings, AutovacuumWorker};
use model::{Known, Latest, Unit};

use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::number::Age;
use crate::ui::panel::{Found, panel};
use crate::ui::reading::known;
use crate::ui::table::{head, table};

const COLUMNS: [(&str, bool); 9] = [
    ("Table", false),
    ("Command", false),
    ("Phase", false),
    ("Done", true),
    ("Working for", true),
    ("Waits for", false),
    ("Cost delay so far", true),
    ("To prevent wraparound", false),
    ("Pid", true),
];

/// The panel.
pub fn autovacuum(latest: RwSignal<Latest<Activity>>) -> AnyView {
    let found: Found<Autovacuum> =
        Memo::new(move |_| latest.with(|l| l.value().map(|activity| activity.autovacuum.clone())));
    panel(found, move |autovacuum| {
        let any = Memo::new(move |_| autovacuum.with(|a| !a.workers.is_empty()));
        view! {
            {move || autovacuum.with(|a| words(a.workers.len() as i64, &a.settings))}
            {move || any.get().then(|| {
                table("Autovacuum workers", head(&COLUMNS), move || {
                    autovacuum.with(|a| a.workers.iter().map(row).collect::<Vec<_>>())
                })
            })}
        }
        .into_any()
    })
}

fn words(workers: i64, settings: &Known<AutovacuumSettings>) -> AnyView {
    known(settings, |settings| view! { <p>{sentence(workers, settings)}</p> }.into_any())
}

fn sentence(workers: i64, settings: &AutovacuumSettings) -> String {
    let most = settings.workers();
    let busy = match workers {
        0 => format!("No worker is at work; there may be {most}"),
        n => format!("{n} of {} at work", format::plural(most, "worker is", "workers are")),
    };
    let limit = match settings.worker_slots {
        Some(slots) if slots < settings.max_workers => "autovacuum_worker_slots",
        _ => "autovacuum_max_workers",
    };
    let full = if workers >= most { " Tables that are due wait for a worker." } else { "" };
    let off = if settings.enabled {
        ""
    } else {
        " Autovacuum is off: it only freezes tables to prevent wraparound."
    };
    let delay = match settings.cost_delay_ms {
        ms if ms > 0.0 => format!(
            " Together they pause for {} after each {} units of cost, unless a table has settings of its own.",
            format::age(ms),
            format::grouped(settings.cost_limit as f64)
        ),
        _ => " They work without a cost delay.".into(),
    };
    format!("{busy} ({limit}).{full}{off}{delay}")
}

fn row(worker: &AutovacuumWorker) -> AnyView {
    let to = crate::links::query(&[("pid", &worker.pid.to_string())]);
    let table = [worker.datname.as_deref(), worker.table.as_deref()];
    let table = table.into_iter().flatten().collect::<Vec<_>>().join(": ");
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let wraparound = match worker.to_prevent_wraparound {
        Some(true) => "yes: it does not yield to locks",
        Some(false) => "no",
        None => "unknown",
    };
    view! {
        <tr>
            <th scope="row">{table}</th>
            <td class="text">{worker.command.clone().unwrap_or_else(|| "unknown".into())}</td>
            <td class="text">{worker.phase.clone().unwrap_or_else(|| "none reported".into())}</td>
            <td class="with-bar">
                <span class="num">{worker.percent.map_or_else(|| "unknown".into(), |p| format::number(p, Unit::Percent))}</span>
                {worker.percent.map(|p| view! { <Bar percent=Signal::stored(Some(p))/> })}
            </td>
            <td class="num"><Age ms=worker.age_ms/></td>
            <td class="text">{text(&worker.waits_for)}</td>
            <td class="num" title="Known from PostgreSQL 18 on, with track_cost_delay_timing">
                {worker.delay_ms.map_or_else(|| "unknown".into(), format::age)}
            </td>
            <td class="text">{wraparound}</td>
            <td class="num"><a href=to data-noscroll="">{worker.pid}</a></td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> AutovacuumSettings {
        AutovacuumSettings {
            enabled: true,
            max_workers: 3,
            worker_slots: None,
            cost_delay_ms: 2.0,
            cost_limit: 200,
        }
    }

    #[test]
    fn the_sentence_says_how_many_and_what_holds_them() {
        let calm = sentence(0, &settings());
        assert!(
            calm.starts_with("No worker is at work; there may be 3 (autovacuum_max_workers)."),
            "{calm}"
        );
        assert!(calm.contains("2\u{a0}ms after each 200"), "{calm}");
        let full = sentence(3, &settings());
        assert!(
            full.starts_with("3 of 3 workers are at work") && full.contains("wait for a worker"),
            "{full}"
        );
        let slots = AutovacuumSettings {
            worker_slots: Some(2),
            enabled: false,
            cost_delay_ms: 0.0,
            ..settings()
        };
        let said = sentence(1, &slots);
        assert!(
            said.starts_with("1 of 2 workers are at work (autovacuum_worker_slots)."),
            "{said}"
        );
        assert!(said.contains("is off") && said.contains("without a cost delay"), "{said}");
    }

    #[test]
    fn what_a_worker_does_not_tell_is_unknown() {
        let worker =
            AutovacuumWorker { pid: 7, table: Some("a<b".into()), ..AutovacuumWorker::default() };
        let html = Owner::new().with(|| row(&worker).to_html());
        assert!(html.contains("a&lt;b") && !html.contains("a<b"), "{html}");
        assert_eq!(html.matches("unknown").count(), 4, "{html}");
    }
}
