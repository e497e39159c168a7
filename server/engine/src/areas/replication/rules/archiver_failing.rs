//! Rule: WAL does not reach the archive.

use model::replication::{Archiver, Replication};
use model::{About, Evidence, Finding, Harm, Known, Remedy, Severity, Unit};

use super::super::words;
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "WAL is not archived",
    effect: "Point-in-time recovery ends at the last archived segment, and pg_wal grows until the disk is full: nothing is removed before it is archived.",
    remedy: "Read in the server's log what archive_command or archive_library reported; fix the target, its space or its permissions. The server retries by itself.",
    docs: "https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
    limits: &[],
};

/// Judges the newest attempt to archive.
pub fn archiver_failing(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let archiver = evidence.archiver.as_ref().map_err(Clone::clone)?;
    if !archiver.is_on(evidence.position.in_recovery) || (archiver.configured && !archiver.failing)
    {
        return Ok(vec![]);
    }
    Ok(vec![Finding {
        rule: limits.rule(),
        severity: Severity::Critical,
        object: "archiver".into(),
        message: message(archiver),
        evidence: numbers(archiver),
        harm: Harm::Risk { due_s: None },
        root: Some("archiver".into()),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some("select last_failed_wal, last_failed_time, last_archived_wal, last_archived_time, failed_count from pg_stat_archiver;".into()),
            lock: Some("None: it reads a view.".into()),
            ..Remedy::default()
        },
    }])
}

fn message(archiver: &Archiver) -> String {
    if !archiver.configured {
        return "archive_mode is on, but neither archive_command nor archive_library is set, so WAL is kept but not archived.".into();
    }
    let segment = archiver.last_failed_wal.as_deref().unwrap_or("of an unknown name");
    let last = match archiver.last_archived_age_ms {
        Some(ms) => format!("the last one was archived {} ago", words::time(ms)),
        None => "none has been archived since the last reset".into(),
    };
    let queue = match archiver.ready {
        Some(1) => "; 1 segment is waiting".into(),
        Some(ready) => format!("; {ready} segments are waiting"),
        None => String::new(),
    };
    format!("Archiving WAL segment {segment} is failing; {last}{queue}.")
}

fn numbers(archiver: &Archiver) -> Vec<Evidence> {
    let failed = archiver.failed_count as f64;
    let mut evidence =
        vec![Evidence { name: "failed attempts".into(), value: failed, unit: Unit::Count }];
    let mut add = |name: &str, value: Option<f64>, unit: Unit| {
        evidence.extend(value.map(|value| Evidence { name: name.into(), value, unit }));
    };
    add("segments waiting", archiver.ready.map(|ready| ready as f64), Unit::Count);
    add("since the last failure", archiver.last_failed_age_ms, Unit::Ms);
    add("since the last success", archiver.last_archived_age_ms, Unit::Ms);
    evidence
}
