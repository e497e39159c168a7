//! What the store says of each entity of a window.

use std::sync::Arc;

use history::{Entity, Totals};
use model::statements::{Measure, Sums};

use super::super::points;

/// What is known of an entity's values: its measures, its lower bound, its longest execution.
#[derive(Clone, Debug, Default)]
pub struct Values {
    measures: Vec<(Measure, f64)>,
    /// Calls of ticks in which it may have done more.
    pub lower_bound_calls: f64,
    /// Its longest execution, ms; of ticks in which it is known.
    pub longest_ms: Option<f64>,
}

impl Values {
    /// Its measures.
    pub fn sums(&self) -> Sums {
        self.measures.iter().copied().collect()
    }
}

/// What a metric of the store says of an entity.
#[derive(Clone, Copy)]
enum Meaning {
    Measure(Measure),
    LowerBoundCalls,
    Longest,
    Nothing,
}

impl Meaning {
    fn of(metric: &str) -> Self {
        match metric.parse() {
            Ok(measure) => Self::Measure(measure),
            Err(_) if metric == points::LOWER_BOUND_CALLS.name => Self::LowerBoundCalls,
            Err(_) if metric == points::LONGEST.name => Self::Longest,
            Err(_) => Self::Nothing,
        }
    }
}

/// The rows of a total by entity.
pub fn by_entity(totals: &Totals) -> Vec<(Entity, Values)> {
    // There are a few names and many rows, which share them: each name is read once.
    let mut meanings: Vec<(Arc<str>, Meaning)> = Vec::new();
    let mut found: Vec<(Entity, Values)> = Vec::new();
    for row in totals.rows.iter().filter(|row| !row.entity.key().is_empty()) {
        let known = meanings.iter().find(|(name, _)| Arc::ptr_eq(name, &row.metric));
        let meaning = known.map_or_else(|| Meaning::of(&row.metric), |(_, meaning)| *meaning);
        if known.is_none() {
            meanings.push((Arc::clone(&row.metric), meaning));
        }
        if found.last().is_none_or(|(entity, _)| *entity != row.entity) {
            found.push((row.entity.clone(), Values::default()));
        }
        let Some((_, values)) = found.last_mut() else { continue };
        match meaning {
            Meaning::Measure(measure) => values.measures.push((measure, row.sum)),
            Meaning::LowerBoundCalls => values.lower_bound_calls += row.sum,
            Meaning::Longest => values.longest_ms = Some(row.max),
            Meaning::Nothing => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_what_is_known_of_each_entity() {
        let statement = |id| Entity::of([("queryid", id)]);
        let calls: Arc<str> = Measure::Calls.as_str().into();
        let row = |entity: &Entity, metric: &Arc<str>, sum: f64| history::Total {
            entity: entity.clone(),
            metric: Arc::clone(metric),
            kind: history::Kind::Increment,
            count: 1,
            sum,
            min: sum,
            max: sum + 1.0,
        };
        let rows = vec![
            row(&Entity::server(), &calls, 99.0),
            row(&statement("1"), &calls, 3.0),
            row(&statement("1"), &points::LOWER_BOUND_CALLS.name.into(), 2.0),
            row(&statement("1"), &"of a later version".into(), 7.0),
            row(&statement("2"), &calls, 5.0),
            row(&statement("2"), &points::LONGEST.name.into(), 40.0),
        ];
        let found = by_entity(&Totals { rows, ..Totals::default() });
        let seen: Vec<_> = found
            .iter()
            .map(|(entity, of)| {
                let calls = of.sums().get(Measure::Calls);
                (entity.clone(), calls, of.lower_bound_calls, of.longest_ms)
            })
            .collect();
        let expected = [(statement("1"), 3.0, 2.0, None), (statement("2"), 5.0, 0.0, Some(41.0))];
        assert_eq!(seen, expected);
    }
}
