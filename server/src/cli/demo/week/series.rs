//! The values of one source: what each series does on average, moved by the course of the week. Pure.

use std::collections::{HashMap, HashSet};

use history::{Entity, Kind, PastSeries, Source, Typical};
use model::statements::Measure;

use super::curve::{Curve, Moment, about_one, chance};
use super::plans::Regressed;

/// How much more of it the batch of the night does.
const BATCH_TIMES: f64 = 4.0;
/// How much more is read while the cache is empty.
const COLD_TIMES: f64 = 25.0;
/// How much of the first minute's waits for time the week has: autovacuum pauses for its cost limit after the shop
/// was loaded, not all week.
const PAUSED: f64 = 0.05;

/// Makes the past of a source.
pub struct Maker {
    curve: Curve,
    regressed: Option<Regressed>,
    typical: Vec<Typical>,
    is_sampled: bool,
    /// Sessions in the regressed statement, by wait class.
    sessions: HashMap<String, f64>,
}

/// How a series goes with the course of the week.
struct Way {
    seed: u64,
    /// Added in a tick; otherwise a state.
    is_added: bool,
    /// Of the whole, not of a part: hardly moves.
    is_share: bool,
    is_count: bool,
    /// What the batch of the night writes and reads.
    is_batch: bool,
    is_read: bool,
    /// What a setting has made rarer.
    is_temp: bool,
    /// How much less it was while the index was there.
    with_index: f64,
    /// How much of what the first minute had the week has.
    part: f64,
    /// The spread between ticks of a call's cost.
    spread: f64,
}

/// The series without those of statements that ran once in this time, ms: they opened the shop (statistics of its
/// tables, for example), and a week of them would be most of the week.
pub fn without_the_opening(mut typical: Vec<Typical>, watched_ms: i64) -> Vec<Typical> {
    let once: HashSet<Entity> = typical
        .iter()
        .filter(|one| one.metric == Measure::Calls.as_str())
        .filter(|one| one.per_ms * (watched_ms as f64) < 1.5)
        .map(|one| one.entity.clone())
        .collect();
    typical.retain(|one| !once.contains(&one.entity));
    typical
}

impl Maker {
    /// Of these series.
    pub fn new(
        source: &Source,
        curve: Curve,
        regressed: Option<Regressed>,
        typical: Vec<Typical>,
    ) -> Self {
        let is_sampled = super::is_sampled(source);
        let mut sessions: HashMap<String, f64> = HashMap::new();
        if let Some(regressed) = regressed.as_ref().filter(|_| is_sampled) {
            for one in typical.iter().filter(|one| regressed.is(&one.entity)) {
                if let Some(class) = one.entity.label("class") {
                    *sessions.entry(class).or_default() += one.per_tick;
                }
            }
        }
        Self { curve, regressed, typical, is_sampled, sessions }
    }

    /// Ticks and series.
    pub fn make(&self) -> (Vec<(i64, i64)>, Vec<PastSeries>) {
        let ticks = self.curve.ticks();
        let moments: Vec<Moment> = ticks.iter().map(|(at_ms, _)| self.curve.at(*at_ms)).collect();
        let series = self.typical.iter().map(|typical| {
            let way = self.way(typical);
            let values =
                ticks.iter().zip(&moments).enumerate().filter_map(|(place, (tick, moment))| {
                    let value = self.value(typical, &way, (place, tick.1), moment);
                    // What was added to nothing is not told.
                    (value > 0.0 || !way.is_added).then_some((place, value))
                });
            let values = values.collect();
            PastSeries { entity: typical.entity.clone(), metric: typical.metric.clone(), values }
        });
        let series = series.collect();
        (ticks, series)
    }

