//! Resets of statistics, extensions, and databases that come and go.

use std::collections::BTreeMap;

use model::EventKind;
use model::identifier::quote_ident;

use super::catalog_words::qualified;
use super::memory::{Look, replace};
use super::rows::{AnalyzedRow, ExtensionRow, ResetRow};

impl Look<'_> {
    /// Compares when counters were set to zero; None is what could not be read.
    pub fn statistics(&mut self, resets: Option<Vec<ResetRow>>, statements_ms: Option<i64>) {
        if let Some(now) = resets {
            let before = replace(&mut self.memory.resets, self.now_ms, now.clone());
            if let Some((since_ms, before)) = before {
                self.of_views(since_ms, &before, &now);
                let lines = databases(&before, &now);
                self.tell(EventKind::Ddl, (Some(since_ms), self.now_ms), lines);
            }
        }
        if let Some(now) = statements_ms {
            let before = replace(&mut self.memory.statements_ms, self.now_ms, now);
            if let Some((since_ms, before)) = before
                && before != now
                && self.is_after(now, since_ms)
            {
                let line = "pg_stat_statements was reset".to_owned();
                self.tell(EventKind::StatisticsReset, (None, self.ours(now)), vec![line]);
            }
        }
    }

    fn of_views(&mut self, since_ms: i64, before: &[ResetRow], now: &[ResetRow]) {
        let was = |row: &ResetRow| {
            before.iter().find(|b| (&b.view, b.oid) == (&row.view, row.oid)).map(|b| b.reset_ms)
        };
        // Before 15 a database's counters begin, when somebody connects, with the time of a reset.
        let begins = self.server.major() < 15;
        let is_reset = |was: Option<Option<i64>>, reset_ms: i64| match was {
            Some(Some(was_ms)) => was_ms != reset_ms,
            Some(None) => !begins,
            None => false,
        };
        // Another server's are older than the look before.
        let told: Vec<(&ResetRow, i64)> = now
            .iter()
            .filter_map(|row| Some((row, row.reset_ms?)))
            .filter(|(row, reset_ms)| is_reset(was(row), *reset_ms))
            .filter(|(_, reset_ms)| self.is_after(*reset_ms, since_ms))
            .collect();
        let Some(newest) = told.iter().map(|(_, reset_ms)| *reset_ms).max() else { return };
        let lines = told.iter().map(|(row, _)| format!("Statistics of {} were reset", whose(row)));
        self.tell(EventKind::StatisticsReset, (None, self.ours(newest)), lines.collect());
    }

    /// Tells which tables somebody has analyzed since: their statements may have other plans. Autovacuum does it
    /// all the time, which is not told. None is what could not be read.
    pub fn analyzed(&mut self, rows: Option<Vec<AnalyzedRow>>) {
        let Some(rows) = rows else { return };
        let newest = rows.iter().map(|row| row.analyzed_ms).max().unwrap_or(0);
        let part = (self.server.database.clone(), newest);
        let before = replace(&mut self.memory.analyzed, self.now_ms, part);
        let Some((since_ms, (database, before))) = before else { return };
        if database != self.server.database || !self.is_after(newest, since_ms) {
            return;
        }
        let new = rows.iter().filter(|row| row.analyzed_ms > before);
        let lines = new.map(|row| format!("ANALYZE of {}", qualified(&row.schema, &row.name)));
        self.tell(EventKind::Analyze, (None, self.ours(newest)), lines.collect());
    }

    /// Compares the extensions of the connected database; None is what could not be read.
    pub fn extensions(&mut self, rows: Option<Vec<ExtensionRow>>) {
        let Some(rows) = rows else { return };
        let now: BTreeMap<String, String> =
            rows.into_iter().map(|row| (row.name, row.version)).collect();
        let part = (self.server.database.clone(), now.clone());
        let before = replace(&mut self.memory.extensions, self.now_ms, part);
        let Some((since_ms, (database, before))) = before else { return };
        if database == self.server.database {
            let lines = extension_lines(&before, &now);
            self.tell(EventKind::ExtensionUpdate, (Some(since_ms), self.now_ms), lines);
        }
    }
}

fn whose(row: &ResetRow) -> String {
    match (row.view.as_str(), &row.name) {
        ("pg_stat_database", Some(name)) => format!("database {}", quote_ident(name)),
        ("pg_stat_database", None) => "shared objects".to_owned(),
        (view, _) => view.to_owned(),
    }
}

fn databases(before: &[ResetRow], now: &[ResetRow]) -> Vec<String> {
    let names = |rows: &[ResetRow]| -> BTreeMap<i64, String> {
        let named = rows.iter().filter_map(|row| Some((row.oid, quote_ident(row.name.as_ref()?))));
        named.collect()
    };
    let (before, now) = (names(before), names(now));
    let mut lines = Vec::new();
    for (oid, name) in &now {
        match before.get(oid) {
            None => lines.push(format!("Database {name} created")),
            Some(was) if was != name => lines.push(format!("Database {was} renamed to {name}")),
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(oid, _)| !now.contains_key(*oid));
    lines.extend(gone.map(|(_, name)| format!("Database {name} dropped")));
    lines
}

fn extension_lines(
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, version) in now {
        let quoted = quote_ident(name);
        match before.get(name) {
            None => lines.push(format!("Extension {quoted} {version} created")),
            Some(was) if was != version => {
                lines.push(format!("Extension {quoted} updated: {was} → {version}"));
            }
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    lines.extend(gone.map(|name| format!("Extension {} dropped", quote_ident(name))));
    lines
}
