//! The list of areas: what pgdeck samples on a server, one module of types here and one folder of
//! queries and rules in the engine for each.
//!
//! An area is its folder, its module and its line in this list; everything else follows from the list.

use serde::{Deserialize, Serialize};

/// Hands the list of areas to a macro: `model::areas!(callback)` expands to `callback! { … }` with
/// one line per area, in the order of the navigation: `folder: Variant, Area;`. `folder` names the
/// module here, the folder in the engine and the word in URLs, `Variant` the `AreaName` and the type
/// of a reading, `Area` the engine's implementation.
#[macro_export]
macro_rules! areas {
    ($callback:ident) => {
        $callback! {
            /// Rates and totals of the whole server.
            overview: Overview, OverviewArea;
            /// Sessions and what they do.
            activity: Activity, ActivityArea;
            /// Who waits for whose locks.
            locks: Locks, LocksArea;
            /// Senders, receiver, slots, lag.
            replication: Replication, ReplicationArea;
            /// Ages of transaction ids.
            vacuum: Vacuum, VacuumArea;
            /// What statements cost.
            statements: Statements, StatementsArea;
            /// Sizes and counters of tables.
            tables: Tables, TablesArea;
            /// Indexes: what they cost and who scans them.
            indexes: Indexes, IndexesArea;
            /// What has become of it: restarts, settings, DDL.
            changes: Changes, ChangesArea;
            /// What its own log has of statements.
            log: Log, LogArea;
            /// Cache and I/O: who reads and writes, checkpoints.
            io: Io, IoArea;
        }
    };
}

macro_rules! names {
    ($($(#[$doc:meta])* $folder:ident: $name:ident, $area:ident;)+) => {
        /// The name of an area.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum AreaName { $($(#[$doc])* $name,)+ }

        impl AreaName {
            const COUNT: usize = [$(Self::$name),+].len();

            /// All areas, in the order of the navigation.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$name),+];

            /// The word in URLs and event names, and the name of its folder.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($folder),)+ }
            }
        }
    };
}
areas!(names);
crate::named::named!(AreaName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_everywhere() {
        for area in AreaName::ALL {
            assert_eq!(area.as_str().parse(), Ok(area));
            let json = serde_json::to_string(&area).unwrap_or_default();
            assert_eq!(json, format!("\"{}\"", area.as_str()), "serde and URLs agree");
        }
    }
}
