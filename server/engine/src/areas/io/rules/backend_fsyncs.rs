//! Rule: sessions flush files to disk themselves, because the checkpointer takes no more requests.

use model::io::{CheckpointCounts, Io, WalState};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use crate::rule::InForce;

/// Files that sessions flushed in the last hour, from which it fires.
const FROM_FSYNCS: Limit = Limit {
    name: "from_fsyncs",
    default: 10.0,
    unit: Unit::Count,
    source: "none is normal: each means that the checkpointer's queue was full; a few may come of one bulk load",
};
/// The default of shared_buffers, bytes (manual, "Resource Consumption").
const DEFAULT_SHARED_BUFFERS_BYTES: i64 = 128 << 20;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Sessions flush files to disk themselves",
    effect: "A session that writes a block waits for the disk, once per block: the checkpointer, which does that for all, takes no more requests.",
    remedy: "The queue of the checkpointer has as many places as shared_buffers has pages: raise shared_buffers where it is small, else look at why the checkpointer falls behind (storage that flushes slowly, a great many files).",
    docs: "https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-IO-VIEW",
    limits: &[FROM_FSYNCS],
};

/// Judges how often that happened in the last hour. Flushes of files that are built outside shared buffers, such as a
/// new index, are not counted by PostgreSQL here.
pub fn backend_fsyncs(evidence: &Io, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let checkpoints = evidence.checkpoints.as_ref().map_err(Clone::clone)?;
    let counts = &checkpoints.counts;
    if (counts.backend_fsyncs as f64) < limits.get(&FROM_FSYNCS) {
        return Ok(Vec::new());
    }
    let state = evidence.state.as_ref().map_err(Clone::clone)?;
    Ok(vec![finding(counts, checkpoints.over_ms, state, limits)])
}

fn finding(
    counts: &CheckpointCounts,
    over_ms: i64,
    state: &WalState,
    limits: &InForce<'_>,
) -> Finding {
    let is_small = state.shared_buffers_bytes < DEFAULT_SHARED_BUFFERS_BYTES;
    let object = match is_small {
        true => Object::from("setting shared_buffers".to_owned()),
        false => Object::from("checkpointer".to_owned()),
    };
    let shared_buffers = state.shared_buffers_bytes as f64;
    let message = match is_small {
        true => "Raise shared_buffers to its default at least, then restart the server: the queue of the checkpointer has as many places as shared_buffers has pages.".into(),
        false => ABOUT.remedy.into(),
    };
    Finding {
        rule: limits.rule(),
        severity: Severity::Warning,
        object: object.clone(),
        message: format!(
            "In the last {}, sessions flushed files to disk themselves {} times: the queue of the checkpointer was full.",
            model::duration(over_ms as f64),
            model::quantity::grouped(counts.backend_fsyncs as f64)
        ),
        evidence: vec![
            number("flushes by sessions", counts.backend_fsyncs as f64, Unit::Count),
            number("buffers written by sessions", counts.buffers_backend as f64, Unit::Count),
            number("shared_buffers", shared_buffers, Unit::Bytes),
        ],
        harm: Harm::Hygiene,
        root: Some(object),
        same_root: Vec::new(),
        remedy: Remedy {
            message,
            sql: is_small.then(|| "alter system set shared_buffers = '128MB';".to_owned()),
            lock: Some(
                "None: it is a setting; it takes effect when the server is restarted.".into(),
            ),
            undo: is_small
                .then(|| "alter system reset shared_buffers; and restart the server.".to_owned()),
            refuted_by: None,
        },
    }
}

fn number(name: &str, value: f64, unit: Unit) -> Evidence {
    Evidence { name: name.into(), value, unit }
}
