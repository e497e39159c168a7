//! DDL: tables, views, indexes and routines of the connected database, compared by oid.

use std::collections::{BTreeMap, BTreeSet};

use model::{EventKind, Known, Reason};

use super::catalog_words::{altered, called, is_index, qualified};
use super::memory::{Catalog, Look, replace};
use super::rows::{RelationRow, RoutineRow};

/// The most tables, views and indexes that are compared (`docs/limits.md#events`).
const MOST_RELATIONS: usize = 10_000;
/// The most routines.
const MOST_ROUTINES: usize = 5_000;

/// What was read, unless there is more of it than is compared.
pub fn bounded(
    relations: Vec<RelationRow>,
    routines: Vec<RoutineRow>,
) -> Known<(Vec<RelationRow>, Vec<RoutineRow>)> {
    let large = |what: &str, most| {
        Err(Reason::TooLarge { what: what.to_owned(), limit: format!("{most} of them") })
    };
    if relations.len() > MOST_RELATIONS {
        return large("The list of tables, views and indexes", MOST_RELATIONS);
    }
    if routines.len() > MOST_ROUTINES {
        return large("The list of functions", MOST_ROUTINES);
    }
    Ok((relations, routines))
}

impl Look<'_> {
    /// Compares the catalog; None is what could not be read.
    pub fn catalog(&mut self, read: Option<&(Vec<RelationRow>, Vec<RoutineRow>)>) {
        let Some((relations, routines)) = read else { return };
        let now = Catalog {
            database: self.server.database.clone(),
            relations: relations.clone(),
            routines: routines.clone(),
        };
        let lines_of = |before: &Catalog| {
            let mut lines = relation_lines(&before.relations, relations);
            lines.extend(routine_lines(&before.routines, routines));
            lines
        };
        let database = now.database.clone();
        let before = replace(&mut self.memory.catalog, self.now_ms, now);
        if let Some((since_ms, before)) = before
            && before.database == database
        {
            let lines = lines_of(&before);
            self.tell(EventKind::Ddl, (Some(since_ms), self.now_ms), lines);
        }
    }
}

/// What happened to tables, views and indexes, the tables first.
fn relation_lines(before: &[RelationRow], now: &[RelationRow]) -> Vec<String> {
    let old: BTreeMap<i64, &RelationRow> = before.iter().map(|row| (row.oid, row)).collect();
    let new: BTreeMap<i64, &RelationRow> = now.iter().map(|row| (row.oid, row)).collect();
    let created: Vec<&RelationRow> = now.iter().filter(|row| !old.contains_key(&row.oid)).collect();
    let dropped: Vec<&RelationRow> =
        before.iter().filter(|row| !new.contains_key(&row.oid)).collect();
    let name = |row: &RelationRow| (row.schema.clone(), row.name.clone());
    let dropped_names: BTreeSet<_> = dropped.iter().map(|row| name(row)).collect();
    let created_names: BTreeSet<_> = created.iter().map(|row| name(row)).collect();
    // An index comes and goes with its table: that need not be said.
    let alone = |row: &RelationRow, tables: &[&RelationRow]| {
        let is_its = |table: &&RelationRow| {
            table.schema == row.schema && Some(&table.name) == row.of_table.as_ref()
        };
        !is_index(row) || !tables.iter().any(is_its)
    };
    let mut lines: Vec<(bool, String)> = Vec::new();
    for row in created.iter().filter(|row| alone(row, &created)) {
        let verb = match (dropped_names.contains(&name(row)), is_index(row)) {
            (true, true) => "rebuilt",
            (true, false) => "dropped and created again",
            (false, _) => "created",
        };
        let flags = row.flags.as_deref().map(str::trim).filter(|flags| !flags.is_empty());
        let flags = flags.map_or(String::new(), |flags| format!(" ({flags})"));
        lines.push((is_index(row), format!("{} {verb}{flags}", called(row))));
    }
    for row in dropped.iter().filter(|row| alone(row, &dropped)) {
        if !created_names.contains(&name(row)) {
            lines.push((is_index(row), format!("{} dropped", called(row))));
        }
    }
    for (oid, row) in &new {
        if let Some(was) = old.get(oid).filter(|was| *was != row) {
            lines.extend(altered(was, row).into_iter().map(|line| (is_index(row), line)));
        }
    }
    lines.sort_by_key(|(is_index, _)| *is_index);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// What happened to functions and procedures. Overloads of a name are told once.
fn routine_lines(before: &[RoutineRow], now: &[RoutineRow]) -> Vec<String> {
    let word = |row: &RoutineRow| if row.kind == "p" { "Procedure" } else { "Function" };
    let called = |row: &RoutineRow| format!("{} {}", word(row), qualified(&row.schema, &row.name));
    let old: BTreeMap<i64, &RoutineRow> = before.iter().map(|row| (row.oid, row)).collect();
    let new: BTreeMap<i64, &RoutineRow> = now.iter().map(|row| (row.oid, row)).collect();
    let old_names: BTreeSet<String> = before.iter().map(called).collect();
    let new_names: BTreeSet<String> = now.iter().map(called).collect();
    let mut lines = BTreeSet::new();
    for (oid, row) in &new {
        let verb = match old.get(oid) {
            Some(was) if was == row => continue,
            None if !old_names.contains(&called(row)) => "created",
            _ => "replaced",
        };
        lines.insert(format!("{} {verb}", called(row)));
    }
    for row in before.iter().filter(|row| !new.contains_key(&row.oid)) {
        let verb = if new_names.contains(&called(row)) { "replaced" } else { "dropped" };
        lines.insert(format!("{} {verb}", called(row)));
    }
    lines.into_iter().collect()
}
