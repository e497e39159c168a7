//! Rule: sessions have committed and wait for a synchronous standby that does not confirm.

use model::activity::{Activity, Session};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use crate::rule::InForce;

/// How long pgdeck must have seen the longest of these waits, seconds.
const HELD_FOR_S: Limit = Limit {
    name: "held_for_s",
    default: 2.0,
    unit: Unit::Seconds,
    source: "a standby confirms within milliseconds; seen at three readings, a commit hangs",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Commits wait for a synchronous standby",
    effect: "Every transaction that writes hangs at its commit, with its connection, until a standby confirms.",
    remedy: "Bring the synchronous standby back, or take it out of synchronous_standby_names and reload: the waiting commits then complete by themselves. Neither cancel nor terminate them: they are already committed on this server, and a client that sees an error may repeat what is done.",
    docs: "https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION-HA",
    limits: &[HELD_FOR_S],
};

/// Judges sessions in the wait event SyncRep by how long they have been seen there.
pub fn sync_rep_wait(evidence: &Activity, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    evidence.others.clone()?;
    let hang: Vec<f64> = evidence
        .sessions
        .iter()
        .filter(|session| session.waits_for_sync_standby())
        .map(seen_s)
        .collect();
    let together_s: f64 = hang.iter().sum();
    let longest_s = hang.iter().copied().fold(0.0, f64::max);
    if hang.is_empty() || longest_s < limits.get(&HELD_FOR_S) {
        return Ok(vec![]);
    }
    let number = |name: &str, value, unit| Evidence { name: name.into(), value, unit };
    let sessions = match hang.len() {
        1 => "1 session has committed and waits".to_owned(),
        many => format!("{many} sessions have committed and wait"),
    };
    Ok(vec![Finding {
        rule: limits.rule(),
        severity: Severity::Critical,
        object: Object::synchronous_replication(),
        message: format!(
            "{sessions} for a synchronous standby to confirm, for {} or longer.",
            super::super::minutes(longest_s)
        ),
        evidence: vec![
            number("sessions waiting", hang.len() as f64, Unit::Count),
            number("longest wait seen", longest_s, Unit::Seconds),
            number("waited in total", together_s, Unit::Seconds),
        ],
        harm: Harm::Hurts { sessions: hang.len() as u32, seconds: together_s },
        root: Some(Object::synchronous_replication()),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: None,
            lock: None,
            undo: None,
            refuted_by: Some(
                "A standby that is being restarted and will be back in a moment.".into(),
            ),
        },
    }])
}

fn seen_s(session: &Session) -> f64 {
    session.held_up_ms.unwrap_or_default() / 1_000.0
}
