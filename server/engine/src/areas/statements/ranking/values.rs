//! What the store says of each entity of a window.

use history::{Columns, Entity};
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

/// What columns say of each entity that is not the server itself.
pub fn by_entity(columns: &Columns) -> Vec<(Entity, Values)> {
    let mut of: Vec<_> = columns
        .columns
        .iter()
        .map(|column| {
            let values = column.sums.iter().zip(&column.greatest);
            (Meaning::of(&column.metric), column.places.iter().zip(values).peekable())
        })
        .collect();
    let mut found = Vec::with_capacity(columns.entities.len());
    for (place, entity) in (0_u32..).zip(&columns.entities) {
        let mut values = Values::default();
        for (meaning, column) in &mut of {
            let Some((_, (sum, greatest))) = column.next_if(|(at, _)| **at == place) else {
                continue;
            };
            match *meaning {
                Meaning::Measure(measure) => values.measures.push((measure, *sum)),
                Meaning::LowerBoundCalls => values.lower_bound_calls += sum,
                Meaning::Longest => values.longest_ms = Some(*greatest),
                Meaning::Nothing => {}
            }
        }
        if !entity.key().is_empty() {
            found.push((entity.clone(), values));
        }
    }
    found
}

/// What a metric is of the server itself; None where it has none.
pub fn of_server(columns: &Columns, metric: &str) -> Option<f64> {
    let server = columns.entities.iter().position(|entity| entity.key().is_empty())?;
    let column = columns.columns.iter().find(|column| column.metric == metric)?;
    let place = column.places.iter().position(|place| *place as usize == server)?;
    column.sums.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use history::Column;

    #[test]
    fn columns_become_what_is_known_of_each_entity() {
        let statement = |id| Entity::of([("queryid", id)]);
        let column = |metric: &str, of: &[(u32, f64)]| Column {
            metric: metric.to_owned(),
            places: of.iter().map(|(place, _)| *place).collect(),
            sums: of.iter().map(|(_, sum)| *sum).collect(),
            greatest: of.iter().map(|(_, sum)| sum + 1.0).collect(),
        };
        let calls = Measure::Calls.as_str();
        let columns = Columns {
            entities: vec![statement("1"), Entity::server(), statement("2")],
            columns: vec![
                column(calls, &[(0, 3.0), (1, 99.0), (2, 5.0)]),
                column(points::LOWER_BOUND_CALLS.name, &[(0, 2.0)]),
                column("of a later version", &[(0, 7.0)]),
                column(points::LONGEST.name, &[(2, 40.0)]),
            ],
            ..Columns::default()
        };
        let found = by_entity(&columns);
        let seen: Vec<_> = found
            .iter()
            .map(|(entity, of)| {
                let calls = of.sums().get(Measure::Calls);
                (entity.clone(), calls, of.lower_bound_calls, of.longest_ms)
            })
            .collect();
        let expected = [(statement("1"), 3.0, 2.0, None), (statement("2"), 5.0, 0.0, Some(41.0))];
        assert_eq!(seen, expected);
        assert_eq!(of_server(&columns, calls), Some(99.0));
        assert_eq!(of_server(&columns, points::LONGEST.name), None);
    }
}
