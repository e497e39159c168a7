//! Prometheus metrics of cache and I/O: what each kind of process did by object and context, checkpoints, who wrote
//! buffers, and WAL. Counters as PostgreSQL has them: a reset there is one here.

use model::io::{CheckpointCounts, Io, IoRow, WalCounts, WalState};

use crate::metrics::{Metrics, Name};

const READS: Name = (
    "pgdeck_io_reads_total",
    "counter",
    "Reads from outside shared buffers (pg_stat_io, since PostgreSQL 16).",
);
const READ_BYTES: Name =
    ("pgdeck_io_read_bytes_total", "counter", "Bytes read from outside shared buffers.");
const READ_SECONDS: Name =
    ("pgdeck_io_read_seconds_total", "counter", "Time of these reads, where it is recorded.");
const WRITES: Name = ("pgdeck_io_writes_total", "counter", "Writes to the operating system.");
const WRITTEN_BYTES: Name =
    ("pgdeck_io_written_bytes_total", "counter", "Bytes written, and added at the end of files.");
const WRITE_SECONDS: Name = (
    "pgdeck_io_write_seconds_total",
    "counter",
    "Time of writes and of making files longer, where it is recorded.",
);
const FSYNCS: Name = ("pgdeck_io_fsyncs_total", "counter", "Files that were flushed to disk.");
const HITS: Name = ("pgdeck_io_hits_total", "counter", "Blocks found in shared buffers.");
const EVICTIONS: Name = (
    "pgdeck_io_evictions_total",
    "counter",
    "Blocks that left shared or local buffers to make room.",
);
const CHECKPOINTS: Name = (
    "pgdeck_checkpoints_total",
    "counter",
    "Checkpoints by what asked for them; on a standby restartpoints.",
);
const CHECKPOINT_WRITE: Name = (
    "pgdeck_checkpoint_write_seconds_total",
    "counter",
    "Time in which checkpoints wrote files, which is spread on purpose.",
);
const CHECKPOINT_SYNC: Name = (
    "pgdeck_checkpoint_sync_seconds_total",
    "counter",
    "Time in which checkpoints flushed files to disk.",
);
const BUFFERS: Name = ("pgdeck_buffers_written_total", "counter", "Buffers written, by whom.");
const BACKEND_FSYNCS: Name = (
    "pgdeck_backend_fsyncs_total",
    "counter",
    "Files that sessions had to flush to disk themselves.",
);
const WAL_BYTES: Name = ("pgdeck_wal_bytes_total", "counter", "Bytes of WAL written.");
const WAL_PAGES: Name =
    ("pgdeck_wal_full_page_images_total", "counter", "Whole pages written to WAL.");
const WAL_FULL: Name = (
    "pgdeck_wal_buffers_full_total",
    "counter",
    "How often a session wrote WAL itself because wal_buffers was full.",
);

/// Adds the metrics of one server.
pub fn metrics(io: &Io, server: &str, text: &mut Metrics) {
    let state = io.state.as_ref().ok();
    for row in io.rows_counted.iter().flatten() {
        of_row(row, state, server, text);
    }
    if let Ok(counts) = &io.counted {
        of_checkpoints(counts, server, text);
    }
    if let Ok(counts) = &io.wal_counted {
        of_wal(counts, server, text);
    }
}

