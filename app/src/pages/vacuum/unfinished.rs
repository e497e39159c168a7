//! Runs of autovacuum that did not finish, as far as the server's log tells.

use leptos::prelude::*;
use model::log::{AutovacuumLog, Ending, UnfinishedRun};

use crate::live::clock::Clock;
use crate::ui::format;
use crate::ui::reading::empty;
use crate::ui::table::{head, table};

const COLUMNS: [(&str, bool); 5] = [
    ("Table", false),
    ("Command", false),
    ("What happened", false),
    ("Times", true),
    ("Last", false),
];
/// Rows shown.
const SHOWN: usize = 50;

/// The panel.
pub fn unfinished(log: &AutovacuumLog) -> AnyView {
    let clock = Clock::get();
    let since = format!("{} {}", clock.day_and_time(log.since_ms), clock.zone());
    let skipped = match log.logs_skipped {
        true => "",
        false => {
            " Whether any was skipped is not known: with log_autovacuum_min_duration = -1 that is not logged."
        }
    };
    let rows = log.runs.iter().take(SHOWN).map(|run| row(run, &clock)).collect_view();
    let more = log.runs.len().saturating_sub(SHOWN) as u64 + log.left_out;
    view! {
        {if log.runs.is_empty() {
            empty("No run of autovacuum was canceled, by the server's log.")
        } else {
            table("Runs of autovacuum that did not finish", head(&COLUMNS), rows)
        }}
        {(more > 0).then(|| view! { <p class="note">{format!("{} more are not shown.", format::grouped(more as f64))}</p> })}
        <p class="note">{format!("From the server's log since {since}.{skipped}")}</p>
    }
    .into_any()
}

fn row(run: &UnfinishedRun, clock: &Clock) -> AnyView {
    let what = match run.ending {
        Ending::Canceled => {
            "canceled: a session wanted a lock on the table, or somebody canceled it; it begins anew"
        }
        Ending::Skipped => "skipped: a session held a lock on the table as it was to begin",
    };
    view! {
        <tr>
            <th scope="row">{run.table.clone()}</th>
            <td class="text">{if run.is_analyze { "ANALYZE" } else { "VACUUM" }}</td>
            <td class="text">{what}</td>
            <td class="num">{format::grouped(run.count as f64)}</td>
            <td class="text">{clock.day_and_time(run.last_ms)}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_logged_is_unknown_and_names_are_escaped() {
        let run = UnfinishedRun {
            ending: Ending::Canceled,
            is_analyze: false,
            table: "shop.public.a<b".into(),
            count: 3,
            last_ms: 0,
        };
        let html = |log: &AutovacuumLog| Owner::new().with(|| unfinished(log).to_html());
        let blind = html(&AutovacuumLog::default());
        assert!(blind.contains("No run") && blind.contains("is not known"), "{blind}");
        let told =
            AutovacuumLog { logs_skipped: true, runs: vec![run], ..AutovacuumLog::default() };
        let told = html(&told);
        assert!(told.contains("a&lt;b") && !told.contains("is not known"), "{told}");
    }
}
