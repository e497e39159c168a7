//! What runs now: VACUUM and ANALYZE with their progress, and how autovacuum is slowed down.

use leptos::prelude::*;
use model::activity::Progress;
use model::activity::autovacuum::AutovacuumSettings;
use model::{Known, Unit};

use super::Work;
use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::number::Age;
use crate::ui::reading::{empty, known};
use crate::ui::table::{head, table};

const COLUMNS: [(&str, bool); 9] = [
    ("Table", false),
    ("By", false),
    ("Phase", false),
    ("Done", true),
    ("Left in this phase", true),
    ("Working for", true),
    ("Pauses now", false),
    ("Cost delay so far", true),
    ("Pid", true),
];

/// The panel.
pub fn work(work: &Work) -> AnyView {
    view! {
        <p>{sentence(work.busy, &work.settings)}</p>
        {known(&work.progress, |rows| {
            if rows.is_empty() {
                return empty("No VACUUM or ANALYZE reports progress.");
            }
            let rows = rows.iter().map(|one| row(one, work)).collect_view();
            table("VACUUM and ANALYZE at work", head(&COLUMNS), rows)
        })}
    }
    .into_any()
}

/// How many workers there are, and what slows them down.
fn sentence(busy: i64, settings: &Known<AutovacuumSettings>) -> String {
    let workers = |count| format::plural(count, "worker is", "workers are");
    let Ok(settings) = settings else { return format!("{} at work.", workers(busy)) };
    let most = settings.workers();
    let full = if busy >= most { " All are busy: what is due waits." } else { "" };
    let pace = match settings.cost_delay_ms {
        ms if ms > 0.0 => format!(
            " Together they pause for {} after {} units of cost.",
            format::age(ms),
            format::grouped(settings.cost_limit as f64)
        ),
        _ => " They do not pause.".to_owned(),
    };
    format!("{busy} of {} at work.{full}{pace}", workers(most))
}

/// How a worker is slowed down now. Of sessions that is theirs to set, and not told.
fn pace(one: &Progress, work: &Work) -> String {
    let place = work.workers.iter().position(|pid| *pid == one.pid);
    let Some(pace) = place.and_then(|place| work.paces.get(place).copied().flatten()) else {
        return "unknown".to_owned();
    };
    if pace.delay_ms <= 0.0 {
        return "not at all".to_owned();
    }
    format!(
        "{} after a cost of {} ({})",
        format::age(pace.delay_ms),
        format::grouped(pace.limit as f64),
        if pace.is_own { "settings of the table" } else { "its share of the limit" }
    )
}

fn row(one: &Progress, work: &Work) -> AnyView {
    let table = [one.datname.as_deref(), one.relation.as_deref()];
    let table = table.into_iter().flatten().collect::<Vec<_>>().join(": ");
    let by = match (work.forced.contains(&one.pid), work.workers.contains(&one.pid)) {
        (true, _) => "autovacuum, to prevent wraparound: it does not yield to locks",
        (_, true) => "autovacuum",
        _ => "a session",
    };
    let total = one.total.filter(|total| *total > 0.0);
    let percent = one.done.zip(total).map(|(done, total)| 100.0 * done / total);
    let slept = one.delay_ms.zip(one.age_ms.filter(|age| *age > 0.0));
    let delay = slept.map(|(delay, age)| {
        let share = format::number(100.0 * delay / age, Unit::Percent);
        format!("{} ({share})", format::age(delay))
    });
    view! {
        <tr>
            <th scope="row">{table}</th>
            <td class="text">{format!("{} by {by}", one.command)}</td>
            <td class="text">{one.phase.clone()}</td>
            <td class="with-bar">
                <span class="num">{percent.map_or_else(|| "unknown".to_owned(), |p| format::number(p, Unit::Percent))}</span>
                {percent.map(|p| view! { <Bar percent=Signal::stored(Some(p))/> })}
            </td>
            <td class="num"><Age ms=one.left_ms/></td>
            <td class="num"><Age ms=one.age_ms/></td>
            <td class="text">{pace(one, work)}</td>
            <td class="num" title="Known from PostgreSQL 18 on, with track_cost_delay_timing">
                {delay.unwrap_or_else(|| "unknown".to_owned())}
            </td>
            <td class="num">{one.pid}</td>
        </tr>
    }
    .into_any()
}
