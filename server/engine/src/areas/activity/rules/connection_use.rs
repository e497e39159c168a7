//! Rule: connection slots (max_connections) are nearly used up.

use model::activity::Activity;
use model::{About, Evidence, Finding, Harm, Known, Limit, Remedy, Severity, Unit};

use crate::rule::InForce;

/// Share of the slots open to ordinary roles at which the rule warns.
const WARN_FROM_PERCENT: Limit = Limit {
    name: "warn_from_percent",
    default: 80.0,
    unit: Unit::Percent,
    source: "the common alert rule HighConnectionUsage",
};
/// Share at which it is critical: the next burst is refused.
const CRITICAL_FROM_PERCENT: Limit = Limit {
    name: "critical_from_percent",
    default: 95.0,
    unit: Unit::Percent,
    source: "a pool of twenty on a server of a hundred needs two bursts",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Connection slots nearly used up",
    effect: "New sessions are refused with “sorry, too many clients already” (SQLSTATE 53300).",
    remedy: "Find the application that holds most sessions; put a pooler in front before raising max_connections.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",
    limits: &[WARN_FROM_PERCENT, CRITICAL_FROM_PERCENT],
};

/// Judges client backends against max_connections less the reserved slots.
pub fn connection_use(evidence: &Activity, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let open = evidence.max_connections.saturating_sub(evidence.reserved_connections).max(1);
    // Superusers may use the reserved ones too.
    let beyond = evidence.connections.saturating_sub(open).max(0);
    let used = evidence.connections.saturating_sub(beyond);
    let percent = 100.0 * used as f64 / open as f64;
    let slots = match beyond {
        0 => format!("{used} of {open} connection slots open to ordinary roles are in use"),
        beyond => format!(
            "All {open} connection slots open to ordinary roles are in use, and {beyond} of the {} reserved ones",
            evidence.reserved_connections
        ),
    };
    let severity = if percent >= limits.get(&CRITICAL_FROM_PERCENT) {
        Severity::Critical
    } else if percent >= limits.get(&WARN_FROM_PERCENT) {
        Severity::Warning
    } else {
        return Ok(vec![]);
    };
    Ok(vec![Finding {
        rule: limits.rule(),
        severity,
        object: "max_connections".into(),
        message: format!("{slots}{}.", largest_application(evidence)),
        evidence: vec![
            Evidence { name: "share in use".into(), value: percent, unit: Unit::Percent },
            Evidence { name: "client backends".into(), value: evidence.connections as f64, unit: Unit::Count },
            Evidence { name: "max_connections".into(), value: evidence.max_connections as f64, unit: Unit::Count },
            Evidence { name: "reserved".into(), value: evidence.reserved_connections as f64, unit: Unit::Count },
        ],
        harm: Harm::Risk { due_s: (used >= open).then_some(0.0) },
        root: None,
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some("select application_name, state, count(*) from pg_stat_activity where backend_type = 'client backend' group by 1, 2 order by 3 desc;".into()),
            lock: Some("None: it reads a view.".into()),
            undo: None,
            refuted_by: Some("A pooler that holds a fixed number of sessions may stay near the limit permanently.".into()),
        },
    }])
}

fn largest_application(evidence: &Activity) -> String {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for session in evidence.sessions.iter().filter(|session| session.is_client()) {
        if let Some(name) = session.application_name.as_deref().filter(|name| !name.is_empty()) {
            *counts.entry(name).or_default() += 1;
        }
    }
    match counts.into_iter().max_by_key(|(_, count)| *count) {
        Some((name, count)) if count > 1 => format!("; {name} holds {count}"),
        _ => String::new(),
    }
}
