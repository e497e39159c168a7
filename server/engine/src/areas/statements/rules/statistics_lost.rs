//! Rule: `pg_stat_statements` removes entries faster than it can tell what they did.

use model::statements::{Settings, Statements, Window};
use model::{About, Finding, Harm, Known, Limit, Object, Reason, Remedy, Severity, Unit};

use super::super::evidence::{number, watched_for};
use crate::rule::InForce;

/// Over which part of the window it is judged, seconds.
const OVER: Limit = Limit {
    name: "over_s",
    default: 300.0,
    unit: Unit::Seconds,
    source: "half of the ten minutes that are in memory: a burst of new statements after a deploy fills the table once",
};
/// Share of the table that is removed in ten minutes.
const FROM_SHARE: Limit = Limit {
    name: "removed_from_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "a pass removes 5 % (pg_stat_statements.c, USAGE_DEALLOC_PERCENT); four in ten minutes exchange the table within the hour",
};
/// Unexplained share of the server's work from which it is a warning.
const UNSEEN_FROM: Limit = Limit {
    name: "unseen_from_percent",
    default: 25.0,
    unit: Unit::Percent,
    source: "ours: with a quarter unexplained a ranking may lack its first line",
};
/// The window that shares are given for, ms.
const WINDOW_MS: f64 = 600_000.0;
/// What an entry takes of shared memory and of the file of texts, bytes: about 500 and 1,000.
const ENTRY_BYTES: f64 = 1_500.0;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Statement statistics are being lost",
    effect: "The table of pg_stat_statements is full: entries with the fewest executions are removed, rare and slow statements first. Rankings and histories are incomplete.",
    remedy: "Raise pg_stat_statements.max, or have the application send fewer distinct statements (parameters instead of values in lists and names).",
    docs: "https://www.postgresql.org/docs/current/pgstatstatements.html#PGSTATSTATEMENTS-CONFIG-PARAMS",
    limits: &[OVER, FROM_SHARE, UNSEEN_FROM],
};

/// Judges what passes over the full table removed.
pub fn statistics_lost(evidence: &Statements, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let window = watched_for(evidence, limits.get(&OVER))?;
    let Some(max) = evidence.settings.max_entries.filter(|max| *max > 0) else {
        return Err(evidence.settings.unread.clone().unwrap_or(Reason::NotYet));
    };
    let per_window = WINDOW_MS / window.covered_ms as f64;
    let share = 100.0 * window.integrity.evicted as f64 * per_window / max as f64;
    if window.integrity.deallocations == 0 || share < limits.get(&FROM_SHARE) {
        return Ok(Vec::new());
    }
    Ok(vec![finding(window, &evidence.settings, (max, share), limits)])
}

fn finding(
    window: &Window,
    settings: &Settings,
    (max, share): (i64, f64),
    limits: &InForce<'_>,
) -> Finding {
    let unseen = window.integrity.unseen_percent().ok();
    let bad = unseen.is_some_and(|unseen| unseen >= limits.get(&UNSEEN_FROM));
    let lacks = match unseen {
        Some(unseen) if unseen < 1.0 => " They took next to no time.".to_owned(),
        Some(unseen) => format!(" {unseen:.0} % of the server's work is not explained."),
        None => String::new(),
    };
    let mut numbers = vec![
        number("removed in ten minutes, of the table", share, Unit::Percent),
        number("passes", window.integrity.deallocations as f64, Unit::Count),
        number("entries at most", max as f64, Unit::Count),
    ];
    numbers.extend(unseen.map(|unseen| number("work not explained", unseen, Unit::Percent)));
    let raised = max.saturating_mul(4).min(100_000).max(max);
    let is_off = settings.save == Some(false);
    Finding {
        rule: limits.rule(),
        severity: if bad { Severity::Warning } else { Severity::Info },
        object: Object::from("pg_stat_statements".to_owned()),
        message: format!(
            "pg_stat_statements removed about {} entries in {}, because its {max} are full.{lacks}",
            window.integrity.evicted,
            model::duration(window.covered_ms as f64)
        ),
        evidence: numbers,
        harm: Harm::Hygiene,
        root: None,
        same_root: Vec::new(),
        remedy: Remedy {
            message: format!(
                "Raise the number of entries; it takes effect with the next restart and about {} of memory and disk.{}",
                model::quantity::number(ENTRY_BYTES * raised as f64, Unit::Bytes),
                if is_off {
                    " The restart empties the statistics: pg_stat_statements.save is off."
                } else {
                    ""
                }
            ),
            sql: (raised > max)
                .then(|| format!("alter system set pg_stat_statements.max = {raised};")),
            lock: (raised > max).then(|| "None: it writes postgresql.auto.conf.".into()),
            undo: (raised > max).then(|| "alter system reset pg_stat_statements.max;".into()),
            refuted_by: Some("a one-off job sent thousands of distinct statements.".into()),
        },
    }
}
