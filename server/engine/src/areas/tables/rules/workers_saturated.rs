//! Rule: all workers of autovacuum have been at work for a while, and tables wait for one.

use model::autovacuum::{Workers, queue};
use model::tables::Tables;
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use crate::areas::tables::judge::count;
use crate::rule::InForce;

/// For how long all have been at work.
const BUSY_FROM_S: Limit = Limit {
    name: "busy_from_s",
    default: 600.0,
    unit: Unit::Seconds,
    source: "ten times autovacuum_naptime, a minute by default: what is due was passed over ten times",
};
/// Tables that are due and wait.
const FROM_TABLES: Limit = Limit {
    name: "from_tables",
    default: 1.0,
    unit: Unit::Count,
    source: "with none waiting nothing is late",
};
/// The cost limit that is proposed, as a multiple of the present one.
const COST_LIMIT_FACTOR: i64 = 5;
/// The largest value of `autovacuum_vacuum_cost_limit` (guc_parameters.dat).
const MOST_COST_LIMIT: i64 = 10_000;
/// The first major that takes another `autovacuum_max_workers` without a restart, up to `autovacuum_worker_slots`.
const RELOADS_SINCE: u16 = 18;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "All autovacuum workers are busy and tables wait",
    effect: "Tables that are due wait until a worker is free: their dead rows, statistics and transaction IDs grow old meanwhile.",
    remedy: "Let the workers go faster before there are more of them: all share one cost limit, so more workers alone are each slower.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-autovacuum.html#GUC-AUTOVACUUM-VACUUM-COST-LIMIT",
    limits: &[BUSY_FROM_S, FROM_TABLES],
};

/// Judges how long all workers have been at work, and what is due beside what they work on.
pub fn workers_saturated(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let workers = evidence.workers.as_ref().map_err(Clone::clone)?;
    let Some(busy_ms) =
        workers.all_busy_ms().filter(|ms| *ms >= limits.get(&BUSY_FROM_S) * 1_000.0)
    else {
        return Ok(Vec::new());
    };
    // In which order does not matter here.
    let due = queue(evidence, RELOADS_SINCE).due.len() as i64;
    let waiting = due.saturating_sub(workers.busy);
    if (waiting as f64) < limits.get(&FROM_TABLES) {
        let unread = evidence.databases.iter().find_map(|one| one.value.as_ref().err());
        return unread.map_or(Ok(Vec::new()), |reason| Err(reason.clone()));
    }
    Ok(vec![finding(workers, busy_ms, waiting, limits)])
}

fn finding(workers: &Workers, busy_ms: f64, waiting: i64, limits: &InForce<'_>) -> Finding {
    let most = workers.most();
    let object = Object::from("autovacuum workers".to_owned());
    Finding {
        rule: limits.rule(),
        severity: Severity::Warning,
        object: object.clone(),
        message: format!(
            "{} busy for {}, and {waiting} more {} due.",
            if most == 1 {
                "The only autovacuum worker has been".to_owned()
            } else {
                format!("All {most} autovacuum workers have been")
            },
            model::duration(busy_ms),
            if waiting == 1 { "table is" } else { "tables are" }
        ),
        evidence: vec![
            count("workers busy", workers.busy as f64),
            Evidence { name: "all busy for".into(), value: busy_ms / 1e3, unit: Unit::Seconds },
            count("tables that wait", waiting as f64),
            Evidence { name: "cost delay".into(), value: workers.cost_delay_ms, unit: Unit::Ms },
            count("cost limit, shared", workers.cost_limit as f64),
        ],
        harm: Harm::Risk { due_s: None },
        root: Some(object),
        same_root: Vec::new(),
        remedy: remedy(workers),
    }
}

/// Where they pause, a larger cost limit; otherwise more of them.
fn remedy(workers: &Workers) -> Remedy {
    let refuted_by = Some(
        "the load of reading and writing more is worse than tables that wait, or it ends by itself after a bulk load.".into(),
    );
    let limit = workers.cost_limit.saturating_mul(COST_LIMIT_FACTOR).min(MOST_COST_LIMIT);
    if workers.cost_delay_ms > 0.0 && limit > workers.cost_limit {
        return Remedy {
            message: format!(
                "The workers pause for {} each time they have together used up a cost of {}. Raise that limit. Tables with cost settings of their own keep those; before PostgreSQL 16 a worker takes it with its next table.",
                model::duration(workers.cost_delay_ms),
                workers.cost_limit
            ),
            sql: Some(format!(
                "alter system set autovacuum_vacuum_cost_limit = {limit}; select pg_reload_conf();"
            )),
            lock: Some("None: it is a setting. Workers then read and write as much more.".into()),
            undo: Some(undo("autovacuum_vacuum_cost_limit", workers.cost_limit)),
            refuted_by,
        };
    }
    let more = workers.max_workers.saturating_add(2);
    let takes_hold = match workers.worker_slots {
        Some(slots) if more <= slots => "It takes hold at once.",
        Some(_) => "There is no slot left for it: raise autovacuum_worker_slots too, and restart.",
        None => "It takes a restart.",
    };
    Remedy {
        message: format!("The workers do not pause: let there be more of them. {takes_hold}"),
        sql: Some(format!(
            "alter system set autovacuum_max_workers = {more}; select pg_reload_conf();"
        )),
        lock: Some(
            "None: it is a setting. Each worker may use autovacuum_work_mem, or maintenance_work_mem."
                .into(),
        ),
        undo: Some(undo("autovacuum_max_workers", workers.max_workers)),
        refuted_by,
    }
}

fn undo(setting: &str, before: i64) -> String {
    format!(
        "alter system reset {setting}; select pg_reload_conf(); If it was set by ALTER SYSTEM before, set it to {before} again."
    )
}