/// A time is zero while it is not recorded: then it is left out.
fn of_row(row: &IoRow, state: Option<&WalState>, server: &str, text: &mut Metrics) {
    let [backend_type, object, context] = row.key();
    let labels = [
        ("server", server),
        ("backend_type", backend_type),
        ("object", object),
        ("context", context),
    ];
    let is_timed = state.is_some_and(|state| match object {
        "wal" => state.track_wal_io_timing,
        _ => state.track_io_timing,
    });
    if let Some(reads) = row.reads {
        text.add(READS, &labels, reads.count as f64);
        text.add(READ_BYTES, &labels, reads.bytes as f64);
        if is_timed {
            text.add(READ_SECONDS, &labels, reads.ms / 1e3);
        }
    }
    if let Some(writes) = row.writes {
        text.add(WRITES, &labels, writes.count as f64);
    }
    if row.writes.is_some() || row.extends.is_some() {
        let (writes, extends) = (row.writes.unwrap_or_default(), row.extends.unwrap_or_default());
        text.add(WRITTEN_BYTES, &labels, writes.bytes as f64 + extends.bytes as f64);
        if is_timed {
            text.add(WRITE_SECONDS, &labels, (writes.ms + extends.ms) / 1e3);
        }
    }
    let counts = [
        (FSYNCS, row.fsyncs.map(|fsyncs| fsyncs.count)),
        (HITS, row.hits),
        (EVICTIONS, row.evictions),
    ];
    for (name, count) in counts {
        if let Some(count) = count {
            text.add(name, &labels, count as f64);
        }
    }
}

fn of_checkpoints(counts: &CheckpointCounts, server: &str, text: &mut Metrics) {
    for (cause, count) in [("timed", counts.timed), ("requested", counts.requested)] {
        text.add(CHECKPOINTS, &[("server", server), ("cause", cause)], count as f64);
    }
    let server_only = [("server", server)];
    text.add(CHECKPOINT_WRITE, &server_only, counts.write_ms / 1e3);
    text.add(CHECKPOINT_SYNC, &server_only, counts.sync_ms / 1e3);
    let writers = [
        ("checkpointer", counts.buffers_checkpoint),
        ("background writer", counts.buffers_clean),
        ("sessions", counts.buffers_backend),
    ];
    for (by, buffers) in writers {
        text.add(BUFFERS, &[("server", server), ("by", by)], buffers as f64);
    }
    text.add(BACKEND_FSYNCS, &server_only, counts.backend_fsyncs as f64);
}

fn of_wal(counts: &WalCounts, server: &str, text: &mut Metrics) {
    let labels = [("server", server)];
    text.add(WAL_BYTES, &labels, counts.wal_bytes as f64);
    text.add(WAL_PAGES, &labels, counts.wal_fpi as f64);
    text.add(WAL_FULL, &labels, counts.wal_buffers_full as f64);
}

#[cfg(test)]
mod tests {
    use model::Reason;
    use model::io::Operations;

    use super::*;

    #[test]
    fn what_is_not_counted_or_not_timed_is_left_out() {
        let unread = || Err(Reason::NotYet);
        let row = IoRow {
            backend_type: "client backend".into(),
            object: "relation".into(),
            context: "normal".into(),
            reads: Some(Operations { count: 3, bytes: 24_576, ms: 1_500.0 }),
            ..IoRow::default()
        };
        let mut io = Io {
            in_recovery: false,
            rows: Err(Reason::NotYet),
            tick: Err(Reason::NotYet),
            rows_counted: Ok(vec![row]),
            checkpoints: Err(Reason::NotYet),
            checkpoints_tick: Err(Reason::NotYet),
            counted: unread(),
            wal: Err(Reason::NotYet),
            wal_tick: Err(Reason::NotYet),
            wal_counted: Err(Reason::NotYet),
            state: Ok(WalState::default()),
        };
        let of = |io: &Io| {
            let mut text = Metrics::default();
            metrics(io, "shop", &mut text);
            text.finish()
        };
        let labels = "{server=\"shop\",backend_type=\"client backend\",object=\"relation\",context=\"normal\"}";
        let untimed = of(&io);
        assert!(untimed.contains(&format!("pgdeck_io_reads_total{labels} 3\n")), "{untimed}");
        for absent in ["seconds", "hits", "written", "checkpoints", "wal_bytes"] {
            assert!(!untimed.contains(absent), "{absent} in {untimed}");
        }
        io.state = Ok(WalState { track_io_timing: true, ..WalState::default() });
        let timed = of(&io);
        assert!(timed.contains(&format!("pgdeck_io_read_seconds_total{labels} 1.5\n")), "{timed}");
    }
}
