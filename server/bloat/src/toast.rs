//! The TOAST table: chunks times the payload of a chunk, which is recorded nowhere.

use crate::band::{Doubts, Rewrite};
use crate::counters::{Versions, bound};
use crate::estimate::{Estimate, Unknown};
use crate::heap::live_rows;
use crate::input::Case;
use crate::layout::{LINE_POINTER_BYTES, ROW_HEADER_BYTES, TOAST_POINTER_BYTES, aligned};
use crate::pages::rows_per_page;
use crate::reason::Cause;
use crate::rows::Rows;
use crate::shape::Column;
use crate::table::Toast;

/// Tuple header, `chunk_id`, `chunk_seq` and the header of `chunk_data`.
const CHUNK_OVERHEAD_BYTES: f64 = 36.0;
/// The least payload of a value's last chunk that is reckoned with.
const LEAST_LAST_CHUNK_BYTES: f64 = 20.0;
/// Smaller values than this are not moved out by themselves.
const LEAST_VALUE_BYTES: f64 = 100.0;
/// Assumed of a column without statistics.
const UNKNOWN_BYTES: f64 = 16.0;
/// Full chunks to a page, by definition of their size.
const CHUNKS_PER_PAGE: f64 = 4.0;

/// Estimates a table's TOAST heap.
pub(crate) fn estimate(case: &Case, toast: &Toast) -> Result<Estimate, Unknown> {
    let counters = &toast.counters;
    let mut doubts = Doubts::default();
    let rows =
        Rows { counters, index_reltuples: toast.index_reltuples, sample: case.server.sample() };
    let chunks = rows.live(&mut doubts).ok_or(Unknown::NoRowCount)?;
    let layout = case.layout;
    let full = chunk_bytes(layout.chunk());
    let pages = counters.size.pages_known();
    let versions = Versions { mean: full, longest: full, room: layout.heap_room() };
    let payload = Payload::new(case, chunks);
    let on = |payload: f64| {
        let deviation = (layout.chunk() - payload) * 0.9;
        let per_page =
            rows_per_page(layout.heap_room(), chunk_bytes(payload), deviation * deviation);
        chunks / per_page.max(CHUNKS_PER_PAGE)
    };
    let target = if chunks >= 1.0 { on(payload.middle()).ceil() } else { 0.0 };
    if target > 0.0 {
        doubts.between(Cause::ChunkSizes, target, on(payload.least), chunks / CHUNKS_PER_PAGE);
    }
    let rewrite = Rewrite {
        size: counters.size,
        target,
        floor: 0.0,
        doubts,
        bound: bound(case.server, &counters.activity, pages, chunks, &versions),
        dead_bytes: counters.activity.n_dead_tup as f64 * chunk_bytes(payload.middle()),
    };
    Ok(rewrite.estimate(layout))
}

fn chunk_bytes(payload: f64) -> f64 {
    aligned(CHUNK_OVERHEAD_BYTES + payload) + LINE_POINTER_BYTES
}

/// Between what the mean payload of a chunk lies.
struct Payload {
    least: f64,
    most: f64,
}

impl Payload {
    fn new(case: &Case, chunks: f64) -> Self {
        let rows = live_rows(case, &mut Doubts::default()).unwrap_or_default();
        let movable = || case.shape.columns.iter().filter(|column| is_movable(column));
        // A pointer is 18 bytes, so a mean width says how many values are pointers at most.
        let values: f64 = movable().map(|column| rows * pointers(column)).sum();
        let candidates =
            movable().filter(|column| avg_width(column).is_none_or(|width| width >= 3.0)).count();
        let per_value = (chunks / values.max(1.0)).max(1.0);
        let most = case.layout.chunk();
        // Full chunks and a last one of any length: two chunks to a value leave most room.
        let k = per_value.max(2.0);
        let mut least = ((k - 1.0) * most + LEAST_LAST_CHUNK_BYTES) / k;
        if per_value < 2.0 {
            least = least.min(smallest(case, candidates));
        }
        Self { least, most }
    }

    fn middle(&self) -> f64 {
        f64::midpoint(self.least, self.most)
    }
}

/// The smallest value that is moved out: the others of its row then fit.
fn smallest(case: &Case, candidates: usize) -> f64 {
    let row: f64 =
        case.shape.columns.iter().filter(|column| !column.is_dropped).map(mean_bytes).sum();
    let target = case.table.toast_tuple_target.map_or(case.layout.toast_target(), f64::from);
    let value = (target - ROW_HEADER_BYTES - 0.5 * row) / candidates.max(1) as f64 - 200.0;
    value.max(LEAST_VALUE_BYTES)
}

fn is_movable(column: &Column) -> bool {
    column.len == -1
        && column.storage != crate::shape::Storage::Plain
        && !column.is_dropped
        && !column.is_virtual
}

fn avg_width(column: &Column) -> Option<f64> {
    column.statistics.known().map(|numbers| numbers.avg_width())
}

/// Share of a column's rows that may hold a pointer.
fn pointers(column: &Column) -> f64 {
    let Some(numbers) = column.statistics.known() else { return 1.0 };
    let width = numbers.avg_width();
    let share = ((width + 1.0) / TOAST_POINTER_BYTES).min(1.0);
    if width < 1.0 { 0.0 } else { (1.0 - numbers.null_frac()) * share }
}

fn mean_bytes(column: &Column) -> f64 {
    let numbers = column.statistics.known();
    let known = numbers.map(|numbers| (1.0 - numbers.null_frac()) * numbers.avg_width());
    known.filter(|bytes| *bytes > 0.0).unwrap_or(UNKNOWN_BYTES)
}
