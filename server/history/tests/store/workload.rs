//! A source that is read for a while, and what the store must answer, computed the plain way.

use std::collections::BTreeMap;
use std::path::Path;

use history::{Entity, History, Metric, Point, Retention, Series, Settings, Source, Totals};

pub const CALLS: Metric = Metric::increment("calls");
pub const TIME: Metric = Metric::increment("total_exec_time_ms");
pub const SIZE: Metric = Metric::gauge("size_bytes");
pub const METRICS: [Metric; 3] = [CALLS, TIME, SIZE];

/// Nothing happens by itself, and nothing is dropped.
pub const QUIET: Settings = Settings {
    retention: Retention {
        raw_ms: i64::MAX,
        minutes_ms: i64::MAX,
        hours_ms: i64::MAX,
        days_ms: i64::MAX,
        bytes: 0,
    },
    flush_ms: 5_000,
    buffer: 1_000_000,
    background: false,
    max_pages: 0,
    lease_ms: 15_000,
};

pub async fn open(folder: &Path, settings: Settings) -> History {
    History::open(&folder.join("history.sqlite"), settings).await.unwrap()
}

/// Where a test keeps its history.
pub enum Place {
    /// In a file of this folder.
    Folder(tempfile::TempDir),
    /// In the database of this URL.
    Database(String),
}

impl Place {
    /// A new folder.
    pub fn folder() -> Self {
        Self::Folder(tempfile::tempdir().unwrap())
    }

    /// A new database.
    pub async fn database(server: &playground::Server, name: &str) -> Self {
        let name: String = name.chars().take(60).collect();
        server.exec(&format!("create database {name}")).await.unwrap();
        Self::Database(server.dsn_to(&name))
    }

    /// As much work as the place bears: a database is asked over a connection.
    pub fn work(&self, file: i64, database: i64) -> i64 {
        if matches!(self, Self::Folder(_)) { file } else { database }
    }

    /// Opens the history.
    pub async fn open(&self, settings: Settings) -> History {
        match self {
            Self::Folder(folder) => open(folder.path(), settings).await,
            Self::Database(url) => {
                let address = history::Address::parse(url).unwrap();
                History::connect(&address, settings).await.unwrap()
            }
        }
    }
}

/// Runs the tests over either store; of PostgreSQL, one server does for all of them.
macro_rules! over_both {
    ($($name:ident),* $(,)?) => {
        mod in_a_file {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(crate::workload::Place::folder()).await;
                }
            )*
        }

        #[tokio::test]
        async fn all_of_it_in_postgres() {
            let server = playground::server(17).await.unwrap();
            $(
                let begun = std::time::Instant::now();
                $name(crate::workload::Place::database(&server, stringify!($name)).await).await;
                println!("{}: {:?}", stringify!($name), begun.elapsed());
            )*
        }
    };
}
pub(crate) use over_both;

pub fn source() -> Source {
    Source::new("7312345678901234567", "shop", "statements")
}

pub fn statement(number: u64) -> Entity {
    Entity::of([("queryid", number.to_string().as_str()), ("database", "shop")])
}

/// Everything that was recorded: tick, series, value.
#[derive(Default)]
pub struct Truth {
    pub ticks: Vec<(i64, i64)>,
    pub values: Vec<(i64, Entity, &'static str, f64)>,
}

impl Truth {
    /// Records a tick in which some of `entities` statements moved.
    pub fn tick(
        &mut self,
        history: &History,
        random: &mut fastrand::Rng,
        (at_ms, every_ms): (i64, u32),
        entities: u64,
    ) {
        let mut points = Vec::new();
        let moved: Vec<u64> = (0..entities).filter(|_| random.u8(0..3) == 0).collect();
        for number in moved {
            let entity = statement(number);
            let calls = f64::from(random.u32(1..50));
            for (metric, value) in METRICS.into_iter().zip([
                calls,
                (calls * random.f64() * 1e6).round() / 1e6,
                f64::from(random.u32(..)) * 8_192.0,
            ]) {
                points.push(Point::new(&entity, metric, value));
                self.values.push((at_ms, entity.clone(), metric.name, value));
            }
        }
        self.ticks.push((at_ms, i64::from(every_ms)));
        history.recorder().append(&source(), at_ms, every_ms, points);
    }

    /// Count, sum, least and greatest value of each series in a window.
    pub fn totals(&self, from: i64, to: i64) -> BTreeMap<(Entity, String), (u64, f64, f64, f64)> {
        let mut totals = BTreeMap::new();
        for (at, entity, metric, value) in &self.values {
            if (from..to).contains(at) {
                let row = totals.entry((entity.clone(), (*metric).to_owned())).or_insert((
                    0,
                    0.0,
                    f64::MAX,
                    f64::MIN,
                ));
                *row = (row.0 + 1, row.1 + value, row.2.min(*value), row.3.max(*value));
            }
        }
        totals
    }

    /// Fails unless the store's answer over a window is what was recorded in it.
    #[track_caller]
    pub fn assert_totals(&self, got: &Totals) {
        let expected = self.totals(got.from_ms, got.to_ms);
        assert_eq!(got.rows.len(), expected.len());
        let mut entities: Vec<&Entity> = got.rows.iter().map(|row| &row.entity).collect();
        entities.dedup();
        let distinct: std::collections::HashSet<&Entity> = entities.iter().copied().collect();
        assert_eq!(entities.len(), distinct.len(), "rows of an entity are side by side");
        for row in &got.rows {
            let (count, sum, min, max) = expected[&(row.entity.clone(), row.metric.to_string())];
            assert_eq!((row.count, row.min, row.max), (count, min, max), "{}", row.entity.key());
            let difference = (row.sum - sum).abs();
            assert!(difference <= sum.abs() * 1e-12, "{} instead of {sum}", row.sum);
            if *row.metric == *CALLS.name {
                assert_eq!(row.sum, sum, "whole numbers are exact");
            }
        }
        let inside = |(at, _): &&(i64, i64)| (got.from_ms..got.to_ms).contains(at);
        let ticks = self.ticks.iter().filter(inside);
        assert_eq!(got.ticks, ticks.clone().count() as u64);
        assert_eq!(got.read_ms, ticks.map(|(_, every)| every).sum::<i64>());
    }
}

pub const NAMES: [&str; 3] = [CALLS.name, TIME.name, SIZE.name];

pub const EVERYTHING: Series<'static> = Series { metrics: &NAMES, entities: None };
