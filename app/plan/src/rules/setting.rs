//! Changes of configuration parameters (SET, SET LOCAL, RESET, ALTER SYSTEM) that rules propose.

use std::fmt;

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

impl Setting {
    /// The setting that bounds the memory of a sort or hash table.
    pub const WORK_MEM: &'static str = "work_mem";

    /// More memory for the sorts and hash tables of one transaction.
    pub(super) fn work_mem(megabytes: f64) -> Self {
        let value = SettingValue::Megabytes(megabytes);
        Self { scope: Scope::Transaction, name: Self::WORK_MEM, value }
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
        assert_eq!(Setting::work_mem(12.0).to_string(), "set local work_mem = '12MB';");
        assert_eq!(Setting::off("jit").to_string(), "set local jit = off;");
        let value = SettingValue::Default;
        let reset = Setting { scope: Scope::Session, name: "jit", value };
        assert_eq!(reset.to_string(), "reset jit;");
    }
}
