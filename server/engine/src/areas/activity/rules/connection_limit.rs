//! Rule: the connection limit of a role or a database (CONNECTION LIMIT) is nearly used up.

use model::activity::Activity;
use model::activity::connections::{ConnectionLimit, LimitOf};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use crate::error::quoted_literal;
use crate::rule::InForce;

/// Share of the limit at which the rule warns.
const WARN_FROM_PERCENT: Limit = Limit {
    name: "warn_from_percent",
    default: 80.0,
    unit: Unit::Percent,
    source: "the same share as of max_connections (activity/connection_use)",
};
/// Share at which it is critical: the next session is refused.
const CRITICAL_FROM_PERCENT: Limit = Limit {
    name: "critical_from_percent",
    default: 100.0,
    unit: Unit::Percent,
    source: "PostgreSQL refuses the session that exceeds the limit",
};
/// Limits smaller than this are not judged.
const MIN_LIMIT: Limit = Limit {
    name: "min_limit",
    default: 4.0,
    unit: Unit::Count,
    source: "limits of one to three keep a job from running twice and are full on purpose",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Connection limit of a role or database nearly used up",
    effect: "New sessions of this role or database are refused with “too many connections for role” or “… for database” (SQLSTATE 53300), however many slots the server has left.",
    remedy: "Find the application and the client that hold most of these sessions; raise the CONNECTION LIMIT if they are needed.",
    docs: "https://www.postgresql.org/docs/current/sql-alterrole.html",
    limits: &[WARN_FROM_PERCENT, CRITICAL_FROM_PERCENT, MIN_LIMIT],
};

/// Judges the connections of each role and database that has a limit.
pub fn connection_limit(evidence: &Activity, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let found = evidence.connection_use.as_ref().map_err(Clone::clone)?;
    let of = found.limits.as_ref().map_err(Clone::clone)?;
    let is_judged = |limit: &&ConnectionLimit| limit.limit as f64 >= limits.get(&MIN_LIMIT);
    Ok(of.iter().filter(is_judged).filter_map(|limit| judged(limit, limits)).collect())
}

fn judged(limit: &ConnectionLimit, limits: &InForce<'_>) -> Option<Finding> {
    let percent = limit.percent()?;
    let severity = if percent >= limits.get(&CRITICAL_FROM_PERCENT) {
        Severity::Critical
    } else if percent >= limits.get(&WARN_FROM_PERCENT) {
        Severity::Warning
    } else {
        return None;
    };
    let ConnectionLimit { of, name, limit: most, used } = limit;
    let number = |name: &str, value, unit| Evidence { name: name.into(), value, unit };
    let column = match of {
        LimitOf::Role => "usename",
        LimitOf::Database => "datname",
    };
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: match of {
            LimitOf::Role => format!("role {name}").into(),
            LimitOf::Database => Object::Database { name: name.clone() },
        },
        message: format!(
            "The {} {name} uses {used} of the {most} connections that its limit allows.",
            of.as_str()
        ),
        evidence: vec![
            number("share in use", percent, Unit::Percent),
            number("client backends", *used as f64, Unit::Count),
            number("connection limit", *most as f64, Unit::Count),
        ],
        harm: Harm::Risk { due_s: None },
        root: None,
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!(
                "select application_name, client_addr, state, count(*) from pg_stat_activity where backend_type = 'client backend' and {column} = {} group by 1, 2, 3 order by 4 desc;",
                quoted_literal(name)
            )),
            lock: Some("None: it reads a view.".into()),
            undo: None,
            refuted_by: Some(
                "A pooler that holds a fixed number of sessions may stay at the limit permanently."
                    .into(),
            ),
        },
    })
}
