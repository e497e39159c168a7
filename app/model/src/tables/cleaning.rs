//! Why VACUUM has not removed a table's dead rows, in one sentence.

use super::relation::{Kind, Table};
use crate::autovacuum::Autovacuum;
use crate::duration::duration;
use crate::quantity::{grouped, plural};
use crate::reason::Known;
use crate::vacuum::XminHolder;

/// A VACUUM that ended within this time is why the counters are as they are.
const MOMENTS_MS: i64 = 300_000;

/// What the sentence rests on.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The table.
    pub table: &'a Table,
    /// Its database.
    pub datname: &'a str,
    /// The server's settings.
    pub settings: &'a Autovacuum,
    /// The server's clock as the table was read, ms since the epoch.
    pub now_ms: i64,
    /// What holds back the xmin horizon, farthest back first.
    pub holders: Known<&'a [XminHolder]>,
    /// Whether it is being vacuumed.
    pub is_running: bool,
}

/// Whether autovacuum is off for a table. PostgreSQL takes every unambiguous spelling of a boolean
/// (`parse_bool_with_len`).
pub fn is_off(table: &Table) -> bool {
    let value = table.option("autovacuum_enabled").map(str::to_ascii_lowercase);
    value.is_some_and(|value| {
        let is_begin = |word: &str| !value.is_empty() && word.starts_with(value.as_str());
        value == "0" || is_begin("false") || is_begin("no") || (value.len() > 1 && is_begin("off"))
    })
}

/// With how many dead rows autovacuum begins: "Routine Vacuuming", "The Autovacuum Daemon".
pub fn trigger(table: &Table, settings: &Autovacuum) -> f64 {
    let number = |name: &str| table.option(name).and_then(|value| value.parse::<f64>().ok());
    let threshold = number("autovacuum_vacuum_threshold");
    let threshold = threshold.unwrap_or_else(|| settings.vacuum_threshold.into());
    let factor = number("autovacuum_vacuum_scale_factor").unwrap_or(settings.vacuum_scale_factor);
    let all = threshold + factor * table.reltuples.unwrap_or_default();
    let most = number("autovacuum_vacuum_max_threshold")
        .or(settings.vacuum_max_threshold.map(f64::from))
        .filter(|most| *most >= 0.0);
    most.map_or(all, |most| all.min(most))
}

/// The sentence.
pub fn why_dead_rows_stay(case: &Case<'_>) -> String {
    let (table, settings) = (case.table, case.settings);
    let dead = table.counters.n_dead_tup;
    let rows = plural(dead, "dead row", "dead rows");
    if table.kind == Kind::Partitioned {
        return "A partitioned table holds no rows itself: its partitions are vacuumed one by one."
            .into();
    }
    if !settings.track_counts {
        return "track_counts is off: dead rows are not counted, and autovacuum does not begin for them.".into();
    }
    if case.is_running {
        return format!("It is being vacuumed at this moment; {rows} were counted before.");
    }
    if dead <= 0 {
        return "There is nothing to remove: no dead rows are counted.".into();
    }
    if let Some(held) = held(case) {
        return format!("The last VACUUM had to leave {rows} or some of them: {held}.");
    }
    let needed = trigger(table, settings);
    let needed_rows = grouped(needed.ceil());
    if !settings.enabled {
        return format!(
            "autovacuum is off for the whole server: nothing removes the {rows} until somebody runs VACUUM."
        );
    }
    if is_off(table) {
        return format!(
            "autovacuum is off for this table: nothing removes the {rows} until somebody runs VACUUM."
        );
    }
    if dead as f64 <= needed {
        return format!(
            "It is not due: autovacuum begins above {needed_rows} dead rows, and there are {}.",
            grouped(dead as f64)
        );
    }
    let ago_ms = table.maintenance.vacuumed_ms().map(|at_ms| case.now_ms.saturating_sub(at_ms));
    if let Some(ago_ms) = ago_ms.filter(|ago_ms| *ago_ms < MOMENTS_MS) {
        return format!(
            "It was vacuumed {} ago; {rows} were added or left since.",
            duration(ago_ms.max(0) as f64)
        );
    }
    let unknown = match &case.holders {
        Err(reason) => {
            format!(" What holds back the xmin horizon is not known: {}", reason.message())
        }
        Ok(_) => String::new(),
    };
    format!(
        "It is due: {rows} are more than the {needed_rows} with which autovacuum begins; it looks every {} and takes the table when a worker is free.{unknown}",
        duration(f64::from(settings.naptime_s) * 1e3)
    )
}

