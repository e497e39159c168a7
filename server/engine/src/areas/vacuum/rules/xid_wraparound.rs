//! Rule: a database approaches transaction id wraparound.

use model::vacuum::{DatabaseAge, Vacuum, XminHolder};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use crate::rule::InForce;

/// Age at which the rule warns: autovacuum has then tried by force for a while without success.
const WARN_FROM_XIDS: Limit = Limit {
    name: "warn_from_xids",
    default: 500_000_000.0,
    unit: Unit::Xids,
    source: "autovacuum_freeze_max_age is 200 million by default; two and a half times that means it does not get through; quiet below the setting itself",
};
/// Age at which it is critical.
const CRITICAL_FROM_XIDS: Limit = Limit {
    name: "critical_from_xids",
    default: 1_500_000_000.0,
    unit: Unit::Xids,
    source: "the common alert rule TransactionIDWraparoundRisk; vacuum_failsafe_age is 1.6 billion",
};
/// The server refuses to assign transaction ids three million before the end (manual 24.1.5).
const STOP_AT_XIDS: f64 = 2_147_483_648.0 - 3_000_000.0;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Transaction IDs are running out",
    effect: "Three million transactions before wraparound, the server refuses commands that need a transaction ID until the database is vacuumed.",
    remedy: "Find what holds back the xmin horizon (an old transaction, a prepared transaction, a slot or a standby), end it, then VACUUM (FREEZE) the oldest tables.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND",
    limits: &[WARN_FROM_XIDS, CRITICAL_FROM_XIDS],
};

/// Judges the xid and multixact age of every database. Where autovacuum is told to begin later,
/// nothing has failed before that.
pub fn xid_wraparound(evidence: &Vacuum, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let judged = |database: &DatabaseAge| {
        let xids = Counter::new("transaction IDs", database.xid_age, evidence.freeze_max_age_xids);
        let multixact_begins = evidence.multixact_freeze_max_age_xids;
        let multixacts = Counter::new("multixact IDs", database.multixact_age, multixact_begins);
        let found = [xids, multixacts]
            .into_iter()
            .flatten()
            .filter_map(|counter| Some((severity(&counter, limits)?, counter)));
        let worst = found.max_by(|(_, a), (_, b)| a.age.total_cmp(&b.age))?;
        let holder = holder(evidence, worst.1.age);
        Some(finding(database, worst.0, &worst.1, holder, limits))
    };
    let found: Vec<Finding> = evidence.databases.iter().filter_map(judged).collect();
    match evidence.ages_unread.first() {
        Some(unread) if found.is_empty() => Err(unread.reason.clone()),
        _ => Ok(found),
    }
}

/// What holds the horizon back so far that freezing cannot get past it: more than half of the age.
fn holder(evidence: &Vacuum, age: f64) -> Option<&XminHolder> {
    let farthest = evidence.xmin_holders.as_ref().ok()?.first()?;
    farthest.xids.is_some_and(|xids| xids as f64 > age / 2.0).then_some(farthest)
}

/// Ids of one kind: how many are used, and from which age autovacuum freezes by force.
struct Counter {
    name: &'static str,
    age: f64,
    begins: f64,
}

impl Counter {
    /// None where the age is not known.
    fn new(name: &'static str, age: Option<i64>, begins: i64) -> Option<Self> {
        Some(Self { name, age: age? as f64, begins: begins as f64 })
    }
}

fn severity(counter: &Counter, limits: &InForce<'_>) -> Option<Severity> {
    if counter.age < counter.begins {
        None
    } else if counter.age >= limits.get(&CRITICAL_FROM_XIDS) {
        Some(Severity::Critical)
    } else if counter.age >= limits.get(&WARN_FROM_XIDS) {
        Some(Severity::Warning)
    } else {
        None
    }
}

fn finding(
    database: &DatabaseAge,
    severity: Severity,
    counter: &Counter,
    holder: Option<&XminHolder>,
    limits: &InForce<'_>,
) -> Finding {
    let left = (STOP_AT_XIDS - counter.age).max(0.0);
    let database_itself = || Object::Database { name: database.datname.clone() };
    let held = holder.map_or_else(String::new, |holder| {
        let xids = holder.xids.unwrap_or_default() as f64 / 1e6;
        format!(" The xmin horizon is held back by {} ({xids:.1} million).", holder.object())
    });
    Finding {
        rule: limits.rule(),
        severity,
        object: database_itself(),
        message: format!(
            "Database {} has used {:.2} billion {} since its last freeze; writes stop after {:.0} million more.{held}",
            database.datname,
            counter.age / 1e9,
            counter.name,
            left / 1e6
        ),
        evidence: [
            number("XID age", database.xid_age.map(|age| age as f64)),
            number("multixact age", database.multixact_age.map(|age| age as f64)),
            number("autovacuum begins at", Some(counter.begins)),
            number("left before writes stop", Some(left)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        harm: Harm::Risk { due_s: None },
        root: Some(holder.map_or_else(database_itself, XminHolder::object)),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some("select oid::regclass, age(relfrozenxid) from pg_class where relkind in ('r', 'm', 't') order by 2 desc limit 20;".into()),
            lock: Some("The query takes no lock that blocks others; the VACUUM (FREEZE) that follows takes SHARE UPDATE EXCLUSIVE on the table and blocks neither reads nor writes.".into()),
            undo: None,
            refuted_by: None,
        },
    }
}

fn number(name: &str, value: Option<f64>) -> Option<Evidence> {
    Some(Evidence { name: name.into(), value: value?, unit: Unit::Xids })
}
