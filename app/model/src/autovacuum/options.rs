//! The settings that hold for one table: its storage parameters before those of the server.

use serde::{Deserialize, Serialize};

use super::Autovacuum;
use crate::tables::{Table, Toast};

/// What is in force for one table or TOAST table (`extract_autovac_opts` and `relation_needs_vacanalyze` in
/// autovacuum.c).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// `autovacuum_enabled`. A table at risk of wraparound is vacuumed all the same.
    pub enabled: bool,
    /// `autovacuum_vacuum_threshold`, rows.
    pub vacuum_threshold: i32,
    /// `autovacuum_vacuum_scale_factor`.
    pub vacuum_scale_factor: f64,
    /// `autovacuum_vacuum_max_threshold`, rows; None where there is no limit.
    pub vacuum_max_threshold: Option<i32>,
    /// `autovacuum_vacuum_insert_threshold`, rows; None where inserts do not count.
    pub vacuum_insert_threshold: Option<i32>,
    /// `autovacuum_vacuum_insert_scale_factor`.
    pub vacuum_insert_scale_factor: f64,
    /// `autovacuum_analyze_threshold`, rows.
    pub analyze_threshold: i32,
    /// `autovacuum_analyze_scale_factor`.
    pub analyze_scale_factor: f64,
    /// `autovacuum_freeze_max_age`, the smaller of both.
    pub freeze_max_age: i32,
    /// `autovacuum_multixact_freeze_max_age`, the smaller of both.
    pub multixact_freeze_max_age: i32,
}

impl Options {
    /// Of a table.
    pub fn of_table(settings: &Autovacuum, table: &Table) -> Self {
        Self::new(settings, |name| table.option(name))
    }

    /// Of the TOAST table of a table. Its own parameters hold if it has any, all of them; otherwise the table's.
    pub fn of_toast(settings: &Autovacuum, table: &Table, toast: &Toast) -> Self {
        match toast.reloptions.is_empty() {
            true => Self::of_table(settings, table),
            false => Self::new(settings, |name| toast.option(name)),
        }
    }

    /// With the parameters that `option` tells by name.
    pub fn new<'a>(settings: &Autovacuum, option: impl Fn(&str) -> Option<&'a str>) -> Self {
        let whole = |name: &str| option(name).and_then(|value| value.parse::<i32>().ok());
        let share = |name: &str, of_server: f64| {
            let own = option(name).and_then(|value| value.parse::<f64>().ok());
            own.filter(|own| *own >= 0.0).unwrap_or(of_server)
        };
        let rows =
            |name: &str, of_server: i32| whole(name).filter(|own| *own >= 0).unwrap_or(of_server);
        // Of these -1 is a value: off. What is not set is -2 in PostgreSQL.
        let or_off = |name: &str, of_server: i32| {
            let value = whole(name).filter(|own| *own >= -1).unwrap_or(of_server);
            Some(value).filter(|value| *value >= 0)
        };
        let smaller = |name: &str, of_server: i32| rows(name, of_server).min(of_server);
        let is_off = option("autovacuum_enabled").is_some_and(is_off);
        Self {
            enabled: !is_off,
            vacuum_threshold: rows("autovacuum_vacuum_threshold", settings.vacuum_threshold),
            vacuum_scale_factor: share(
                "autovacuum_vacuum_scale_factor",
                settings.vacuum_scale_factor,
            ),
            vacuum_max_threshold: settings
                .vacuum_max_threshold
                .and_then(|of_server| or_off("autovacuum_vacuum_max_threshold", of_server)),
            vacuum_insert_threshold: or_off(
                "autovacuum_vacuum_insert_threshold",
                settings.vacuum_insert_threshold,
            ),
            vacuum_insert_scale_factor: share(
                "autovacuum_vacuum_insert_scale_factor",
                settings.vacuum_insert_scale_factor,
            ),
            analyze_threshold: rows("autovacuum_analyze_threshold", settings.analyze_threshold),
            analyze_scale_factor: share(
                "autovacuum_analyze_scale_factor",
                settings.analyze_scale_factor,
            ),
            freeze_max_age: smaller("autovacuum_freeze_max_age", settings.freeze_max_age),
            multixact_freeze_max_age: smaller(
                "autovacuum_multixact_freeze_max_age",
                settings.multixact_freeze_max_age,
            ),
        }
    }
}

/// How a storage parameter may say no (`parse_bool`): any beginning of these words that is not ambiguous.
fn is_off(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let begins = |word: &str| !value.is_empty() && word.starts_with(&value);
    value == "0" || begins("false") || begins("no") || (value.len() > 1 && begins("off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Autovacuum {
        Autovacuum {
            vacuum_threshold: 50,
            vacuum_scale_factor: 0.2,
            vacuum_max_threshold: Some(100_000_000),
            vacuum_insert_threshold: 1_000,
            freeze_max_age: 200_000_000,
            ..Autovacuum::default()
        }
    }

    fn table(options: &[&str]) -> Table {
        let reloptions = options.iter().map(|option| (*option).to_owned()).collect();
        Table { reloptions, ..Table::default() }
    }

    #[test]
    fn what_a_table_says_goes_first() {
        let own = table(&[
            "autovacuum_enabled=of",
            "autovacuum_vacuum_scale_factor=0",
            "autovacuum_vacuum_insert_threshold=-1",
            "autovacuum_vacuum_max_threshold=-1",
            "autovacuum_freeze_max_age=300000000",
        ]);
        let found = Options::of_table(&server(), &own);
        assert!(!found.enabled);
        assert_eq!((found.vacuum_threshold, found.vacuum_scale_factor), (50, 0.0));
        assert_eq!((found.vacuum_insert_threshold, found.vacuum_max_threshold), (None, None));
        assert_eq!(found.freeze_max_age, 200_000_000, "a table can only ask for less");
        let before_18 = Autovacuum { vacuum_max_threshold: None, ..server() };
        let named = table(&["autovacuum_vacuum_max_threshold=7"]);
        assert_eq!(Options::of_table(&before_18, &named).vacuum_max_threshold, None);
    }

    #[test]
    fn a_toast_table_has_all_of_its_own_or_all_of_the_table() {
        let main = table(&["autovacuum_enabled=false", "autovacuum_vacuum_threshold=9"]);
        let plain = Options::of_toast(&server(), &main, &Toast::default());
        assert_eq!((plain.enabled, plain.vacuum_threshold), (false, 9));
        let reloptions = vec!["autovacuum_vacuum_scale_factor=0.5".to_owned()];
        let own = Options::of_toast(&server(), &main, &Toast { reloptions, ..Toast::default() });
        assert_eq!((own.enabled, own.vacuum_threshold, own.vacuum_scale_factor), (true, 50, 0.5));
    }
}
