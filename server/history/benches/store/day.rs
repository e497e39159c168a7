//! The synthetic day of `docs/limits.md#history`: 60 % of the series are counters, half of these idle; the
//! rest are gauges, whole numbers and numbers of two decimals.

use history::{Entity, Metric, Point, Source};

/// A Friday in May.
pub const START: i64 = 1_780_012_800_000;
/// Between two ticks, ms.
pub const MINUTE: i64 = 60_000;
/// A day, ms.
pub const DAY: i64 = 1_440 * MINUTE;
/// What is measured of each entity.
pub const METRICS: [Metric; 5] = [
    Metric::increment("calls"),
    Metric::increment("rows"),
    Metric::increment("total_exec_time_ms"),
    Metric::gauge("size_bytes"),
    Metric::gauge("load"),
];
/// How many of these are counters.
pub const COUNTERS: usize = 3;

/// What one entity does.
pub struct Thing {
    /// It.
    pub entity: Entity,
    rate: f64,
    idle: bool,
    size: f64,
    load: f64,
}

/// The source of all of it.
pub fn source() -> Source {
    Source::new("7312345678901234567", "shop", "statements")
}

/// The name of an entity in peers.
fn queryid(number: usize) -> String {
    (number * 7_919).to_string()
}

/// So many entities.
fn things(random: &mut fastrand::Rng, count: usize) -> Vec<Thing> {
    let thing = |number: usize| Thing {
        entity: Entity::of([("queryid", queryid(number).as_str()), ("database", "shop")]),
        rate: 10_f64.powf(random.f64() * 3.0),
        idle: number.is_multiple_of(2),
        size: f64::from(random.u32(1_000..1_000_000)),
        load: random.f64() * 100.0,
    };
    (0..count).map(thing).collect()
}

/// Minutes of so many entities: always the same.
pub struct Minutes {
    random: fastrand::Rng,
    /// The entities.
    pub things: Vec<Thing>,
}

impl Minutes {
    /// From the first one on.
    pub fn of(entities: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(1);
        let things = things(&mut random, entities);
        Self { random, things }
    }

    /// What each entity did in the next minute; None for counters that did not move.
    pub fn next(&mut self) -> impl Iterator<Item = (&Thing, [Option<f64>; METRICS.len()])> {
        let random = &mut self.random;
        self.things.iter_mut().map(move |thing| {
            let mut values = [None; METRICS.len()];
            if !thing.idle {
                let calls = (thing.rate * (0.8 + 0.4 * random.f64())).round();
                let time = (calls * (1.5 + random.f64()) * 1_000.0).round() / 1_000.0;
                values = [Some(calls), Some(calls * 3.0), Some(time), None, None];
            }
            if random.u8(0..10) == 0 {
                thing.size += f64::from(random.u8(0..20));
            }
            thing.load = (thing.load + random.f64() - 0.5).clamp(0.0, 100.0);
            values[3] = Some(thing.size * 8_192.0);
            values[4] = Some((thing.load * 100.0).round() / 100.0);
            (&*thing, values)
        })
    }

    /// The next minute as points.
    pub fn points(&mut self) -> Vec<Point> {
        let mut points = Vec::with_capacity(self.things.len() * METRICS.len());
        for (thing, values) in self.next() {
            let moved = METRICS.into_iter().zip(values).filter_map(|(m, v)| Some((m, v?)));
            points.extend(moved.map(|(metric, value)| Point::new(&thing.entity, metric, value)));
        }
        points
    }
}

/// A series as peers keep it: counters grow.
pub struct Grown {
    /// Of what.
    pub queryid: String,
    /// The metric's place in `METRICS`.
    pub metric: usize,
    /// A value a minute.
    pub values: Vec<f64>,
}

/// Counters of peers go on from day to day.
pub struct Days {
    minutes: Minutes,
    sums: Vec<f64>,
}

impl Days {
    /// From the first one on.
    pub fn of(entities: usize) -> Self {
        let sums = vec![1_000.0; entities * METRICS.len()];
        Self { minutes: Minutes::of(entities), sums }
    }

    /// The series of the next so many minutes.
    pub fn next(&mut self, minutes: usize) -> Vec<Grown> {
        let place = |n: usize| (n / METRICS.len(), n % METRICS.len());
        let grown = |n: usize| Grown {
            queryid: queryid(place(n).0),
            metric: place(n).1,
            values: Vec::with_capacity(minutes),
        };
        let mut series: Vec<Grown> = (0..self.sums.len()).map(grown).collect();
        for _ in 0..minutes {
            let values = self.minutes.next().flat_map(|(_, values)| values);
            for ((series, sum), value) in series.iter_mut().zip(&mut self.sums).zip(values) {
                let value = value.unwrap_or(0.0);
                // As an exporter would print it: without what adding floats leaves behind.
                *sum = match series.metric < COUNTERS {
                    true => ((*sum + value) * 1_000.0).round() / 1_000.0,
                    false => value,
                };
                series.values.push(*sum);
            }
        }
        series
    }
}
