//! Who scans an index: each server of the cluster counts its own scans, and pgdeck keeps those of the past.

use leptos::prelude::*;
use model::Unit;
use model::indexes::detail::{Detail, ScansOn};
use model::indexes::listing::LastScan;

use crate::ui::format;
use crate::ui::index_scans::considered;
use crate::ui::table;

const COLUMNS: [(&str, bool); 5] = [
    ("Server", false),
    ("Scans", true),
    ("Counted since", true),
    ("Last scan", true),
    ("Its own counters reset", true),
];
/// The first major that tells when an index was last scanned.
const LAST_SCAN_SINCE: u16 = 16;
/// The first major that tells when the counters of one index were reset.
const RESET_SINCE: u16 = 19;

/// The panel: this server and each watched standby.
pub fn servers(detail: &Detail) -> AnyView {
    let rows = detail.scans_on.iter().map(|one| line(one, detail.major)).collect_view();
    let read = counted(detail);
    view! {
        <section class="panel" aria-labelledby="scans-title">
            <h2 id="scans-title">"Who scans it"</h2>
            {table::table("Scans by server", table::head(&COLUMNS), rows)}
            <p class="note">{considered(&detail.considered)}</p>
            <p class="muted">{format::unbroken(&read)} " A crash of a server or a reset begins its counters anew."</p>
        </section>
    }
    .into_any()
}

fn line(one: &ScansOn, major: u16) -> AnyView {
    let role = if one.is_standby { " (standby)" } else { "" };
    let scans = match one.scans {
        Some(scans) => format::grouped(scans as f64),
        None => "unknown".to_owned(),
    };
    let since = match (one.scans, one.counted_since_ms) {
        (Some(_), Some(ms)) => format::moment(ms),
        _ => "not known".to_owned(),
    };
    let last = match one.last_scan {
        LastScan::At(ms) => format::moment(ms),
        LastScan::Never => "not since then".to_owned(),
        LastScan::NotTold if major < LAST_SCAN_SINCE => {
            format!("told since PostgreSQL {LAST_SCAN_SINCE}")
        }
        LastScan::NotTold => "unknown".to_owned(),
    };
    let reset = match one.stats_reset_ms {
        Some(ms) => format::moment(ms),
        None if major < RESET_SINCE => format!("told since PostgreSQL {RESET_SINCE}"),
        None => "never".to_owned(),
    };
    view! {
        <tr>
            <th scope="row">{one.server.clone()} {role}</th>
            <td class="num">{scans}</td>
            <td class="num">{since}</td>
            <td class="num">{last}</td>
            <td class="num">{reset}</td>
        </tr>
    }
    .into_any()
}

/// What the scans of this server read.
fn counted(detail: &Detail) -> String {
    let count = |count: i64| format::number(count as f64, Unit::Count);
    let blocks = detail.idx_blks_hit.saturating_add(detail.idx_blks_read);
    let hits = match blocks {
        1.. => {
            let percent = 100.0 * detail.idx_blks_hit as f64 / blocks as f64;
            format!(
                " {} of its blocks were found in shared buffers.",
                format::number(percent, Unit::Percent)
            )
        }
        _ => String::new(),
    };
    format!(
        "Scans on this server returned {} entries, and {} live rows were fetched by simple ones.{hits}",
        count(detail.idx_tup_read),
        count(detail.idx_tup_fetch)
    )
}

/// What the history has of it: over which span, too.
pub fn recorded(recorded: Option<(f64, i64)>) -> String {
    match recorded {
        Some((scans, known_ms)) => format!(
            "{} in {} that are recorded of this range. Where the line is interrupted, scans are not known: nothing was read, counters were reset, or too many other indexes were scanned more.",
            format::plural(scans as i64, "scan", "scans"),
            format::age(known_ms as f64)
        ),
        None => "Nothing is recorded of it in this range: the history begins with the second reading of its database, and needs a data directory.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_that_was_not_read_is_not_zero() {
        let one = ScansOn {
            server: "b".into(),
            is_standby: true,
            scans: None,
            counted_since_ms: None,
            last_scan: LastScan::NotTold,
            stats_reset_ms: None,
        };
        let html = line(&one, 18).to_html();
        assert!(html.contains("b (standby)") || html.contains("standby"), "{html}");
        assert!(html.contains("unknown") && !html.contains(">0<"), "{html}");
    }

    #[test]
    fn a_count_says_over_which_span_it_was_seen() {
        let words = recorded(Some((3.0, 5 * 3_600_000)));
        assert!(words.starts_with("3 scans in 5"), "{words}");
        assert!(recorded(None).starts_with("Nothing is recorded"));
    }
}
