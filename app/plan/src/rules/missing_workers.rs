//! Rule: fewer parallel workers were launched than planned.

use model::{About, Remedy, Unit};

use super::case::evidence;
use super::proposal::Proposal;
use super::{Case, InForce, Judged, Missing};

/// Reads the settings that bound the number of workers.
const SETTINGS: &str = "select name, setting from pg_settings where name in ('max_parallel_workers', 'max_worker_processes', 'max_parallel_workers_per_gather');";

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Fewer workers than planned",
    effect: "The plan was chosen for more parallel workers than it got.",
    remedy: "Raise max_parallel_workers and max_worker_processes, or ask for fewer per statement.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAX-PARALLEL-WORKERS",
    limits: &[],
};

/// Judges workers launched against planned.
pub fn missing_workers(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let (Some(planned), Some(launched)) =
            (node.number("Workers Planned"), node.number("Workers Launched"))
        else {
            continue;
        };
        if launched >= planned || own.never_executed {
            continue;
        }
        let message = format!("{} got {launched:.0} of {planned:.0} workers.", node.name());
        let numbers = vec![
            evidence("workers planned", planned, Unit::Count),
            evidence("workers launched", launched, Unit::Count),
        ];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            lock: Some("Takes no lock: it reads a view.".into()),
            refuted_by: Some("other parallel statements were running at that moment.".into()),
            ..Remedy::default()
        };
        // With all workers the time would shrink by the share of processes that were missing.
        let saves = own.total_ms.map(|ms| ms * (planned - launched) / (planned + 1.0));
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(Proposal::Text(SETTINGS)));
    }
    Ok(found)
}
