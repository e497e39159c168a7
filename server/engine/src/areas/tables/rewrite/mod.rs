//! What a finding on bloat says: why a table or an index has so much room that nobody uses, and how it is had back.

mod cause;
mod remedy;

use model::tables::{Band, Rewriting, Table};
use model::{Evidence, Known, Limit, Reason, Unit, quantity};

use super::judge::InDatabase;

pub use cause::Cause;
pub use remedy::{of_index, of_table};

/// How long something has kept dead rows before a finding tells to let it go first.
pub const HELD_FOR_S: Limit = Limit {
    name: "held_for_s",
    default: 300.0,
    unit: Unit::Seconds,
    source: "long transactions are told from five minutes on, too; shorter ones end before a rewrite is prepared",
};

/// A table in its database, as findings on bloat see it.
pub struct Place<'a> {
    /// The database.
    pub database: &'a InDatabase<'a>,
    /// What a rewrite depends on.
    pub rewriting: &'a Rewriting,
    /// The table.
    pub table: &'a Table,
    /// How long a holder of the xmin horizon has to be there to count, ms.
    pub held_for_ms: f64,
}

impl<'a> Place<'a> {
    /// Why there is so much room.
    pub fn cause(&self, heap: &Band) -> Cause<'a> {
        cause::cause(self, heap)
    }

    /// Whether rows can be told apart, as `REPACK (CONCURRENTLY)` and pg_repack need it; None where that is not
    /// known.
    pub fn has_key(&self) -> Option<bool> {
        let missing = self.database.schema().ok()?.missing_keys.as_ref().ok()?;
        let one = missing.iter().find(|key| key.oid == i64::from(self.table.oid));
        Some(one.is_none_or(|key| key.relreplident == "i"))
    }
}

/// What a rewrite depends on in a database. Nothing is rewritten on a standby, whose primary is judged.
pub fn rewriting<'a>(database: &InDatabase<'a>) -> Known<&'a Rewriting> {
    let rewriting = database.read.rewriting.as_ref().ok_or(Reason::NotYet)?;
    match rewriting.in_recovery {
        true => Err(Reason::OtherRole { needs: "primary".into() }),
        false => Ok(rewriting),
    }
}

/// `between 80 MiB and 95 MiB of its 120 MiB`.
pub fn of_its(band: &Band) -> String {
    format!("between {} and {} of its {}", bytes(band.low), bytes(band.high), bytes(band.of_bytes))
}

/// The numbers of a band.
pub fn evidence(band: &Band) -> Vec<Evidence> {
    let one = |name: &str, bytes: i64| Evidence {
        name: name.into(),
        value: bytes as f64,
        unit: Unit::Bytes,
    };
    let likely = band.point.map(|point| one("likely", point));
    let ends = [
        one("size", band.of_bytes),
        one("reclaimable at least", band.low),
        one("reclaimable at most", band.high),
    ];
    let dead = (band.dead > 0).then(|| one("in dead rows", band.dead));
    ends.into_iter().chain(likely).chain(dead).collect()
}

/// A number of bytes in words.
pub fn bytes(bytes: i64) -> String {
    quantity::number(bytes as f64, Unit::Bytes)
}
