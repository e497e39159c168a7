//! Rule: something has held back the xmin horizon far, or for long.

use model::vacuum::{Vacuum, XminHolder};
use model::{About, Evidence, Finding, Harm, Known, Limit, Remedy, Severity, Unit};

use crate::rule::InForce;

/// How far back is far, whatever the time.
const FROM_XIDS: Limit = Limit {
    name: "from_xids",
    default: 50_000_000.0,
    unit: Unit::Xids,
    source: "vacuum_freeze_min_age is 50 million by default: from there on VACUUM cannot freeze what it would freeze",
};
/// How long is long.
const LONG_FROM_S: Limit = Limit {
    name: "long_from_s",
    default: 3_600.0,
    unit: Unit::Seconds,
    source: "an hour of dead rows; what is open for minutes has rules of its own",
};
/// How far back it has to be by then.
const LONG_FROM_XIDS: Limit = Limit {
    name: "long_from_xids",
    default: 1_000_000.0,
    unit: Unit::Xids,
    source: "the dead rows of a million transactions are worth a VACUUM; on a server that writes less, nothing is lost yet",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "The xmin horizon is held back",
    effect: "VACUUM cannot remove rows that died since, nor freeze those written since: tables and indexes grow, and scans read the dead rows too.",
    remedy: "End what holds it back: the transaction, the prepared transaction, the slot that nobody reads, or hot_standby_feedback with the long query on the standby. Autovacuum then does the rest.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY",
    limits: &[FROM_XIDS, LONG_FROM_S, LONG_FROM_XIDS],
};

/// Judges the farthest holder of each kind: behind it are others of its kind, which are no cause while it stands.
/// Its root is what rules on sessions, prepared transactions and slots have as theirs, so one holder is one problem.
pub fn xmin_horizon(evidence: &Vacuum, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let holders = evidence.xmin_holders.as_ref().map_err(Clone::clone)?;
    let mut kinds: Vec<(&str, bool)> = Vec::new();
    let mut found = Vec::new();
    for holder in holders {
        let kind = (holder.kind.as_str(), holder.only_catalogs);
        if !kinds.contains(&kind) {
            kinds.push(kind);
            found.extend(judged(holder, evidence, limits));
        }
    }
    match evidence.xmin_unread.first() {
        Some(unread) if found.is_empty() => Err(unread.reason.clone()),
        _ => Ok(found),
    }
}

/// Critical once autovacuum freezes by force and cannot get past it.
fn severity(holder: &XminHolder, freeze_max_age: i64, limits: &InForce<'_>) -> Option<Severity> {
    let xids = holder.xids? as f64;
    let is_long = holder.since_ms.is_some_and(|ms| ms >= limits.get(&LONG_FROM_S) * 1_000.0);
    if xids >= freeze_max_age as f64 && !holder.only_catalogs {
        return Some(Severity::Critical);
    }
    let is_far = xids >= limits.get(&FROM_XIDS);
    (is_far || (is_long && xids >= limits.get(&LONG_FROM_XIDS))).then_some(Severity::Warning)
}

fn judged(holder: &XminHolder, evidence: &Vacuum, limits: &InForce<'_>) -> Option<Finding> {
    let severity = severity(holder, evidence.freeze_max_age_xids, limits)?;
    let xids = holder.xids.unwrap_or_default() as f64;
    let since = holder.since_ms.map(|ms| format!(", for {}", model::duration(ms)));
    let what = if holder.only_catalogs { " of system catalogs" } else { "" };
    let message = format!(
        "The xmin horizon{what} is held back by {}: {:.1} million transactions{}. {}",
        holder.description(),
        xids / 1e6,
        since.unwrap_or_default(),
        holder.cost()
    );
    let mut numbers = vec![number("held back", xids, Unit::Xids)];
    numbers.extend(holder.since_ms.map(|ms| number("open for", ms / 1_000.0, Unit::Seconds)));
    let begins = evidence.freeze_max_age_xids as f64;
    numbers.push(number("autovacuum freezes by force at", begins, Unit::Xids));
    let release = holder.release();
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: holder.object(),
        message,
        evidence: numbers,
        harm: Harm::Risk { due_s: None },
        root: Some(holder.object()),
        same_root: Vec::new(),
        remedy: Remedy {
            message: match &release {
                Some(release) => release.consequence.to_owned(),
                None => ABOUT.remedy.to_owned(),
            },
            sql: release.map(|release| release.sql),
            lock: Some("None: it takes no lock, and frees those that are held.".into()),
            undo: Some(undo(holder).into()),
            refuted_by: Some(refuted_by(holder).into()),
        },
    })
}

fn undo(holder: &XminHolder) -> &'static str {
    match holder.kind.as_str() {
        _ if holder.is_feedback() => {
            "alter system reset hot_standby_feedback; select pg_reload_conf();"
        }
        "prepared transaction" => "None: what it did is lost. commit prepared keeps it.",
        "slot" | "logical slot" => "None: a new slot begins at the present.",
        _ => "None: its transaction is rolled back and has to be run again.",
    }
}

fn refuted_by(holder: &XminHolder) -> &'static str {
    match holder.kind.as_str() {
        _ if holder.is_feedback() => "a report on the standby is meant to take this long.",
        "prepared transaction" => "a transaction manager is still deciding.",
        "slot" | "logical slot" => "whoever reads from it is about to come back.",
        _ => "a report, a dump or a copy of tables is meant to take this long.",
    }
}

fn number(name: &str, value: f64, unit: Unit) -> Evidence {
    Evidence { name: name.into(), value, unit }
}