    fn way(&self, typical: &Typical) -> Way {
        let name = typical.metric.as_str();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let is_added = typical.kind == Kind::Increment;
        // All measures of a statement move together, so that its costs per call stay what they are; so do
        // all sessions, of which some are parts of others.
        let seed = if self.is_sampled || typical.entity == Entity::server() {
            1
        } else {
            typical.entity.key().bytes().fold(7, |seed: u64, byte| {
                seed.wrapping_mul(1_099_511_628_211).wrapping_add(u64::from(byte))
            })
        };
        let is_time = name.ends_with("_ms") || name.ends_with("_ms2");
        Way {
            seed,
            is_added,
            is_share: name.ends_with("_percent") || has(&["entries", "connections"]),
            is_count: is_added && !is_time && !self.is_sampled,
            is_batch: has(&["wal", "written", "temp"]) && typical.entity == Entity::server(),
            is_read: has(&["read_bytes", "blks_read", "blocks_read", "blk_read_time", "read_ms"])
                || typical.entity.label("class").is_some_and(|class| class == "IO"),
            is_temp: has(&["temp"]),
            with_index: self.with_index(typical),
            part: match typical.entity.label("class").as_deref() {
                Some("Timeout") if self.is_sampled => PAUSED,
                _ => 1.0,
            },
            spread: match name {
                _ if name.ends_with("_ms2") => 0.08,
                _ if is_time => 0.04,
                _ => 0.0,
            },
        }
    }

    /// What a series was while the index was there, of what it is now.
    fn with_index(&self, typical: &Typical) -> f64 {
        let Some(regressed) = &self.regressed else { return 1.0 };
        if regressed.is(&typical.entity) {
            return match typical.metric.parse::<Measure>() {
                Ok(Measure::ExecTime) => regressed.time(),
                Ok(Measure::ExecTimeSquares) => regressed.time().powi(2),
                Ok(Measure::SharedHit | Measure::SharedRead) => regressed.blocks(),
                Ok(_) => 1.0,
                // Sessions in it, and its longest execution.
                Err(_) => regressed.time(),
            };
        }
        let class = self.is_sampled.then(|| typical.entity.label("class")).flatten();
        let is_whole = typical.entity.labels().len() == 1;
        let part = class.filter(|_| is_whole).and_then(|class| self.sessions.get(&class));
        part.map_or(1.0, |part| {
            1.0 - (part / typical.per_tick.max(*part)) * (1.0 - regressed.time())
        })
    }

