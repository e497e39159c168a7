//! Estimates how many bytes a rewrite of a table and of its indexes would give back. What columns are like changes
//! with ANALYZE and DDL only, so it is read once and kept; some hundred tables are read in each reading, the
//! largest first.

use std::collections::{BTreeMap, HashMap, HashSet};

use bloat::{Activity, Counters, Shape, Size};
use model::server::Facts;
use model::tables::{Band, Doubt, IndexBloat, IndexSize, Kind, Table, TableBloat, Toast};
use model::{Known, Reason};

use crate::bloat::{MOST_TABLES, Sources, read_shapes, read_sources};
use crate::connection::Observer;
use crate::error::Error;

/// Tables that are estimated, the largest: a hundred thousand shapes would take a gigabyte.
const MOST_ESTIMATED: usize = 5_000;
/// Doubts that are told of an estimate: those that make up most of its band.
const MOST_DOUBTS: usize = 4;

/// What a shape was read with: it is read again where this changes.
type ReadWith = (Option<i64>, i16, Vec<u32>);

/// What is known of the shapes of tables.
#[derive(Default)]
pub struct Estimates {
    shapes: HashMap<u32, (ReadWith, Shape)>,
}

impl Estimates {
    /// Writes to the tables what is estimated of them. A reason stands where it cannot be.
    pub async fn estimate(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        block_bytes: u32,
        tables: &mut [Table],
    ) -> Result<(), Error> {
        let chosen = largest(tables, block_bytes);
        let kept: HashSet<u32> = chosen.iter().copied().collect();
        self.shapes.retain(|oid, _| kept.contains(oid));
        let read = self.read(observer, facts, &chosen, tables).await;
        let sources = match read {
            Ok(sources) => Ok(sources),
            Err(Error::Query { reason, .. }) => Err(reason),
            Err(lost) => return Err(lost),
        };
        for table in tables.iter_mut().filter(|table| kept.contains(&table.oid)) {
            table.bloat = self.of(table, &sources, block_bytes);
        }
        Ok(())
    }

    /// Reads the shapes that are not known, as many as one reading takes.
    async fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        chosen: &[u32],
        tables: &[Table],
    ) -> Result<Sources, Error> {
        let sources = read_sources(observer, facts).await?;
        let by_oid: HashMap<u32, &Table> = tables.iter().map(|table| (table.oid, table)).collect();
        let stale = chosen.iter().filter_map(|oid| by_oid.get(oid)).filter(|table| {
            self.shapes.get(&table.oid).is_none_or(|(with, _)| *with != read_with(table))
        });
        let stale: Vec<&Table> = stale.take(MOST_TABLES).copied().collect();
        let oids: Vec<u32> = stale.iter().map(|table| table.oid).collect();
        let mut shapes = read_shapes(observer, facts, &sources, &oids).await?;
        for table in stale {
            if let Some(shape) = shapes.remove(&table.oid) {
                self.shapes.insert(table.oid, (read_with(table), shape));
            }
        }
        Ok(sources)
    }

    /// None while its turn has not come.
    fn of(
        &self,
        table: &Table,
        sources: &Known<Sources>,
        block_bytes: u32,
    ) -> Option<Known<Box<TableBloat>>> {
        let sources = match sources {
            Ok(sources) => sources,
            Err(reason) => return Some(Err(reason.clone())),
        };
        let (_, shape) = self.shapes.get(&table.oid)?;
        let estimate = bloat::estimate(&sources.server, shape, &asked(table, block_bytes));
        Some(Ok(Box::new(TableBloat {
            heap: band(estimate.heap),
            toast: estimate.toast.map(band),
            indexes: estimate
                .indexes
                .into_iter()
                .map(|(oid, one)| IndexBloat { oid, band: band(one) })
                .collect(),
        })))
    }
}

/// The largest tables that hold rows themselves.
fn largest(tables: &[Table], block_bytes: u32) -> Vec<u32> {
    let own = tables.iter().filter(|table| table.kind != Kind::Partitioned);
    let mut sized: Vec<(i64, u32)> =
        own.map(|table| (table.total_bytes(block_bytes), table.oid)).collect();
    sized.sort_unstable_by(|a, b| b.cmp(a));
    sized.into_iter().take(MOST_ESTIMATED).map(|(_, oid)| oid).collect()
}

