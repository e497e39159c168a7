//! Rule: the shared lock table (max_locks_per_transaction) is nearly full.

use model::locks::Locks;
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use super::describe::count;
use crate::rule::InForce;

/// Share of the table at which the rule warns, percent.
const WARN_FROM_PERCENT: Limit = Limit {
    name: "warn_from_percent",
    default: 70.0,
    unit: Unit::Percent,
    source: "one more dump or partitioned query of the same size would fill it",
};
/// Share at which it is critical, percent.
const CRITICAL_FROM_PERCENT: Limit = Limit {
    name: "critical_from_percent",
    default: 90.0,
    unit: Unit::Percent,
    source: "beyond its size the table uses what other parts of shared memory left free",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "The lock table is nearly full",
    effect: "When it is full, any statement of any session may fail with out of shared memory.",
    remedy: "Raise max_locks_per_transaction and restart (standbys first); touch fewer tables or partitions per transaction.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-locks.html#GUC-MAX-LOCKS-PER-TRANSACTION",
    limits: &[WARN_FROM_PERCENT, CRITICAL_FROM_PERCENT],
};

/// Judges the objects in the table against what it is laid out for.
pub fn lock_table_full(evidence: &Locks, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let table = evidence.table.as_ref().map_err(Clone::clone)?;
    let percent = 100.0 * table.objects as f64 / (table.capacity.max(1)) as f64;
    let severity = if percent >= limits.get(&CRITICAL_FROM_PERCENT) {
        Severity::Critical
    } else if percent >= limits.get(&WARN_FROM_PERCENT) {
        Severity::Warning
    } else {
        return Ok(vec![]);
    };
    // The setting goes up to 2147483647, guc_tables.c.
    let doubled = table.max_locks_per_transaction.saturating_mul(2).clamp(10, i32::MAX.into());
    Ok(vec![Finding {
        rule: limits.rule(),
        severity,
        object: Object::Server,
        message: format!(
            "The lock table holds {} of the {} objects it is sized for ({percent:.0} %).",
            table.objects, table.capacity
        ),
        evidence: vec![
            count("objects locked", table.objects as f64),
            count("sized for", table.capacity as f64),
            Evidence { name: "used".into(), value: percent, unit: Unit::Percent },
        ],
        harm: Harm::Risk { due_s: None },
        root: None,
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!("alter system set max_locks_per_transaction = {doubled};")),
            lock: Some("None; takes effect at the next restart.".into()),
            undo: Some("alter system reset max_locks_per_transaction; and a restart.".into()),
            refuted_by: Some(
                "A dump of many tables that is about to end and will not come again.".into(),
            ),
        },
    }])
}
