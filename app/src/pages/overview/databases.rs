//! The databases of a server, the busiest first: rates, sessions, size and transaction ID age.

use leptos::prelude::*;
use model::overview::{Database, DatabaseRates, Databases, Overview};
use model::{Known, Latest, Unit};

use crate::ui::format;
use crate::ui::format::Scale;
use crate::ui::panel::{Found, panel};
use crate::ui::table::{cell, head, table, unknown};

type Rate = fn(&DatabaseRates) -> Option<f64>;

/// The columns of rates: heading, unit, value.
const RATES: [(&str, Unit, Rate); 9] = [
    ("Commits", Unit::PerSecond, |r| Some(r.commits_per_s)),
    ("Rollbacks", Unit::PerSecond, |r| Some(r.rollbacks_per_s)),
    ("Rows read", Unit::PerSecond, |r| Some(r.rows_read_per_s)),
    ("Rows written", Unit::PerSecond, |r| Some(r.rows_written_per_s)),
    ("Buffer cache hits", Unit::Percent, |r| r.cache_hit_percent),
    ("Buffer cache misses", Unit::BytesPerSecond, |r| Some(r.read_bytes_per_s)),
    ("Temporary files", Unit::BytesPerSecond, |r| Some(r.temp_bytes_per_s)),
    ("Deadlocks", Unit::Count, |r| Some(r.deadlocks as f64)),
    (CONFLICTS, Unit::Count, |r| Some(r.conflicts as f64)),
];

/// Only a standby cancels queries because of recovery.
const CONFLICTS: &str = "Recovery conflicts";

/// The panel.
pub fn databases(latest: RwSignal<Latest<Overview>>) -> AnyView {
    let found: Found<Databases> =
        Memo::new(move |_| latest.with(|l| l.value().map(|overview| overview.databases.clone())));
    let standby =
        Memo::new(move |_| latest.with(|l| l.value().is_some_and(|o| o.facts.in_recovery)));
    panel(found, move |databases| {
        view! {
            {move || {
                let standby = standby.get();
                table("Databases", head(&names(standby)), move || databases.with(|all| rows(all, standby)))
            }}
            <p class="note">{move || databases.with(note)}</p>
        }
        .into_any()
    })
}

fn columns(standby: bool) -> impl Iterator<Item = &'static (&'static str, Unit, Rate)> {
    RATES.iter().filter(move |(name, ..)| standby || *name != CONFLICTS)
}

fn names(standby: bool) -> Vec<(&'static str, bool)> {
    let mut names = vec![("Database", false)];
    names.extend(columns(standby).map(|(name, ..)| (*name, true)));
    names.extend([("Sessions", true), ("Size", true), ("XID age", true)]);
    names
}

fn rows(databases: &Databases, standby: bool) -> Vec<AnyView> {
    let all = &databases.rows;
    let scale = |unit: Unit, of: Rate| {
        Scale::for_column(unit, all.iter().filter_map(|row| of(row.rates.as_ref().ok()?)))
    };
    let scales: Vec<(Scale, Unit, Rate)> =
        columns(standby).map(|(_, unit, of)| (scale(*unit, *of), *unit, *of)).collect();
    let sizes = all.iter().filter_map(|row| row.size_bytes.as_ref().ok());
    let sizes = Scale::for_column(Unit::Bytes, sizes.map(|bytes| *bytes as f64));
    let ages = Scale::for_column(Unit::Xids, all.iter().map(|row| row.xid_age as f64));
    let row = |row: &Database| {
        let rates = scales.iter().map(|(scale, unit, of)| rate(&row.rates, *scale, *unit, *of));
        let size = match &row.size_bytes {
            Ok(bytes) => cell(Some(*bytes as f64), sizes, Unit::Bytes),
            Err(reason) => unknown(Some(reason.message())),
        };
        view! {
            <tr>
                <th scope="row">{row.datname.clone()}</th>
                {rates.collect_view()}
                <td class="num">{format::grouped(row.sessions as f64)}</td>
                {size}
                {cell(Some(row.xid_age as f64), ages, Unit::Xids)}
            </tr>
        }
        .into_any()
    };
    all.iter().map(row).collect()
}

fn rate(rates: &Known<DatabaseRates>, scale: Scale, unit: Unit, of: Rate) -> AnyView {
    match rates {
        Ok(rates) => match of(rates) {
            Some(value) => cell(Some(value), scale, unit),
            // A share of nothing does not exist.
            None => view! { <td class="num muted" title="No block was requested">"none"</td> }
                .into_any(),
        },
        Err(reason) => unknown(Some(reason.message())),
    }
}

/// What the numbers are, and how many databases are left out.
fn note(databases: &Databases) -> String {
    let left_out = databases.total.saturating_sub(databases.rows.len() as i64);
    let more = match left_out {
        0 => String::new(),
        n => format!(
            " {} not listed.",
            format::plural(n, "less busy database is", "less busy databases are")
        ),
    };
    let events = match databases.events_over_ms {
        ms if ms > 0.0 => {
            format!(" Deadlocks and recovery conflicts are those of the last {}.", format::age(ms))
        }
        _ => String::new(),
    };
    format!(
        "Most transactions first. Rates are averages of up to a minute, sizes up to ten minutes old. Sessions are those of clients, without pgdeck's own.{events}{more}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Reason;

    fn database(name: &str, rates: Known<DatabaseRates>, size_bytes: Known<i64>) -> Database {
        Database { datname: name.into(), sessions: 3, xid_age: 40, size_bytes, rates }
    }

    fn shown(databases: &Databases) -> String {
        Owner::new().with(|| rows(databases, false).collect_view().to_html())
    }

    #[test]
    fn unknown_rates_and_sizes_are_unknown_and_a_name_is_text() {
        let reset = database("<b>", Err(Reason::CounterReset), Err(Reason::NotYet));
        let rates = DatabaseRates { commits_per_s: 12.0, ..DatabaseRates::default() };
        let busy = database("shop", Ok(rates), Ok(3 << 30));
        let databases = Databases { rows: vec![busy, reset], total: 9, events_over_ms: 60_000.0 };
        let html = shown(&databases);
        assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
        // Eight rates and the size of one of the two.
        assert_eq!(html.matches(">unknown<").count(), 9, "{html}");
        assert!(html.contains("The counter was reset") && html.contains("GiB"), "{html}");
        let note = note(&databases);
        assert!(note.contains("the last 1\u{a0}min") && note.contains("7 less busy"), "{note}");
    }

    #[test]
    fn only_a_standby_has_recovery_conflicts() {
        let has = |standby| names(standby).iter().any(|(name, _)| *name == CONFLICTS);
        assert!(has(true) && !has(false));
    }
}
