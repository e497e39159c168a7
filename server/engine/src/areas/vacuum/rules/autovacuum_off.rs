//! Rule: autovacuum is off for the whole server.

use model::vacuum::Vacuum;
use model::{About, Evidence, Finding, Harm, Known, Object, Remedy, Severity, Unit};

use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Autovacuum is off",
    effect: "Dead rows stay, tables and indexes grow, and statistics become old. Only tables at risk of transaction ID wraparound are still vacuumed.",
    remedy: "Turn it on; slow it down with its cost settings rather than off.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM",
    limits: &[],
};

/// Judges `autovacuum` and `track_counts`, without which it does not see what changed.
pub fn autovacuum_off(evidence: &Vacuum, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let setting = match (evidence.autovacuum, evidence.track_counts) {
        (true, true) => return Ok(Vec::new()),
        (false, _) => "autovacuum",
        (true, false) => "track_counts",
    };
    let object = Object::from(format!("setting {setting}"));
    Ok(vec![Finding {
        rule: limits.rule(),
        severity: Severity::Warning,
        object: object.clone(),
        message: match setting {
            "autovacuum" => "Autovacuum is off for the whole server: only tables at risk of wraparound are vacuumed.".into(),
            _ => "track_counts is off: autovacuum does not see what changed and vacuums only tables at risk of wraparound.".into(),
        },
        evidence: vec![Evidence {
            name: "databases without it".into(),
            value: evidence.databases.len() as f64,
            unit: Unit::Count,
        }],
        harm: Harm::Hygiene,
        root: Some(object),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!("alter system set {setting} = on; select pg_reload_conf();")),
            lock: Some("None: it is a setting.".into()),
            undo: Some(format!("alter system reset {setting}; select pg_reload_conf();")),
            refuted_by: Some("something else vacuums and analyses every table.".into()),
        },
    }])
}
