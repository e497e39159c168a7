//! Rule: updates find no room on their page.

use model::object::qualified;
use model::tables::{Kind, Table, Tables};
use model::{About, Evidence, Finding, Known, Limit, Reason, Remedy, Severity, Unit, quantity};

use crate::areas::tables::judge::{Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// Updates from which the rule speaks.
const MIN_UPDATES: Limit = Limit {
    name: "min_updates",
    default: 10_000.0,
    unit: Unit::Count,
    source: "with fewer the cost is not worth a decision",
};
/// Share of updates that moved their row to another page.
const MOVED_PERCENT: Limit = Limit {
    name: "moved_percent",
    default: 25.0,
    unit: Unit::Percent,
    source: "a quarter of all updates could have been HOT",
};
/// A fillfactor below that leaves room already: it is for the reader to decide on less.
const FULL: u32 = 95;
/// What is proposed: room for a tenth of a page.
const PROPOSED: u32 = 90;
/// What a server before 16 does not tell.
const UNCOUNTED: &str = "counting updates to another page, which came with PostgreSQL 16";

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Updates find no room on their page",
    effect: "A row that moves to another page needs a new entry in every index of the table, and leaves as many dead ones to VACUUM.",
    remedy: "Leave room on each page for new versions of its rows. That holds for pages that are filled from now on: pages that are full stay so until the table is rewritten.",
    docs: "https://www.postgresql.org/docs/current/sql-createtable.html#RELOPTION-FILLFACTOR",
    limits: &[MIN_UPDATES, MOVED_PERCENT],
};

/// Judges the updates that `n_tup_newpage_upd` counts since 16, of tables that fill their pages; before, the cause
/// of an update that is not HOT is not known.
pub fn updates_to_another_page(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let own = database.tables().filter(|table| table.kind == Kind::Table && fills(table));
        let mut found = Vec::new();
        for table in own {
            let counters = &table.counters;
            let updates = counters.n_tup_upd as f64;
            let percent = |count: f64| 100.0 * count / updates.max(1.0);
            let much = |count: f64| {
                updates >= limits.get(&MIN_UPDATES) && percent(count) >= limits.get(&MOVED_PERCENT)
            };
            let Some(moved) = counters.n_tup_newpage_upd else {
                if much(updates - counters.n_tup_hot_upd as f64) {
                    return Err(Reason::NotSupported { what: UNCOUNTED.into() });
                }
                continue;
            };
            let moved = moved as f64;
            if !much(moved) {
                continue;
            }
            let name = qualified(&table.nspname, &table.relname);
            let message = format!(
                "Of {} updates of table {name} in database {}, {} found no room on their page.",
                quantity::grouped(updates),
                database.datname,
                quantity::number(percent(moved), Unit::Percent),
            );
            let evidence = vec![
                count("updates", updates),
                count("moved to another page", moved),
                count("HOT updates", counters.n_tup_hot_upd as f64),
                Evidence {
                    name: "fillfactor".into(),
                    value: f64::from(fillfactor(table)),
                    unit: Unit::Percent,
                },
            ];
            let object = database.object(table);
            let finding =
                finding(limits, Severity::Info, object, message, evidence, remedy(table, &name));
            found.push(Weighed { weight: moved, finding });
        }
        Ok(found)
    })
}

fn remedy(table: &Table, name: &str) -> Remedy {
    let undo = match table.option("fillfactor") {
        Some(before) => format!("alter table {name} set (fillfactor = {before});"),
        None => format!("alter table {name} reset (fillfactor);"),
    };
    Remedy {
        message: ABOUT.remedy.into(),
        sql: Some(format!("alter table {name} set (fillfactor = {PROPOSED});")),
        lock: Some("SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes.".into()),
        undo: Some(undo),
        refuted_by: Some(
            "an old snapshot kept dead rows from being removed, so that no page could have had room.".into(),
        ),
    }
}

fn fillfactor(table: &Table) -> u32 {
    table.option("fillfactor").and_then(|value| value.parse().ok()).unwrap_or(100)
}

/// Whether it fills its pages.
fn fills(table: &Table) -> bool {
    fillfactor(table) >= FULL
}
