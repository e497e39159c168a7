//! What the history takes of a tick: what each kind of process did, checkpoints, and WAL.

use history::{Entity, Metric, Point};
use model::io::{Io, IoRow, Operations};

/// Bytes read by all together: told of every tick, so that a pause and idleness differ.
pub const READ_BYTES: Metric = Metric::increment("read_bytes");
/// A metric of a row and its value.
type OfRow = (Metric, fn(&IoRow) -> f64);
/// The metrics of a row, each with its value; zero where nothing was done.
const OF_ROW: [OfRow; 14] = [
    (Metric::increment("reads"), |row| count(row.reads)),
    (READ_BYTES, |row| bytes(row.reads)),
    (Metric::increment("read_ms"), |row| ms(row.reads)),
    (Metric::increment("writes"), |row| count(row.writes)),
    (Metric::increment("write_bytes"), |row| bytes(row.writes)),
    (Metric::increment("write_ms"), |row| ms(row.writes)),
    (Metric::increment("extends"), |row| count(row.extends)),
    (Metric::increment("extend_bytes"), |row| bytes(row.extends)),
    (Metric::increment("extend_ms"), |row| ms(row.extends)),
    (Metric::increment("fsyncs"), |row| count(row.fsyncs)),
    (Metric::increment("fsync_ms"), |row| ms(row.fsyncs)),
    (Metric::increment("hits"), |row| row.hits.unwrap_or_default() as f64),
    (Metric::increment("evictions"), |row| row.evictions.unwrap_or_default() as f64),
    (Metric::increment("reuses"), |row| row.reuses.unwrap_or_default() as f64),
];

fn count(of: Option<Operations>) -> f64 {
    of.unwrap_or_default().count as f64
}

fn bytes(of: Option<Operations>) -> f64 {
    of.unwrap_or_default().bytes as f64
}

fn ms(of: Option<Operations>) -> f64 {
    of.unwrap_or_default().ms
}

/// The thing in the history that a row is.
fn entity(row: &IoRow) -> Entity {
    let [backend_type, object, context] = row.key();
    Entity::of([("backend_type", backend_type), ("object", object), ("context", context)])
}

/// The points of one reading: what was added since the one before.
pub fn points(value: &Io) -> Vec<Point> {
    let (server, mut points) = (Entity::server(), Vec::new());
    let mut add = |name: &'static str, value: f64| {
        points.push(Point::new(&server, Metric::increment(name), value));
    };
    if let Ok(added) = &value.checkpoints_tick {
        add("checkpoints_timed", added.timed as f64);
        add("checkpoints_requested", added.requested as f64);
        add("checkpoint_write_ms", added.write_ms);
        add("checkpoint_sync_ms", added.sync_ms);
        add("buffers_checkpoint", added.buffers_checkpoint as f64);
        add("buffers_clean", added.buffers_clean as f64);
        add("buffers_backend", added.buffers_backend as f64);
        if let Some(ring) = added.buffers_ring {
            add("buffers_ring", ring as f64);
        }
        add("backend_fsyncs", added.backend_fsyncs as f64);
    }
    if let Ok(added) = &value.wal_tick {
        add("wal_records", added.counts.wal_records as f64);
        add("wal_fpi", added.counts.wal_fpi as f64);
        add("wal_bytes", added.counts.wal_bytes as f64);
    }
    if let Ok(span) = &value.tick {
        let read = span.rows.iter().map(|row| bytes(row.reads)).sum();
        add(READ_BYTES.name, read);
        for row in &span.rows {
            let entity = entity(row);
            let done = OF_ROW.iter().map(|(metric, of)| (*metric, of(row)));
            let done = done.filter(|(_, value)| *value > 0.0);
            points.extend(done.map(|(metric, value)| Point::new(&entity, metric, value)));
        }
    }
    points
}
