//! More statements than the table of `pg_stat_statements` holds: what is said is never above what was done, and
//! how much is not said is said.

use std::time::Instant;

use model::statements::{Bound, Entries, Measure};
use playground::ServerOptions;
use sqlx::{Connection, PgConnection, Row};

use super::all_sums_are_sound;
use super::harness::{Reader, did, started};
use crate::support::{PATIENCE, Result};

/// Distinct statements of a round, and rounds: ten thousand.
const STATEMENTS: u32 = 1_000;
const ROUNDS: u32 = 10;
/// The others of a round: three calls of the counted one, two of the other, two looks at the clock, a sleep.
const OTHERS: u32 = 8;
/// Our own readings are statements too: at most so many a round.
const OURS: f64 = 9.0;
/// What a pass removes of a table of a hundred.
const PASS: f64 = 10.0;
/// So many of the first of a round sleep, and are removed; so does one at its end, which is not. More than a
/// second together: of less no share is said.
const SLEEPERS: u32 = 4;
const LOST_S: f64 = 0.01;
const SEEN_S: f64 = 0.065;
/// Removed in each round, and back at its end. Both take a time that is another one each time: before PostgreSQL 17 an
/// entry that was removed and has come back with the same calls and the same nanoseconds is the same entry.
const COUNTED: &str = "select 1 as counted, 1 as one from pg_sleep(0.001)";
const OTHER: &str = "select 2 as other from pg_sleep(0.001)";
const CLOCK: &str = "select extract(epoch from clock_timestamp())::float8";

/// A statement with an identity of its own for each number below 2¹⁴.
pub fn distinct(number: u32) -> String {
    let mut sql = "select 1".to_owned();
    for bit in 0..14 {
        sql.push_str(if number >> bit & 1 == 1 { " + 1" } else { " - 1" });
    }
    sql
}

/// A round of them, in one message.
fn round(number: u32) -> String {
    let of = |at: u32| {
        let sql = distinct(number * STATEMENTS + at);
        if at < SLEEPERS { format!("{sql} from pg_sleep({LOST_S})") } else { sql }
    };
    let begin = [CLOCK, OTHER].map(str::to_owned);
    let sleep = format!("select pg_sleep({SEEN_S})");
    let end = [COUNTED, COUNTED, COUNTED, OTHER, &sleep, CLOCK].map(str::to_owned);
    let all: Vec<_> = begin.into_iter().chain((0..STATEMENTS).map(of)).chain(end).collect();
    all.join("; ")
}

/// What was done, and what was said of it.
#[derive(Default)]
struct Sums {
    done: f64,
    said: f64,
    evicted: f64,
    /// Of the one that is removed in each round but the first.
    other: f64,
    /// The server was at work for that long: for us by its own clock, and with our readings at most, s.
    active_s: (f64, f64),
}

async fn entries(reader: &mut Reader) -> Result<Entries> {
    let entries = reader.read().await?.entries;
    entries.map_err(|reason| anyhow::anyhow!("{}", reason.message()))
}

async fn churn(major: u16) -> Result {
    let options = ServerOptions::new(major).setting("pg_stat_statements.max", "100");
    let server = started(options, None).await?;
    let begun = Instant::now();
    let mut reader = Reader::open(&server.dsn()).await?;
    let ids = (reader.queryid(&server, COUNTED).await?, reader.queryid(&server, OTHER).await?);
    let mut session = server.connect().await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    let before = entries(&mut reader).await?.count;
    // What sessions did before is told with what they do now.
    let before_s = begun.elapsed().as_secs_f64();
    let mut sums = Sums { active_s: (0.0, before_s), ..Sums::default() };
    for number in 0..ROUNDS {
        one_round((&mut session, &mut reader), (number, ids), &mut sums).await?;
    }
    let after = entries(&mut reader).await?.count;
    let Sums { done, said, evicted, other, .. } = sums;
    println!("{major}: {said} of {done} calls said, about {evicted} entries removed");
    assert!(said < done && other < f64::from(2 * ROUNDS), "{major}: {said} of {done}, {other}");
    // Each statement made an entry of its own: those that are not there any more were removed.
    let removed = f64::from(ROUNDS * STATEMENTS) - (after - before) as f64;
    let off = (evicted - removed).abs();
    assert!(off <= f64::from(ROUNDS) * (OURS + PASS), "{major}: {evicted} for {removed}");
    // A session's time is told when it ends, at the latest.
    session.close().await?;
    share(&mut reader, sums.active_s, major).await
}

async fn one_round(
    (session, reader): (&mut PgConnection, &mut Reader),
    (number, (counted, other)): (u32, (i64, i64)),
    sums: &mut Sums,
) -> Result {
    let sql = sqlx::AssertSqlSafe(round(number));
    let rows = sqlx::raw_sql(sql).fetch_all(&mut *session).await?;
    let ends = rows.first().zip(rows.last());
    let (begin, end) = ends.ok_or_else(|| anyhow::anyhow!("no rows"))?;
    let (took_s, read) = (end.try_get::<f64, _>(0)? - begin.try_get::<f64, _>(0)?, Instant::now());
    let tick = reader.tick().await?;
    sums.active_s.0 += took_s;
    sums.active_s.1 += took_s + read.elapsed().as_secs_f64();
    // What ran last is there; what ran before may have been removed in between, and then it may be more.
    assert_eq!(did(&tick, counted).0, 3.0, "{tick:?}");
    let (calls, _, bound) = did(&tick, other);
    assert!(calls == 2.0 || (calls, bound) == (1.0, Bound::LowerBound), "{calls} {bound:?}");
    all_sums_are_sound(&tick);
    assert!(tick.integrity.deallocations > 0, "{tick:?}");
    let (done, said) = (f64::from(STATEMENTS + OTHERS), tick.total.get(Measure::Calls));
    assert!(said <= done + OURS, "{tick:?}");
    sums.done += done;
    sums.said += said;
    sums.other += calls;
    sums.evicted += tick.integrity.evicted as f64;
    Ok(())
}

/// The share of the server's work that is said to be unseen is what was: the sleepers that were removed are not
/// seen, the one that was not is, and all of it took no longer than it took.
async fn share(reader: &mut Reader, (least_s, most_s): (f64, f64), major: u16) -> Result {
    let (lost_s, seen_s) = (f64::from(ROUNDS * SLEEPERS) * LOST_S, f64::from(ROUNDS) * SEEN_S);
    let begun = Instant::now();
    loop {
        let window = entries(reader).await?.window;
        let integrity = window.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?.integrity;
        let told = integrity.active_ms.clone().is_ok_and(|ms| ms >= 1_000.0 * least_s);
        if let (true, Ok(unseen)) = (told, integrity.unseen_percent()) {
            let most_s = most_s + begun.elapsed().as_secs_f64();
            let between = 100.0 * lost_s / most_s..=100.0 - 100.0 * seen_s / most_s;
            println!("{major}: {unseen:.1} % of {least_s:.1} s unseen: {between:.1?}");
            assert!(between.contains(&unseen), "{unseen} % of {between:?}: {integrity:?}");
            return Ok(());
        }
        anyhow::ensure!(begun.elapsed() < PATIENCE, "{major}: {least_s} s: {integrity:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

macro_rules! on_every_major {
    ($($major:literal $name:ident),+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result { churn($major).await }
    )+ };
}
on_every_major! {
    14 evictions_are_lower_bounds_on_14, 15 evictions_are_lower_bounds_on_15,
    16 evictions_are_lower_bounds_on_16, 17 evictions_are_lower_bounds_on_17,
    18 evictions_are_lower_bounds_on_18
}
