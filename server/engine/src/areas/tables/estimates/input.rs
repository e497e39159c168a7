//! From the tables of a reading to the input of the estimate, and from its answer to what pages and findings carry.

use std::collections::BTreeMap;

use bloat::{Activity, Counters, Size, TableEstimate};
use model::tables::{Band, Doubt, IndexBloat, IndexSize, Table, TableBloat, Toast};
use model::{Known, Reason};

/// Doubts that are told of an estimate: those that make up most of its band.
const MOST_DOUBTS: usize = 4;
/// Where no more could come back, nobody asks why an estimate may be off: a hundred thousand small tables would
/// carry more doubts than numbers.
const DOUBTS_FROM_BYTES: u64 = 1 << 20;

/// The estimate of a table as pages and findings carry it.
pub(super) fn of_estimate(estimate: TableEstimate) -> TableBloat {
    let index = |(oid, one)| IndexBloat { oid, band: band(one) };
    TableBloat {
        heap: band(estimate.heap),
        toast: estimate.toast.map(band),
        indexes: estimate.indexes.into_iter().map(index).collect(),
    }
}

/// The table as the arithmetic wants it.
pub(super) fn asked(table: &Table, block_bytes: u32) -> bloat::Table {
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
    let told = if estimate.high >= DOUBTS_FROM_BYTES { MOST_DOUBTS } else { 0 };
    let doubts = reasons.into_iter().take(told).map(|reason| Doubt {
        message: reason.cause.sentence().into(),
        remedy: reason.cause.remedy().map(Into::into),
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