fn read_with(table: &Table) -> ReadWith {
    let indexes = table.indexes.iter().map(|index| index.oid).collect();
    (table.maintenance.analyzed_ms(), table.relnatts, indexes)
}

/// The table as the arithmetic wants it.
fn asked(table: &Table, block_bytes: u32) -> bloat::Table {
    let number = |name| table.option(name).and_then(|value| value.parse().ok());
    let size = Size {
        pages: pages(table.size_bytes, block_bytes),
        relpages: u64::from(table.relpages),
        reltuples: table.reltuples.unwrap_or(-1.0),
    };
    let indexes = table.indexes.iter().map(|index| (index.oid, of_index(index, block_bytes)));
    bloat::Table {
        is_heap: table.amname.as_deref() == Some("heap"),
        fillfactor: number("fillfactor"),
        toast_tuple_target: number("toast_tuple_target"),
        counters: Counters { size, activity: activity(&table.counters, &table.maintenance) },
        toast: table.toast.as_deref().map(|toast| of_toast(toast, block_bytes)),
        indexes: indexes.collect::<BTreeMap<_, _>>(),
    }
}

fn of_toast(toast: &Toast, block_bytes: u32) -> bloat::Toast {
    let size = Size {
        pages: pages(toast.size_bytes, block_bytes),
        relpages: u64::from(toast.relpages),
        reltuples: toast.reltuples.unwrap_or(-1.0),
    };
    bloat::Toast {
        counters: Counters { size, activity: activity(&toast.counters, &toast.maintenance) },
        index_reltuples: toast.index.as_ref().and_then(|index| index.reltuples),
    }
}

fn of_index(index: &IndexSize, block_bytes: u32) -> bloat::IndexSize {
    bloat::IndexSize {
        is_btree: index.amname == "btree",
        size: Size {
            pages: pages(index.size_bytes, block_bytes),
            relpages: u64::from(index.relpages),
            reltuples: index.reltuples.unwrap_or(-1.0),
        },
    }
}

fn pages(size_bytes: Option<i64>, block_bytes: u32) -> Option<u64> {
    u64::try_from(size_bytes?).ok()?.checked_div(u64::from(block_bytes))
}

fn activity(
    counters: &model::tables::Counters,
    maintenance: &model::tables::Maintenance,
) -> Activity {
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    Activity {
        n_live_tup: count(counters.n_live_tup),
        n_dead_tup: count(counters.n_dead_tup),
        n_mod_since_analyze: count(counters.n_mod_since_analyze),
        n_tup_ins: count(counters.n_tup_ins),
        n_tup_upd: count(counters.n_tup_upd),
        n_tup_del: count(counters.n_tup_del),
        last_vacuum_us: maintenance.vacuumed_ms().map(|ms| ms.saturating_mul(1_000)),
        last_analyze_us: maintenance.analyzed_ms().map(|ms| ms.saturating_mul(1_000)),
    }
}

/// An estimate as pages and findings carry it.
fn band(estimate: Result<bloat::Estimate, bloat::Unknown>) -> Known<Band> {
    let estimate =
        estimate.map_err(|unknown| Reason::Nothing { message: unknown.sentence().to_owned() })?;
    let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let mut reasons = estimate.reasons;
    reasons.sort_by(|a, b| b.share.total_cmp(&a.share));
    let doubts = reasons.into_iter().take(MOST_DOUBTS).map(|reason| Doubt {
        message: reason.cause.sentence().to_owned(),
        remedy: reason.cause.remedy().map(str::to_owned),
    });
    Ok(Band {
        of_bytes: bytes(estimate.bytes),
        point: estimate.point.map(bytes),
        low: bytes(estimate.low),
        high: bytes(estimate.high),
        dead: bytes(estimate.dead),
        would_grow: bytes(estimate.would_grow),
        doubts: doubts.collect(),
    })
}
