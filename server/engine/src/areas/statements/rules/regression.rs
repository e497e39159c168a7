//! Rule: a statement is slower, more frequent or heavier than in the same hour of earlier days.

use model::statements::regression::{Cause, Change};
use model::statements::{CauseKind, Regression, Statements};
use model::{About, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use super::super::evidence::{about, number};
use super::super::regressions::judge::Thresholds;
use crate::rule::{InForce, Limits};

/// The length of a window.
const WINDOW: Limit = Limit {
    name: "window_s",
    default: 60.0,
    unit: Unit::Seconds,
    source: "ours: two in a row and a comparison every 30 s are less than three minutes",
};
/// Earlier days on which a statement ran.
const DAYS: Limit = Limit {
    name: "days_from",
    default: 5.0,
    unit: Unit::Count,
    source: "PostHog's pgcollector (rules.rs): the same hour of at least five days",
};
/// How much longer a call takes.
const SLOWER: Limit = Limit {
    name: "slower_from_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "ours: less than half as long again is not felt, and days differ by as much",
};
/// How much longer a call takes.
const SLOWER_BY: Limit = Limit {
    name: "slower_from_ms",
    default: 5.0,
    unit: Unit::Ms,
    source: "ours: where it keeps less than a tenth of a session more busy",
};
/// How many more calls.
const MORE_CALLS: Limit = Limit {
    name: "more_calls_from_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "ours, as for time; and more than in the busiest reading of that hour on any earlier day",
};
/// Share of the time of all statements.
const SHARE: Limit = Limit {
    name: "share_from_percent",
    default: 1.0,
    unit: Unit::Percent,
    source: "PostHog's pgcollector (rules.rs): one per cent of the server's time",
};
/// Calls in a window.
const CALLS: Limit = Limit {
    name: "calls_from",
    default: 30.0,
    unit: Unit::Count,
    source: "the usual least size of a sample for a standard error; fewer are called too noisy",
};
/// How far beyond chance.
const DEVIATIONS: Limit = Limit {
    name: "deviations_from",
    default: 4.0,
    unit: Unit::Count,
    source: "measured (make bench): three accuse now and then on 120 generated healthy days, for times have heavy tails",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A statement costs more than on earlier days",
    effect: "What waits for its answer waits longer, or the server has less room for everything else.",
    remedy: "Begin with the cause that is named, and with what was changed shortly before.",
    docs: "https://www.postgresql.org/docs/current/using-explain.html",
    limits: &[WINDOW, DAYS, SLOWER, SLOWER_BY, MORE_CALLS, SHARE, CALLS, DEVIATIONS],
};

/// The id under which limits are set.
const ID: &str = "statements/regression";
/// More sessions busy from which it is a warning.
const WARNING_FROM: f64 = 0.5;

/// The length of a window in force, ms.
pub fn window_ms(limits: &Limits) -> f64 {
    1_000.0 * limits.get(ID, &WINDOW).max(0.1)
}

/// What must be exceeded, by the limits in force.
pub fn thresholds(limits: &Limits) -> Thresholds {
    let get = |limit: &Limit| limits.get(ID, limit);
    Thresholds {
        least_days: get(&DAYS).max(1.0) as u32,
        slower_from: get(&SLOWER) / 100.0,
        slower_from_ms: get(&SLOWER_BY),
        more_calls_from: get(&MORE_CALLS) / 100.0,
        share_from: get(&SHARE) / 100.0,
        calls_from: get(&CALLS),
        deviations: get(&DEVIATIONS),
    }
}

/// Tells what the comparison found, as far as it costs more than before.
pub fn regression(evidence: &Statements, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    evidence.window()?;
    let regressions = evidence.regressions.as_ref().map_err(Clone::clone)?;
    let worse = regressions
        .found
        .iter()
        .filter(|one| one.change.is_accusation() && one.more_sessions > 0.0);
    // It is felt already: it comes before what is only untidy.
    let harm = Harm::Risk { due_s: None };
    let told = |one| Finding { harm, ..finding(evidence, one, limits) };
    let mut found: Vec<Finding> = worse.map(told).collect();
    if regressions.slower_together > 0 {
        found.push(slower_together(regressions.slower_together, limits));
    }
    if regressions.busier_together > 0 {
        found.push(busier_together(regressions.busier_together, limits));
    }
    Ok(found)
}

/// Most statements are slower at once, none with a cause of its own.
fn slower_together(count: i64, limits: &InForce<'_>) -> Finding {
    let message = format!(
        "{count} statements are slower than on earlier days at once, and none has a cause of its own: the machine is slower, or something else keeps it busy."
    );
    let remedy = Remedy {
        message: "Look at the processor, the disks and the wait profile of this moment.".into(),
        refuted_by: Some("the machine was meant to be busy with something else.".into()),
        ..Remedy::default()
    };
    let numbers = vec![number("statements slower at once", count as f64, Unit::Count)];
    of_all(Severity::Warning, message, numbers, remedy, limits)
}

/// Most statements run more often at once.
fn busier_together(count: i64, limits: &InForce<'_>) -> Finding {
    let message = format!(
        "{count} statements run more often than on earlier days at once, beyond what a busy day explains: the server has more traffic."
    );
    let remedy = Remedy {
        message: "Find out what sends it: more users, a client that repeats what has failed, a cache in front of the server that is empty.".into(),
        refuted_by: Some(refuted_by(Change::MoreCalls).into()),
        ..Remedy::default()
    };
    let numbers = vec![number("statements more frequent at once", count as f64, Unit::Count)];
    of_all(Severity::Info, message, numbers, remedy, limits)
}

fn of_all(
    severity: Severity,
    message: String,
    evidence: Vec<model::Evidence>,
    remedy: Remedy,
    limits: &InForce<'_>,
) -> Finding {
    Finding {
        rule: limits.rule(),
        severity,
        object: Object::Server,
        message,
        evidence,
        harm: Harm::Risk { due_s: None },
        root: None,
        same_root: Vec::new(),
        remedy,
    }
}

fn finding(evidence: &Statements, one: &Regression, limits: &InForce<'_>) -> Finding {
    let who = evidence.role(one.key.userid);
    let place = evidence.database(one.key.dbid);
    let numbers = numbers(one);
    let heavy = one.more_sessions >= WARNING_FROM
        && matches!(one.change, Change::Slower | Change::MoreCalls);
    let message = format!(
        "A statement of role {who} in database {place} {}.{}{}",
        what(one),
        one.causes.first().map(because).unwrap_or_default(),
        after(one)
    );
    let severity = if heavy { Severity::Warning } else { Severity::Info };
    Finding {
        severity,
        ..about(&one.key, limits, message, numbers, (remedy(one), refuted_by(one.change)))
    }
}

/// The change, in the words of its numbers.
fn what(one: &Regression) -> String {
    let (before, now) = (one.before.unwrap_or_default(), one.now.unwrap_or_default());
    let ms = |value: f64| model::quantity::number(value, Unit::Ms);
    let count = |value: f64| model::quantity::number(value, Unit::Count);
    let usual = format!("the median of this hour on {} earlier days", one.days);
    match one.change {
        Change::Slower => {
            format!("takes {} per call instead of {}, {usual}", ms(now.time_ms), ms(before.time_ms))
        }
        Change::MoreCalls => format!(
            "runs {:.1} times per second instead of {:.1}, {usual}",
            now.calls_per_s, before.calls_per_s
        ),
        Change::MoreRows => format!(
            "returns or changes {} rows per call instead of {}, {usual}",
            count(now.rows),
            count(before.rows)
        ),
        Change::MoreBlocks => format!(
            "touches {} blocks per call instead of {}, {usual}",
            count(now.blocks),
            count(before.blocks)
        ),
        Change::New => {
            format!("is new and takes {:.0} % of the time of all statements", one.share_percent)
        }
        Change::Gone | Change::TooNoisy => one.change.as_str().to_owned(),
    }
}

/// The first cause.
fn because(cause: &Cause) -> String {
    if cause.kind == CauseKind::Traffic {
        return String::new();
    }
    format!(
        " {:.0} % of that is explained by {}: {} went from {} to {}.",
        cause.explains_percent,
        cause.kind,
        cause.what,
        model::quantity::number(cause.before, cause.unit),
        model::quantity::number(cause.now, cause.unit)
    )
}

/// The last event before it.
fn after(one: &Regression) -> String {
    let event = one.event.as_ref();
    // What a person or a statement wrote: short, and on one line.
    let title = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short =
        event.map(|event| model::shorten::shortened(&title(&event.title), 120).into_owned());
    short.map(|title| format!(" Shortly before: {title}.")).unwrap_or_default()
}

fn numbers(one: &Regression) -> Vec<model::Evidence> {
    let mut numbers = vec![
        number("sessions more that it keeps busy", one.more_sessions, Unit::Count),
        number("share of the time of all statements", one.share_percent, Unit::Percent),
    ];
    if let (Some(before), Some(now)) = (one.before, one.now) {
        numbers.push(number("time per call before", before.time_ms, Unit::Ms));
        numbers.push(number("time per call now", now.time_ms, Unit::Ms));
        numbers.push(number("calls per second before", before.calls_per_s, Unit::PerSecond));
        numbers.push(number("calls per second now", now.calls_per_s, Unit::PerSecond));
    }
    numbers.extend(one.error_ms.map(|error| number("error of the change", error, Unit::Ms)));
    for cause in &one.causes {
        numbers.push(number(&format!("{} before", cause.what), cause.before, cause.unit));
        numbers.push(number(&format!("{} now", cause.what), cause.now, cause.unit));
    }
    numbers
}

/// What to look at first.
fn remedy(one: &Regression) -> &'static str {
    match (one.causes.first().map(|cause| cause.kind), one.change) {
        (Some(CauseKind::Traffic), _) => {
            "Find out what sends it so often: a loop in the application, a cache that is empty, more users."
        }
        (Some(CauseKind::Rows), _) => {
            "Look at whether the application needs all these rows; the data behind it has grown."
        }
        (Some(CauseKind::Blocks), _) | (_, Change::MoreBlocks) => {
            "Run EXPLAIN (ANALYZE, BUFFERS): an index may be missing, statistics may be wrong, or the table has grown."
        }
        (Some(CauseKind::Temp), _) => {
            "Run EXPLAIN (ANALYZE, BUFFERS) and look for sorts and hashes on disk; more work_mem for this statement, or fewer rows to sort."
        }
        (Some(CauseKind::Cache), _) => {
            "Look at what else has begun to read much since then; after a restart the cache fills by itself."
        }
        (Some(CauseKind::Planning), _) => {
            "Look at statistics targets, at the number of partitions, and at whether prepared statements can be used."
        }
        (Some(CauseKind::PlanFlip), _) => {
            "Compare its two plans on the statement's page: an index is gone, statistics have changed, or a setting."
        }
        (Some(CauseKind::GenericPlan), _) => {
            "Compare EXPLAIN (GENERIC_PLAN) with the plan for real values; plan_cache_mode = force_custom_plan for this role or function brings the plan for each value back."
        }
        (Some(CauseKind::Jit), _) => {
            "Look at whether compiling pays: jit_above_cost, or jit = off for this role."
        }
        (Some(CauseKind::Waits), _) => {
            "Look at who holds what it waits for, at locks and activity."
        }
        (None, Change::New) => "Look at its plan before it runs more often.",
        (None, _) => {
            "Run EXPLAIN (ANALYZE, BUFFERS) and compare it with what you expect; no cause that is counted explains half of it."
        }
    }
}

const fn refuted_by(change: Change) -> &'static str {
    match change {
        Change::MoreCalls => "more users or a job at an unusual hour are expected.",
        Change::New => "it comes with a release that is meant to do this.",
        _ => "it is called with other values than on earlier days, on purpose.",
    }
}
