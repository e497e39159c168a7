//! The troubles of the demo (deadlock, bloat, blocked sessions, …), one file each. Each runs until dropped.
//!
//! A trouble breaks only the demo's own server, keeps its cost below a few hundredths of a core, and
//! bounds what it leaves on disk, so that a demo can run overnight.

mod autovacuum_behind;
mod bloat;
mod blocked_chain;
mod deadlock;
pub(crate) mod dropped_index;
mod idle_in_transaction;
mod index_waste;
mod n_plus_one;
mod offset_paging;
mod regressing_statement;
mod slow_statement;
mod standby_behind;
mod temp_spill;

use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::scene::{self, Scene};

/// One line per trouble: variant, command line name, module.
macro_rules! troubles {
    ($($(#[doc = $about:literal])+ $variant:ident $name:literal $module:ident;)+) => {
        /// Something that goes wrong in the demo.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Trouble {
            $($(#[doc = $about])+ $variant,)+
        }

        impl Trouble {
            /// All of them.
            pub const ALL: &'static [Trouble] = &[$(Trouble::$variant,)+];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Trouble::$variant => $name,)+
                }
            }

            /// What happens, in a sentence.
            pub fn about(self) -> &'static str {
                match self {
                    $(Trouble::$variant => concat!($($about),+).trim_ascii(),)+
                }
            }

            /// Makes it happen until dropped.
            pub(crate) async fn run(self, scene: Scene) {
                match self {
                    $(Trouble::$variant => scene::repeat(&scene, self.name(), $module::run).await,)+
                }
            }
        }
    };
}

troubles! {
    /// A transaction that holds a row and does nothing; others queue behind it, and behind each other.
    BlockedChain "blocked-chain" blocked_chain;
    /// Two transactions take two rows in opposite order.
    Deadlock "deadlock" deadlock;
    /// A transaction was opened and forgotten: it blocks nobody, but vacuum cannot remove what it may see.
    IdleInTransaction "idle-in-transaction" idle_in_transaction;
    /// A report that reads a large table once for each product.
    SlowStatement "slow-statement" slow_statement;
    /// A fast statement becomes slow because its index is dropped.
    RegressingStatement "regressing-statement" regressing_statement;
    /// Since this morning a frequent statement reads a whole table: a migration dropped its index.
    DroppedIndex "dropped-index" dropped_index;
    /// A page asks once for a list and then once for each entry.
    NPlusOne "n-plus-one" n_plus_one;
    /// Somebody pages through a log with a growing OFFSET.
    OffsetPaging "offset-paging" offset_paging;
    /// Updates on a table whose autovacuum is off.
    Bloat "bloat" bloat;
    /// Autovacuum is throttled so much that dead rows grow faster than it works.
    AutovacuumBehind "autovacuum-behind" autovacuum_behind;
    /// Indexes nobody uses are kept up to date, and one that is needed is missing.
    IndexWaste "index-waste" index_waste;
    /// A sort that does not fit in work_mem.
    TempSpill "temp-spill" temp_spill;
    /// The standby stops replaying for a while, again and again.
    StandbyBehind "standby-behind" standby_behind;
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Trouble {
    type Err = Error;

    fn from_str(name: &str) -> Result<Trouble, Error> {
        Trouble::ALL.iter().copied().find(|trouble| trouble.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Trouble::ALL.iter().map(|trouble| trouble.name()).collect();
            Error::Unknown(format!(
                "there is no trouble `{name}`: choose from {}",
                known.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_back() {
        for trouble in Trouble::ALL {
            assert!(trouble.name().parse::<Trouble>().is_ok_and(|same| same == *trouble));
            assert!(trouble.about().ends_with('.'), "{trouble}");
        }
        let said =
            "rust".parse::<Trouble>().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("blocked-chain"), "{said}");
    }
}
