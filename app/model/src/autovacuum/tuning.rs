//! Storage parameters that give a table autovacuum settings of its own, as statements with their undo.

use super::Options;
use crate::object::qualified;

/// Statements for one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// `alter table … set (…)`.
    pub set: String,
    /// What puts it back: the table's own values as they were, the rest is the server's again.
    pub undo: String,
}

/// The statements that make the settings that were tried hold for a table; None where nothing differs.
///
/// `reloptions` are the table's own, `name=value` each. It takes SHARE UPDATE EXCLUSIVE on the table (manual,
/// "ALTER TABLE").
pub fn tuning(
    (nspname, relname): (&str, &str),
    reloptions: &[String],
    now: &Options,
    tried: &Options,
) -> Option<Tuning> {
    let whole = |rows: i32| f64::from(rows);
    let pairs = [
        ("autovacuum_vacuum_scale_factor", now.vacuum_scale_factor, tried.vacuum_scale_factor),
        ("autovacuum_vacuum_threshold", whole(now.vacuum_threshold), whole(tried.vacuum_threshold)),
        (
            "autovacuum_vacuum_insert_scale_factor",
            now.vacuum_insert_scale_factor,
            tried.vacuum_insert_scale_factor,
        ),
        ("autovacuum_analyze_scale_factor", now.analyze_scale_factor, tried.analyze_scale_factor),
    ];
    let changed: Vec<_> = pairs.into_iter().filter(|(_, now, tried)| now != tried).collect();
    if changed.is_empty() {
        return None;
    }
    let name = qualified(nspname, relname);
    let set: Vec<String> =
        changed.iter().map(|(option, _, tried)| format!("{option} = {tried}")).collect();
    let is_own = |option: &str| reloptions.iter().any(|own| own.split('=').next() == Some(option));
    let back = changed.iter().filter(|(option, ..)| is_own(option));
    let back: Vec<String> = back.map(|(option, now, _)| format!("{option} = {now}")).collect();
    let reset = changed.iter().filter(|(option, ..)| !is_own(option));
    let reset: Vec<&str> = reset.map(|(option, ..)| *option).collect();
    let mut undo = Vec::new();
    if !back.is_empty() {
        undo.push(format!("alter table {name} set ({});", back.join(", ")));
    }
    if !reset.is_empty() {
        undo.push(format!("alter table {name} reset ({});", reset.join(", ")));
    }
    Some(Tuning {
        set: format!("alter table {name} set ({});", set.join(", ")),
        undo: undo.join("\n"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autovacuum::Autovacuum;
    use crate::tables::Table;

    #[test]
    fn only_what_differs_is_set_and_undone() {
        let now = Options::of_table(&Autovacuum::default(), &Table::default());
        let tried = Options { vacuum_scale_factor: 0.05, vacuum_threshold: 500, ..now };
        let name = ("public", "a b");
        assert_eq!(tuning(name, &[], &now, &now), None);
        let found = tuning(name, &[], &now, &tried).unwrap();
        assert_eq!(
            found.set,
            "alter table public.\"a b\" set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);"
        );
        assert_eq!(
            found.undo,
            "alter table public.\"a b\" reset (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);"
        );
        let own = ["autovacuum_vacuum_scale_factor=0".to_owned()];
        let found = tuning(name, &own, &now, &tried).unwrap();
        assert_eq!(
            found.undo,
            "alter table public.\"a b\" set (autovacuum_vacuum_scale_factor = 0);\nalter table public.\"a b\" reset (autovacuum_vacuum_threshold);"
        );
    }
}
