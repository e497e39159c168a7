//! Changes of configuration parameters (SET, SET LOCAL, RESET, ALTER SYSTEM) that rules propose.

use std::fmt;

use model::Unit;
use model::quantity::number;

use super::{Case, Proposal};
use crate::node::Node;

/// A setting to change.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// How long it holds.
    pub scope: Scope,
    /// Its name.
    pub name: &'static str,
    /// Its new value.
    pub value: SettingValue,
}

/// How long a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// SET LOCAL.
    Transaction,
    /// SET.
    Session,
    /// ALTER SYSTEM.
    System,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingValue {
    /// `off`.
    Off,
    /// A number without a unit.
    Number(f64),
    /// Megabytes, as in `'64MB'`.
    Megabytes(f64),
    /// A word of an enumeration.
    Word(&'static str),
    /// What it was: RESET.
    Default,
}

/// PostgreSQL's default of work_mem, MB.
const DEFAULT_WORK_MEM_MB: f64 = 4.0;
/// More than this is proposed to nobody: each sort and hash of each session may take it. (PostgreSQL's
/// own bound is 2 TB.)
const MOST_WORK_MEM_MB: f64 = 1024.0;
/// Of the memory that the server is known to have, the share that one sort or hash may take.
const MOST_OF_MEMORY: f64 = 0.25;
/// hash_mem_multiplier from PostgreSQL 15; it was 1 in PostgreSQL 14.
const HASH_MEM_MULTIPLIER: f64 = 2.0;

/// A size as SHOW prints it, in megabytes; a number without a unit is one of `unit_kb`.
fn megabytes_of(value: &str, unit_kb: f64) -> Option<f64> {
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(digits)?;
    let number: f64 = number.parse().ok()?;
    let kb = match unit {
        "" => unit_kb,
        "kB" => 1.0,
        "MB" => 1024.0,
        "GB" => 1_048_576.0,
        "TB" => 1_073_741_824.0,
        _ => return None,
    };
    Some(number * kb / 1024.0)
}

/// work_mem in force, MB. SETTINGS prints what is not as PostgreSQL comes: where it printed anything,
/// what is missing is the default; otherwise it is not known.
pub(super) fn work_mem_mb(case: &Case<'_>) -> Option<f64> {
    let known = case.setting(Setting::WORK_MEM).and_then(|value| megabytes_of(&value, 1.0));
    let asked = case.plan.settings().next().is_some();
    known.or(asked.then_some(DEFAULT_WORK_MEM_MB))
}

/// The most that is proposed, MB, and whose bound that is.
fn most_mb(case: &Case<'_>) -> (f64, &'static str) {
    let memory = case.setting("effective_cache_size").and_then(|value| megabytes_of(&value, 8.0));
    match memory.map(|memory| (memory * MOST_OF_MEMORY).floor()) {
        Some(share) if share < MOST_WORK_MEM_MB => (share, "a quarter of effective_cache_size"),
        _ => (MOST_WORK_MEM_MB, "whatever memory the server has"),
    }
}

/// Nodes of which each may take work_mem.
fn takers(case: &Case<'_>) -> usize {
    let takes = |node: &&Node| match node.kind.as_str() {
        "Sort" | "Incremental Sort" | "Hash" | "Memoize" => true,
        "Aggregate" | "SetOp" => {
            node.get("Strategy").is_some_and(|how| how == "Hashed" || how == "Mixed")
        }
        _ => false,
    };
    case.plan.nodes.iter().filter(takes).count()
}

impl Setting {
    /// The setting that bounds the memory of a sort or hash table.
    pub const WORK_MEM: &'static str = "work_mem";

    /// More memory for the sorts of one transaction, if that is more than is in force and no more than
    /// one session should take.
    pub(super) fn work_mem(case: &Case<'_>, megabytes: f64) -> Proposal {
        let more = megabytes > work_mem_mb(case).unwrap_or(DEFAULT_WORK_MEM_MB);
        if !more || megabytes > most_mb(case).0 {
            return Proposal::Nothing;
        }
        let value = SettingValue::Megabytes(megabytes);
        Proposal::Setting(Self { scope: Scope::Transaction, name: Self::WORK_MEM, value })
    }

    /// The same for a hash table, which may take hash_mem_multiplier times as much. `peak_mb` is what
    /// it took before it went to disk.
    pub(super) fn hash_mem(case: &Case<'_>, megabytes: f64, peak_mb: f64) -> Proposal {
        let printed = case.setting("hash_mem_multiplier").and_then(|value| value.parse().ok());
        // A hash table that does not fit took all it could.
        let took_more = work_mem_mb(case).is_some_and(|work_mem| peak_mb > work_mem * 1.1);
        let newest =
            case.plan.nodes.iter().any(|node| node.actual.is_some_and(|own| own.fractional_rows));
        let multiplier = match printed {
            Some(multiplier) if multiplier >= 1.0 => multiplier,
            _ if took_more || newest => HASH_MEM_MULTIPLIER,
            _ => 1.0,
        };
        Self::work_mem(case, (megabytes / multiplier).ceil().max(1.0))
    }

    /// What to do about temporary files: what the rule says, or something else where no memory helps.
    pub(super) fn advice(case: &Case<'_>, megabytes: f64, usual: &str) -> String {
        let (most, bound) = most_mb(case);
        if megabytes <= most {
            return usual.to_owned();
        }
        let most = number(most * 1_048_576.0, Unit::Bytes);
        format!(
            "That is more memory than one session should take (pgdeck proposes {most} at most, {bound}): handle fewer or narrower rows, read them in order from an index, or leave them on disk."
        )
    }

    /// Who else takes as much memory, and what is not known: the end of the words on more work_mem.
    pub(super) fn warning(&self, case: &Case<'_>) -> String {
        if self.name != Self::WORK_MEM {
            return String::new();
        }
        let mut words = match takers(case) {
            0 | 1 => " Each session that runs the statement may take that much".to_owned(),
            nodes => format!(
                " Each of the {nodes} sort and hash nodes may take that much, in each session that runs the statement"
            ),
        };
        let processes = case.derived.nodes.iter().map(|own| own.processes).fold(1.0, f64::max);
        if processes > 1.0 {
            words.push_str(&format!(" and in each of its {processes:.0} processes"));
        }
        words.push_str(
            "; hash tables hash_mem_multiplier times that (2 by default, 1 in PostgreSQL 14).",
        );
        if work_mem_mb(case).is_none() {
            words.push_str(" The plan does not print work_mem (EXPLAIN with SETTINGS would): if more is in force already, memory is not the cause.");
        }
        words
    }

    /// A method of the planner switched off for one transaction.
    pub(super) fn off(name: &'static str) -> Self {
        Self { scope: Scope::Transaction, name, value: SettingValue::Off }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (set, reset) = match self.scope {
            Scope::Transaction => ("set local", "reset"),
            Scope::Session => ("set", "reset"),
            Scope::System => ("alter system set", "alter system reset"),
        };
        let name = self.name;
        match &self.value {
            SettingValue::Off => write!(f, "{set} {name} = off;"),
            SettingValue::Number(number) => write!(f, "{set} {name} = {number};"),
            SettingValue::Megabytes(megabytes) => write!(f, "{set} {name} = '{megabytes:.0}MB';"),
            SettingValue::Word(word) => write!(f, "{set} {name} = '{word}';"),
            SettingValue::Default => write!(f, "{reset} {name};"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_say_how_long_they_hold() {
        assert_eq!(megabytes_of("4MB", 1.0), Some(4.0));
        assert_eq!(megabytes_of("1048576kB", 1.0), Some(1024.0));
        assert_eq!((megabytes_of("4096", 1.0), megabytes_of("1024", 8.0)), (Some(4.0), Some(8.0)));
        assert_eq!(megabytes_of("a lot", 1.0), None);
        assert_eq!(Setting::off("jit").to_string(), "set local jit = off;");
        let value = SettingValue::Default;
        let reset = Setting { scope: Scope::Session, name: "jit", value };
        assert_eq!(reset.to_string(), "reset jit;");
    }
}
