//! The statement that is slow since this morning: what the real server made of it with the index and without.

use std::collections::BTreeSet;

use history::{Entity, History, Known, Source, StatementPlan};
use model::statements::plans::PlanSource;
use serde_json::Value;

/// How long before and after the index was dropped a plan was looked at, ms.
const LOOK_MS: i64 = 240_000;

/// What is known of it.
#[derive(Clone, Debug)]
pub struct Regressed {
    /// The index that is gone.
    pub index: String,
    /// Its table.
    pub table: String,
    queryid: String,
    database: String,
    /// The plan for any value, with the index and without.
    planned: [String; 2],
    before: Run,
    after: Run,
}

/// One execution.
#[derive(Clone, Copy, Debug)]
struct Run {
    ms: f64,
    blocks: f64,
}

impl Run {
    /// From EXPLAIN's JSON.
    fn read(json: &str) -> Option<Self> {
        let all: Value = serde_json::from_str(json).ok()?;
        let (one, plan) = (all.get(0)?, all.get(0)?.get("Plan")?);
        let blocks = |name: &str| plan.get(name).and_then(Value::as_f64).unwrap_or_default();
        Some(Self {
            ms: one.get("Execution Time")?.as_f64()?,
            blocks: blocks("Shared Hit Blocks") + blocks("Shared Read Blocks"),
        })
    }
}

impl Regressed {
    /// From what the playground has seen; None where the plans are none.
    pub fn read(seen: &playground::Regressed) -> Option<Self> {
        Some(Self {
            index: seen.index.clone(),
            table: seen.table.clone(),
            queryid: seen.queryid.to_string(),
            database: seen.database.clone(),
            planned: [seen.before.planned.clone(), seen.after.planned.clone()],
            before: Run::read(&seen.before.executed)?,
            after: Run::read(&seen.after.executed)?,
        })
    }

    /// Whether a series is of it.
    pub fn is(&self, entity: &Entity) -> bool {
        let labels = entity.labels();
        let id = labels.get("queryid").or_else(|| labels.get("query_id"));
        id.is_some_and(|id| *id == self.queryid)
    }

    /// What a call took with the index, of what it takes without.
    pub fn time(&self) -> f64 {
        (self.before.ms / self.after.ms.max(f64::EPSILON)).min(1.0)
    }

    /// The same of blocks.
    pub fn blocks(&self) -> f64 {
        (self.before.blocks / self.after.blocks.max(1.0)).min(1.0)
    }
}

/// Records both plans: that with the index as seen from `from_ms` on, that without as seen from when it was
/// dropped until `seam_ms`.
pub fn record(
    past: &History,
    sources: &[Known<Source>],
    (from_ms, dropped_ms, seam_ms): (i64, i64, i64),
    regressed: &Regressed,
) {
    let clusters: BTreeSet<&str> = sources.iter().map(|s| s.thing.cluster.as_str()).collect();
    let [with_index, without] = &regressed.planned;
    let seen =
        [(with_index, from_ms, dropped_ms - LOOK_MS), (without, dropped_ms + LOOK_MS, seam_ms)];
    for (cluster, (json, first_ms, last_ms)) in
        clusters.into_iter().flat_map(|cluster| seen.iter().map(move |one| (cluster, *one)))
    {
        let parsed = plan::parse(json).ok().and_then(|read| read.plans.into_iter().next());
        let Some(parsed) = parsed else { continue };
        past.recorder().plan(
            StatementPlan {
                cluster: cluster.to_owned(),
                key: regressed.queryid.clone(),
                database: regressed.database.clone(),
                how: PlanSource::Generic.as_str().to_owned(),
                shape: plan::shape::shape(&parsed),
                fingerprint: String::new(),
                plan: json.clone(),
                first_ms,
                last_ms,
            },
            None,
        );
    }
}