    fn value(
        &self,
        typical: &Typical,
        way: &Way,
        (place, step_ms): (usize, i64),
        moment: &Moment,
    ) -> f64 {
        if way.is_share {
            let noise = about_one(way.seed, place, 0.01);
            let cold = if typical.metric.contains("hit") { 1.0 - 0.3 * moment.cold } else { 1.0 };
            let value = typical.mean * noise * cold;
            return if typical.metric.ends_with("_percent") { value.min(100.0) } else { value };
        }
        let usual = match (way.is_added, self.is_sampled) {
            (false, _) => typical.mean,
            (true, true) => typical.per_tick,
            (true, false) => typical.per_ms * step_ms as f64,
        };
        let mut value = usual * way.part * moment.load * about_one(way.seed, place, 0.06);
        if way.spread > 0.0 {
            value *= about_one(way.seed ^ 0xc057, place, way.spread);
        }
        if way.is_batch {
            value *= 1.0 + BATCH_TIMES * moment.batch;
        }
        if way.is_read {
            value *= 1.0 + COLD_TIMES * moment.cold;
        }
        if way.is_temp && moment.is_old_setting {
            value *= 3.0;
        }
        if moment.has_index {
            value *= way.with_index;
        }
        if way.is_count {
            // Rounded by chance, or what happens seldom would never happen.
            return (value + chance(way.seed ^ 0xf00d, place as u64)).floor();
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use playground::Looks;

    use super::super::story::Story;
    use super::*;

    /// A Thursday, 15:00 UTC.
    const NOW: i64 = 1_795_705_200_000;

    fn regressed() -> Option<Regressed> {
        let looks = |ms: f64, blocks: u32| Looks {
            executed: format!(
                r#"[{{"Plan": {{"Shared Hit Blocks": {blocks}}}, "Execution Time": {ms}}}]"#
            ),
            planned: String::new(),
        };
        Regressed::read(&playground::Regressed {
            queryid: -7,
            database: "shop".into(),
            table: "payments".into(),
            index: "payments_order_id_idx".into(),
            before: looks(0.1, 4),
            after: looks(20.0, 2_000),
        })
    }

    fn made(area: &str, typical: Vec<Typical>) -> (Vec<(i64, i64)>, Vec<PastSeries>, Story) {
        let story = Story::before(NOW);
        let source = Source::new("1", "primary", area);
        let maker = Maker::new(&source, Curve::new(&story, NOW), regressed(), typical);
        let (ticks, series) = maker.make();
        (ticks, series, story)
    }

    fn of(entity: &Entity, metric: &str, kind: Kind, per_s: f64) -> Typical {
        let metric = metric.to_owned();
        let (per_ms, per_tick) = (per_s / 1_000.0, per_s);
        Typical { entity: entity.clone(), metric, kind, mean: per_s, per_ms, per_tick }
    }

    #[test]
    fn a_call_costs_what_it_costs_and_less_while_the_index_was_there() {
        let entity = Entity::of([("queryid", "-7"), ("role", "shop")]);
        let calls = of(&entity, Measure::Calls.as_str(), Kind::Increment, 3.0);
        let time = of(&entity, Measure::ExecTime.as_str(), Kind::Increment, 60.0);
        let blocks = of(&entity, Measure::SharedHit.as_str(), Kind::Increment, 6_000.0);
        let (ticks, series, story) = made("statements", vec![calls, time, blocks]);
        let sum = |at: usize, from_ms: i64, to_ms: i64| -> f64 {
            let inside = |(place, _): &&(usize, f64)| {
                ticks.get(*place).is_some_and(|(at_ms, _)| (from_ms..to_ms).contains(at_ms))
            };
            let values = series.get(at).map(|one| one.values.as_slice()).unwrap_or_default();
            values.iter().filter(inside).map(|(_, value)| value).sum()
        };
        let (from, dropped) = (story.from_ms, story.dropped_ms);
        let now = sum(1, dropped, NOW) / sum(0, dropped, NOW);
        let then = sum(1, from, dropped) / sum(0, from, dropped);
        assert!((now - 20.0).abs() < 1.0 && (then - 0.1).abs() < 0.01, "{now} {then}");
        let touched = sum(2, from, dropped) / sum(0, from, dropped);
        assert!((touched - 4.0).abs() < 0.5, "{touched}");
        assert!(sum(0, NOW - 3_600_000, NOW) > 8_000.0, "about three a second");
    }

    #[test]
    fn what_opened_the_shop_is_not_repeated_all_week() {
        let calls = |id: &str, in_half_a_minute: f64| {
            let entity = Entity::of([("queryid", id)]);
            of(&entity, Measure::Calls.as_str(), Kind::Increment, in_half_a_minute / 30.0)
        };
        let time = |id: &str| {
            let entity = Entity::of([("queryid", id)]);
            of(&entity, Measure::ExecTime.as_str(), Kind::Increment, 30.0)
        };
        let all = vec![calls("1", 1.0), time("1"), calls("2", 2.0), time("2")];
        let left = without_the_opening(all, 30_000);
        let second = Entity::of([("queryid", "2")]);
        assert!(left.len() == 2 && left.iter().all(|one| one.entity == second));
    }

    #[test]
    fn what_sessions_do_is_a_part_of_the_whole() {
        let whole = Entity::of([("class", "CPU")]);
        let part = Entity::of([("class", "CPU"), ("query_id", "-7")]);
        let whole = of(&whole, "active_sessions", Kind::Increment, 0.5);
        let part = of(&part, "active_sessions_by_all", Kind::Increment, 0.4);
        let (_, series, _) = made(model::AreaName::Activity.as_str(), vec![whole, part]);
        let value = |at: usize, place: usize| {
            series.get(at).and_then(|one| one.values.get(place)).map_or(0.0, |value| value.1)
        };
        // The first tick is days before the index was dropped.
        let (whole, part) = (value(0, 0), value(1, 0));
        assert!(part < 0.05 * whole, "{part} of {whole}");
        assert!(whole < 0.5 && whole > 0.0, "{whole}");
    }
}
