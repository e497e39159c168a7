//! Changes of configuration parameters (SET, SET LOCAL, RESET, ALTER SYSTEM) that rules propose.

use std::fmt;

use model::Unit;
use model::quantity::number;

use super::{Case, Proposal};

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
/// More than this is proposed to nobody: each sort and hash of each session may take it, and what
/// memory the server has is not known. (PostgreSQL's own bound is 2 TB.)
const MOST_WORK_MEM_MB: f64 = 1024.0;

/// A size as SHOW prints it, in megabytes.
fn megabytes_of(value: &str) -> Option<f64> {
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(digits)?;
    let number: f64 = number.parse().ok()?;
    let per_unit = match unit {
        "kB" | "" => 1.0 / 1024.0,
        "MB" => 1.0,
        "GB" => 1024.0,
        "TB" => 1_048_576.0,
        _ => return None,
    };
    Some(number * per_unit)
}

impl Setting {
    /// The setting that bounds the memory of a sort or hash table.
    pub const WORK_MEM: &'static str = "work_mem";

    /// More memory for the sorts and hash tables of one transaction, if that is more than is in force
    /// and no more than one session should take.
    pub(super) fn work_mem(case: &Case<'_>, megabytes: f64) -> Proposal {
        let more = megabytes > Self::work_mem_in_force(case).unwrap_or(DEFAULT_WORK_MEM_MB);
        if !more || megabytes > MOST_WORK_MEM_MB {
            return Proposal::Nothing;
        }
        let value = SettingValue::Megabytes(megabytes);
        Proposal::Setting(Self { scope: Scope::Transaction, name: Self::WORK_MEM, value })
    }

    /// The work_mem that was in force, MB, where that is known.
    pub(super) fn work_mem_in_force(case: &Case<'_>) -> Option<f64> {
        case.setting(Self::WORK_MEM).and_then(|value| megabytes_of(&value))
    }

    /// What to do about temporary files: what the rule says, or something else where no memory helps.
    pub(super) fn advice(megabytes: f64, usual: &str) -> String {
        if megabytes <= MOST_WORK_MEM_MB {
            return usual.to_owned();
        }
        let most = number(MOST_WORK_MEM_MB * 1_048_576.0, Unit::Bytes);
        format!(
            "That is more memory than one session should take (pgdeck proposes {most} at most): handle fewer or narrower rows, read them in order from an index, or leave them on disk."
        )
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
        assert_eq!(megabytes_of("4MB"), Some(4.0));
        assert_eq!(megabytes_of("1048576kB"), Some(1024.0));
        assert_eq!(megabytes_of("a lot"), None);
        assert_eq!(Setting::off("jit").to_string(), "set local jit = off;");
        let value = SettingValue::Default;
        let reset = Setting { scope: Scope::Session, name: "jit", value };
        assert_eq!(reset.to_string(), "reset jit;");
    }
}
