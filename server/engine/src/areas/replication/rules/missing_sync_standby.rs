//! Rule: fewer synchronous standbys stream than `synchronous_standby_names` requires, so commits wait.

use model::replication::{Replication, Required, Sender};
use model::{About, Evidence, Finding, Harm, Known, Object, Remedy, Severity, Unit};

use crate::error::quoted_literal;
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A synchronous standby is missing",
    effect: "Every commit with synchronous_commit = on waits for it without a limit. The transactions are already committed on this server: cancelling one only ends the wait, and repeating it would do its work twice.",
    remedy: "Bring the standby back. Until then, commits continue if synchronous_standby_names no longer requires it; they are then safe on this server only.",
    docs: "https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION",
    limits: &[],
};

/// Compares who is required with who streams.
pub fn missing_sync_standby(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let position = &evidence.position;
    if position.in_recovery {
        return Ok(vec![]);
    }
    let Some(required) = Required::parse(&position.synchronous_standby_names) else {
        return Ok(vec![]);
    };
    let senders = evidence.senders.as_ref().map_err(Clone::clone)?;
    let present = required.present(senders);
    if present >= required.count {
        return Ok(vec![]);
    }
    let waits = evidence.sync_waits.as_ref().ok();
    let waiting = waits.map(|waits| waits.waiting);
    let severity = if waiting > Some(0) { Severity::Critical } else { Severity::Warning };
    let mut evidence_ = vec![
        Evidence { name: "required".into(), value: required.count as f64, unit: Unit::Count },
        Evidence { name: "streaming".into(), value: present as f64, unit: Unit::Count },
    ];
    evidence_.extend(waiting.map(|waiting| Evidence {
        name: "sessions waiting".into(),
        value: waiting as f64,
        unit: Unit::Count,
    }));
    Ok(vec![Finding {
        rule: limits.rule(),
        severity,
        object: object(&required, senders),
        harm: match waits {
            Some(waits) if waits.waiting > 0 => Harm::Hurts {
                sessions: u32::try_from(waits.waiting).unwrap_or(u32::MAX),
                seconds: waits.waited_s,
            },
            _ => Harm::Risk { due_s: None },
        },
        root: Some(Object::synchronous_replication()),
        same_root: Vec::new(),
        message: message(&required, senders, present, waiting),
        evidence: evidence_,
        remedy: remedy(&position.synchronous_standby_names, position.synchronous_source.as_deref()),
    }])
}

/// The standby that is missing, where it is one by name.
fn object(required: &Required, senders: &[Sender]) -> Object {
    match required.absent(senders).as_slice() {
        [name] => format!("synchronous standby {name}").into(),
        [] => "synchronous standby".into(),
        names => format!("synchronous standbys {}", names.join(", ")).into(),
    }
}

fn message(
    required: &Required,
    senders: &[Sender],
    present: usize,
    waiting: Option<i64>,
) -> String {
    let absent = required.absent(senders);
    let who = match absent.as_slice() {
        [] => "No synchronous standby streams".to_owned(),
        [name] => format!("Synchronous standby {name} does not stream"),
        names => format!("Synchronous standbys {} do not stream", names.join(", ")),
    };
    let count = format!("{present} of {} required", required.count);
    let waits = match waiting {
        None => "whether commits wait is hidden from pgdeck's role".to_owned(),
        Some(0) => "the next commit will wait".to_owned(),
        Some(1) => "1 session waits to commit".to_owned(),
        Some(waiting) => format!("{waiting} sessions wait to commit"),
    };
    format!("{who} ({count}): {waits}.")
}

/// ALTER SYSTEM is without effect on what was given on the command line.
fn remedy(setting: &str, source: Option<&str>) -> Remedy {
    let overridable = source != Some("command line");
    let set = |value: &str| {
        format!(
            "alter system set synchronous_standby_names = {}; select pg_reload_conf();",
            quoted_literal(value)
        )
    };
    Remedy {
        message: ABOUT.remedy.into(),
        sql: overridable.then(|| set("")),
        lock: overridable.then(|| {
            "None. Commits are confirmed before any standby has them: a failover can lose them."
                .into()
        }),
        undo: overridable.then(|| set(setting)),
        refuted_by: None,
    }
}
