//! The object a finding is about (session, slot, database, …), written as a short string in JSON.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::identifier::quote_ident;

/// What a finding is about. In JSON and on pages it is its words, `pid 640`, and reads back as the
/// same value: so it holds nothing that the words do not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Object {
    /// The server as a whole: `server`.
    Server,
    /// A session: `pid 640`.
    Session {
        /// Its process id.
        pid: i32,
    },
    /// A prepared transaction: `prepared transaction 'transfer-77'`.
    PreparedTransaction {
        /// Its global identifier.
        gid: String,
    },
    /// A database: `database shop`.
    Database {
        /// Its name.
        name: String,
    },
    /// A replication slot: `slot standby_1`.
    Slot {
        /// Its name.
        name: String,
    },
    /// A table: `table public.orders in database shop`.
    Table {
        /// Its schema and name, quoted where SQL needs it.
        name: String,
        /// Its database.
        database: String,
    },
    /// An index: `index public.orders_pkey in database shop`.
    Index {
        /// Its schema and name, quoted where SQL needs it.
        name: String,
        /// Its database.
        database: String,
    },
    /// Anything else, in its own words: a node of a plan, a table, a setting. Made by `from`, which
    /// knows the others by their words.
    Other(String),
}

/// Between a relation and its database.
const IN_DATABASE: &str = " in database ";

/// A relation's schema and name as SQL spells them.
pub fn qualified(nspname: &str, relname: &str) -> String {
    format!("{}.{}", quote_ident(nspname), quote_ident(relname))
}

/// Schema and name as the catalog has them, of what `qualified` wrote.
pub fn unqualified(name: &str) -> Option<(String, String)> {
    let is_even = |at: &usize| name.get(..*at).is_some_and(|n| n.matches('"').count() % 2 == 0);
    let dot = name.match_indices('.').map(|(at, _)| at).find(is_even)?;
    let bare = |part: &str| {
        let quoted = part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        quoted.map_or_else(|| part.to_owned(), |inner| inner.replace("\"\"", "\""))
    };
    Some((bare(name.get(..dot)?), bare(name.get(dot + 1..)?)))
}

impl Object {
    /// What commits wait for when no synchronous standby confirms: the root that the rules on it share.
    pub fn synchronous_replication() -> Self {
        Self::Other("synchronous replication".into())
    }

    /// A table.
    pub fn table(database: &str, nspname: &str, relname: &str) -> Self {
        Self::Table { name: qualified(nspname, relname), database: database.to_owned() }
    }

    /// An index.
    pub fn index(database: &str, nspname: &str, relname: &str) -> Self {
        Self::Index { name: qualified(nspname, relname), database: database.to_owned() }
    }

    /// The process id, of a session.
    pub fn pid(&self) -> Option<i32> {
        match self {
            Self::Session { pid } => Some(*pid),
            _ => None,
        }
    }

    /// The variant that has these words, before it is known whether it has exactly these.
    fn guess(words: &str) -> Option<Self> {
        let name = |prefix: &str| words.strip_prefix(prefix).map(str::to_owned);
        if words == "server" {
            return Some(Self::Server);
        }
        if let Some(pid) = words.strip_prefix("pid ") {
            return pid.parse().ok().map(|pid| Self::Session { pid });
        }
        if let Some(rest) = words.strip_prefix("prepared transaction '") {
            return rest
                .strip_suffix('\'')
                .map(|gid| Self::PreparedTransaction { gid: gid.into() });
        }
        let in_database = |prefix: &str| {
            let rest = words.strip_prefix(prefix)?;
            // A quoted name may hold these words too.
            let even =
                |at: &usize| rest.get(..*at).is_some_and(|n| n.matches('"').count() % 2 == 0);
            let at = rest.match_indices(IN_DATABASE).map(|(at, _)| at).find(even)?;
            let database = rest.get(at + IN_DATABASE.len()..)?;
            Some((rest.get(..at)?.to_owned(), database.to_owned()))
        };
        if let Some((name, database)) = in_database("table ") {
            return Some(Self::Table { name, database });
        }
        if let Some((name, database)) = in_database("index ") {
            return Some(Self::Index { name, database });
        }
        let database = name("database ").map(|name| Self::Database { name });
        database.or_else(|| name("slot ").map(|name| Self::Slot { name }))
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("server"),
            Self::Session { pid } => write!(f, "pid {pid}"),
            Self::PreparedTransaction { gid } => write!(f, "prepared transaction '{gid}'"),
            Self::Database { name } => write!(f, "database {name}"),
            Self::Slot { name } => write!(f, "slot {name}"),
            Self::Table { name, database } => write!(f, "table {name}{IN_DATABASE}{database}"),
            Self::Index { name, database } => write!(f, "index {name}{IN_DATABASE}{database}"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

impl From<String> for Object {
    fn from(words: String) -> Self {
        let known = Self::guess(&words).filter(|object| object.to_string() == words);
        known.unwrap_or(Self::Other(words))
    }
}

impl From<&str> for Object {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

impl From<Object> for String {
    fn from(object: Object) -> Self {
        object.to_string()
    }
}

impl FromStr for Object {
    type Err = Infallible;

    fn from_str(words: &str) -> Result<Self, Infallible> {
        Ok(words.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_words_and_reads_back() {
        let name = || "a b".to_owned();
        for (object, words) in [
            (Object::Server, "server"),
            (Object::Session { pid: 640 }, "pid 640"),
            (Object::PreparedTransaction { gid: "it's".into() }, "prepared transaction 'it's'"),
            (Object::Database { name: name() }, "database a b"),
            (Object::Slot { name: name() }, "slot a b"),
            (Object::table("shop", "public", "a b"), "table public.\"a b\" in database shop"),
            (Object::index("d in database e", "s", "i"), "index s.i in database d in database e"),
            (
                Object::table("d", "s", "t in database d"),
                "table s.\"t in database d\" in database d",
            ),
            (Object::Other("Seq Scan on t".into()), "Seq Scan on t"),
        ] {
            let json = serde_json::to_string(&object).unwrap_or_default();
            assert_eq!(json, serde_json::to_string(words).unwrap_or_default());
            assert_eq!(serde_json::from_str::<Object>(&json).ok(), Some(object));
        }
    }

    #[test]
    fn a_qualified_name_is_taken_apart_again() {
        for (nspname, relname) in
            [("public", "orders"), ("a.b", "c.\"d\""), ("\"", "x"), ("S", "<b> in database d")]
        {
            let parts = unqualified(&qualified(nspname, relname));
            assert_eq!(parts, Some((nspname.to_owned(), relname.to_owned())));
        }
        assert_eq!(unqualified("orders"), None);
    }

    #[test]
    fn words_are_never_changed() {
        for words in ["", "pid", "pid 007", "pid x", "pid +7", "prepared transaction '", "Server"] {
            let object = Object::from(words);
            assert_eq!(object, Object::Other(words.into()));
            assert_eq!(object.to_string(), words);
        }
        assert_eq!(Object::from("pid 7").pid(), Some(7));
    }
}
