//! The workers of autovacuum at one moment: how many are at work, since when all are, and how they are slowed down.

use serde::{Deserialize, Serialize};

/// One row for the whole server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Workers {
    /// Workers at work.
    pub busy: i64,
    /// Backends of which our role does not see what they are.
    pub hidden: i64,
    /// `autovacuum_max_workers`.
    pub max_workers: i64,
    /// `autovacuum_worker_slots`; None before 18.
    pub worker_slots: Option<i64>,
    /// How long ago the last of them began, ms; None where none is at work.
    pub last_began_ms: Option<f64>,
    /// `autovacuum_vacuum_cost_delay`, ms.
    pub cost_delay_ms: f64,
    /// `autovacuum_vacuum_cost_limit`, which all workers share.
    pub cost_limit: i64,
}

impl Workers {
    /// How many may be at work at once.
    pub fn most(&self) -> i64 {
        self.worker_slots.map_or(self.max_workers, |slots| self.max_workers.min(slots))
    }

    /// For how long all have been at work, ms, at least: since the last of them began, for a worker that has nothing
    /// to do ends. None while there is room for one more.
    pub fn all_busy_ms(&self) -> Option<f64> {
        self.last_began_ms.filter(|_| self.busy > 0 && self.busy >= self.most())
    }
}

/// The cost settings that a table has of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnCost {
    /// `autovacuum_vacuum_cost_delay`, ms.
    pub delay_ms: Option<f64>,
    /// `autovacuum_vacuum_cost_limit`.
    pub limit: Option<i64>,
}

impl OwnCost {
    /// With the storage parameters that `option` tells by name; -1 is the server's, and so is a limit of 0.
    pub fn new<'a>(option: impl Fn(&str) -> Option<&'a str>) -> Self {
        let number = |name| option(name).and_then(|value| value.parse::<f64>().ok());
        Self {
            delay_ms: number("autovacuum_vacuum_cost_delay").filter(|ms| *ms >= 0.0),
            limit: number("autovacuum_vacuum_cost_limit").filter(|n| *n > 0.0).map(|n| n as i64),
        }
    }

    fn is_any(&self) -> bool {
        self.delay_ms.is_some() || self.limit.is_some()
    }
}

/// How one worker is slowed down now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// It pauses for so long, ms; 0: it does not pause.
    pub delay_ms: f64,
    /// After so much cost.
    pub limit: i64,
    /// Whether its table has settings of its own, and takes no part in the balance.
    pub is_own: bool,
}

/// How each worker is slowed down, in the order of `workers`: those whose tables have no cost settings of their own
/// share the server's limit equally (`AutoVacuumUpdateCostLimit` in autovacuum.c; 14 and 15 weigh them to the same
/// effect).
pub fn paces(cost_delay_ms: f64, cost_limit: i64, workers: &[OwnCost]) -> Vec<Pace> {
    let balanced = workers.iter().filter(|own| !own.is_any()).count() as i64;
    let pace = |own: &OwnCost| Pace {
        delay_ms: own.delay_ms.unwrap_or(cost_delay_ms),
        limit: match own.limit {
            Some(limit) => limit,
            None if own.is_any() => cost_limit,
            None => (cost_limit / balanced.max(1)).max(1),
        },
        is_own: own.is_any(),
    };
    workers.iter().map(pace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_busy_since_the_last_began() {
        let workers = |busy, last_began_ms| Workers {
            busy,
            max_workers: 3,
            last_began_ms,
            cost_limit: 200,
            ..Workers::default()
        };
        assert_eq!(workers(3, Some(5.0)).all_busy_ms(), Some(5.0));
        assert_eq!(workers(2, Some(5.0)).all_busy_ms(), None);
        let slots = Workers { worker_slots: Some(2), ..workers(2, Some(5.0)) };
        assert_eq!(slots.all_busy_ms(), Some(5.0), "there is no slot for a third");
        let none = Workers { max_workers: 0, ..workers(0, None) };
        assert_eq!(none.all_busy_ms(), None);
    }

    #[test]
    fn workers_share_the_limit_unless_their_table_has_its_own() {
        let none = OwnCost::default();
        let limits = |own: &[OwnCost]| -> Vec<i64> {
            paces(2.0, 200, own).iter().map(|pace| pace.limit).collect()
        };
        assert_eq!(limits(&[none, none, none]), [66, 66, 66]);
        let own = OwnCost::new(|name| match name {
            "autovacuum_vacuum_cost_limit" => Some("1000"),
            _ => None,
        });
        assert_eq!(limits(&[own, none]), [1_000, 200]);
        let delayed = OwnCost { delay_ms: Some(0.0), limit: None };
        assert_eq!(limits(&[delayed, none, none]), [200, 100, 100]);
        let found = paces(2.0, 200, &[delayed, none]);
        let found: Vec<_> = found.iter().map(|pace| (pace.delay_ms, pace.is_own)).collect();
        assert_eq!(found, [(0.0, true), (2.0, false)]);
        assert_eq!(paces(2.0, 1, &[none, none]).first().map(|pace| pace.limit), Some(1));
        assert_eq!(OwnCost::new(|_| Some("-1")), none);
    }
}
