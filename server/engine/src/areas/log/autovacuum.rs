//! Runs of autovacuum that were not finished, from records of the log: canceled because somebody waited for the
//! table's lock, or skipped because the lock was taken.

use std::collections::BTreeMap;

use model::log::{AutovacuumLog, Ending, UnfinishedRun};

use super::record::Record;

/// Tables that are kept (`docs/limits.md#log`).
const MOST_TABLES: usize = 200;
/// The longest name: a database, a schema and a table of 63 bytes each with room to spare.
const LONGEST_NAME: usize = 256;

/// What was found since reading began, by what happened, command and table.
#[derive(Default)]
pub struct Unfinished {
    since_ms: Option<i64>,
    runs: BTreeMap<(Ending, bool, String), (u64, i64)>,
    left_out: u64,
}

impl Unfinished {
    /// Adds what was read now.
    pub fn add(&mut self, records: &[Record], now_ms: i64) {
        self.since_ms.get_or_insert(now_ms);
        for key in records.iter().filter_map(unfinished) {
            if self.runs.len() >= MOST_TABLES && !self.runs.contains_key(&key) {
                self.left_out += 1;
                continue;
            }
            let (count, last_ms) = self.runs.entry(key).or_default();
            *count += 1;
            *last_ms = now_ms;
        }
    }

    /// All of it, the newest first.
    pub fn log(&self, logs_skipped: bool) -> AutovacuumLog {
        let run =
            |((ending, is_analyze, table), (count, last_ms)): (&(_, _, String), &(u64, i64))| {
                UnfinishedRun {
                    ending: *ending,
                    is_analyze: *is_analyze,
                    table: table.clone(),
                    count: *count,
                    last_ms: *last_ms,
                }
            };
        let mut runs: Vec<UnfinishedRun> = self.runs.iter().map(run).collect();
        runs.sort_by_key(|run| std::cmp::Reverse((run.last_ms, run.count)));
        AutovacuumLog {
            since_ms: self.since_ms.unwrap_or_default(),
            logs_skipped,
            runs,
            left_out: self.left_out,
        }
    }
}

/// What happened, whether to an ANALYZE, and the table; None for any other record.
fn unfinished(record: &Record) -> Option<(Ending, bool, String)> {
    let context = record.autovacuum.as_deref()?;
    let (ending, is_analyze, table) = match record.severity.as_str() {
        "ERROR" if record.message == "canceling autovacuum task" => {
            let (is_analyze, table) = canceled(context)?;
            (Ending::Canceled, is_analyze, table)
        }
        // The database and the schema are not in it.
        "LOG" => {
            let rest = record.message.strip_suffix("\" --- lock not available")?;
            let skipped = |begin| rest.strip_prefix(begin);
            let vacuum = skipped("skipping vacuum of \"").map(|table| (false, table));
            let (is_analyze, table) =
                vacuum.or_else(|| skipped("skipping analyze of \"").map(|table| (true, table)))?;
            (Ending::Skipped, is_analyze, table)
        }
        _ => return None,
    };
    Some((ending, is_analyze, table.chars().take(LONGEST_NAME).collect()))
}

/// `automatic vacuum of table "shop.public.orders"`, which is the last line of the context.
fn canceled(context: &str) -> Option<(bool, &str)> {
    let after = |begin: &str| {
        let at = context.rfind(begin)?;
        context.get(at + begin.len()..)?.strip_suffix('"')
    };
    let vacuum = after("automatic vacuum of table \"").map(|table| (false, table));
    vacuum.or_else(|| after("automatic analyze of table \"").map(|table| (true, table)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(severity: &str, message: &str, context: Option<&str>) -> Record {
        Record {
            severity: severity.into(),
            message: message.into(),
            autovacuum: context.map(str::to_owned),
            ..Record::default()
        }
    }

    #[test]
    fn what_a_worker_did_not_finish_is_counted_by_table() {
        let context = "while scanning block 5 of relation \"public.orders\"\nautomatic vacuum of table \"shop.public.orders\"";
        let task = "canceling autovacuum task";
        let records = [
            record("ERROR", task, Some(context)),
            record("ERROR", task, Some(context)),
            record("ERROR", task, Some("automatic analyze of table \"shop.public.a \"b\"\"")),
            record("LOG", "skipping vacuum of \"orders\" --- lock not available", Some("")),
            record("LOG", "skipping analyze of \"x\" --- lock not available", Some("")),
            record("LOG", "skipping vacuum of \"y\" --- relation no longer exists", Some("")),
            record("LOG", "skipping vacuum of \"z\" --- lock not available", None),
            record("ERROR", task, None),
            record("WARNING", task, Some(context)),
        ];
        let mut found = Unfinished::default();
        found.add(&[], 5);
        found.add(&records, 7);
        let log = found.log(true);
        let mut runs: Vec<_> = log
            .runs
            .iter()
            .map(|run| (run.ending, run.is_analyze, run.table.as_str(), run.count))
            .collect();
        runs.sort();
        assert_eq!(
            runs,
            [
                (Ending::Canceled, false, "shop.public.orders", 2),
                (Ending::Canceled, true, "shop.public.a \"b\"", 1),
                (Ending::Skipped, false, "orders", 1),
                (Ending::Skipped, true, "x", 1),
            ]
        );
        assert_eq!((log.since_ms, log.runs[0].last_ms), (5, 7));
    }

    #[test]
    fn only_so_many_tables_are_kept() {
        let skipped = |name: usize| {
            record(
                "LOG",
                &format!("skipping vacuum of \"t{name}\" --- lock not available"),
                Some(""),
            )
        };
        let records: Vec<Record> = (0..MOST_TABLES + 3).map(skipped).collect();
        let mut found = Unfinished::default();
        found.add(&records, 1);
        let log = found.log(true);
        assert_eq!((log.runs.len(), log.left_out), (MOST_TABLES, 3));
    }
}