/// What the last VACUUM had to keep rows for: it has been there since before that began.
fn held(case: &Case<'_>) -> Option<String> {
    let vacuumed_ms = case.table.maintenance.vacuumed_ms()?;
    let holders = case.holders.as_ref().ok()?;
    // A session holds back the horizon of its own database alone.
    let here = holders.iter().filter(|holder| {
        holder
            .datname
            .as_deref()
            .is_none_or(|datname| datname.is_empty() || datname == case.datname)
    });
    let since = |holder: &&XminHolder| {
        let began = holder.since_ms.map(|ago_ms| case.now_ms.saturating_sub(ago_ms as i64));
        began.is_some_and(|began_ms| began_ms <= vacuumed_ms)
    };
    let holder = here.into_iter().find(since)?;
    let for_ms = holder.since_ms.unwrap_or_default();
    Some(format!(
        "{} has been open for {} and may still see them",
        holder.object(),
        duration(for_ms)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;

    const NOW: i64 = 1_700_000_000_000;

    fn settings() -> Autovacuum {
        Autovacuum {
            enabled: true,
            track_counts: true,
            naptime_s: 60,
            vacuum_threshold: 50,
            vacuum_scale_factor: 0.2,
            ..Autovacuum::default()
        }
    }

    fn table(dead: i64) -> Table {
        let mut table = Table { reltuples: Some(1_000.0), ..Table::default() };
        table.counters.n_dead_tup = dead;
        table
    }

    fn holder(datname: Option<&str>, since_ms: f64) -> XminHolder {
        XminHolder {
            kind: "session".into(),
            pid: Some(7),
            datname: datname.map(str::to_owned),
            since_ms: Some(since_ms),
            ..XminHolder::default()
        }
    }

    fn said(table: &Table, settings: &Autovacuum, holders: Known<&[XminHolder]>) -> String {
        let case =
            Case { table, datname: "shop", settings, now_ms: NOW, holders, is_running: false };
        why_dead_rows_stay(&case)
    }

    #[test]
    fn each_cause_has_its_sentence() {
        let none: Known<&[XminHolder]> = Ok(&[]);
        let says = |table: &Table, settings: &Autovacuum, words: &str| {
            let sentence = said(table, settings, none.clone());
            assert!(sentence.contains(words), "{sentence}");
        };
        says(&table(0), &settings(), "nothing to remove");
        says(&table(250), &settings(), "not due: autovacuum begins above 250 dead rows");
        says(&table(251), &settings(), "It is due: 251 dead rows");
        says(&table(900), &Autovacuum { enabled: false, ..settings() }, "off for the whole server");
        says(&table(900), &Autovacuum { track_counts: false, ..settings() }, "track_counts is off");
        let off = Table { reloptions: vec!["autovacuum_enabled=false".into()], ..table(9) };
        says(&off, &settings(), "off for this table");
        let mut fresh = table(900);
        fresh.maintenance.change(|of| of.last_vacuum_ms = Some(NOW - 60_000));
        says(&fresh, &settings(), "It was vacuumed");
        says(
            &Table { kind: Kind::Partitioned, ..table(0) },
            &settings(),
            "partitions are vacuumed",
        );
    }

    #[test]
    fn a_transaction_from_before_the_last_vacuum_keeps_rows() {
        let mut old = table(900);
        old.maintenance.change(|of| of.last_autovacuum_ms = Some(NOW - 600_000));
        let holders = |datname, since_ms| [holder(datname, since_ms)];
        let held = said(&old, &settings(), Ok(&holders(Some("shop"), 3_600_000.0)));
        assert!(held.contains("pid 7 has been open for"), "{held}");
        for other in [holders(Some("other"), 3_600_000.0), holders(Some("shop"), 1_000.0)] {
            let sentence = said(&old, &settings(), Ok(&other));
            assert!(sentence.contains("It is due"), "{sentence}");
        }
        let unknown = said(&old, &settings(), Err(Reason::NotYet));
        assert!(unknown.contains("is not known"), "{unknown}");
    }

    #[test]
    fn options_of_the_table_and_the_limit_of_18_decide() {
        let with = |options: &[&str]| Table {
            reloptions: options.iter().map(|option| (*option).to_owned()).collect(),
            ..table(1)
        };
        assert_eq!(trigger(&with(&[]), &settings()), 250.0);
        let own = ["autovacuum_vacuum_threshold=10", "autovacuum_vacuum_scale_factor=0.01"];
        assert_eq!(trigger(&with(&own), &settings()), 20.0);
        let limited = Autovacuum { vacuum_max_threshold: Some(100), ..settings() };
        assert_eq!(trigger(&with(&[]), &limited), 100.0);
        let unlimited = with(&["autovacuum_vacuum_max_threshold=-1"]);
        assert_eq!(trigger(&unlimited, &limited), 250.0);
        for off in ["off", "OF", "false", "F", "no", "0"] {
            assert!(is_off(&with(&[&format!("autovacuum_enabled={off}")])), "{off}");
        }
        for on in ["on", "o", "true", "1"] {
            assert!(!is_off(&with(&[&format!("autovacuum_enabled={on}")])), "{on}");
        }
    }
}
