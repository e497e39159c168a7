//! A sample of a table's blocks: which columns decide each other, and how many pairs of values there are.

use std::time::{Duration, Instant};

use model::columns::{Extended, Pair, Together};
use model::{Known, Reason};
use serde::Deserialize;

use super::{ColumnRow, Read, nothing};
use crate::connection::batch::{BEGIN, LOCK_TIMEOUT_MS};
use crate::connection::on_demand::{OnDemand, Statement};
use crate::error::quoted;

/// Rows of a sample: what ANALYZE takes for a statistics target of 100 (`std_typanalyze` in
/// `src/backend/commands/analyze.c`).
const ROWS: i64 = 30_000;
/// The most blocks that are read: 16 MiB of 8 KiB, which a disk gives in a moment.
const BLOCKS: i64 = 2_000;
/// Columns that are compared: fifteen pairs.
const COLUMNS: usize = 6;
/// Of a column with as many values as half of the sample's rows the sample tells nothing.
const SPARSE: f64 = 0.5;
/// When the server gives up, ms.
const TIMEOUT_MS: u64 = 5_000;
/// Added for the network (`docs/limits.md#connections`).
const NETWORK: Duration = Duration::from_secs(2);

/// The answer of the server: rows, and of each pair the two places, pairs of values, values of each, and rows in
/// which the one decides the other.
#[derive(Deserialize)]
struct Answer {
    rows: i64,
    pairs: Vec<(usize, usize, f64, f64, f64, f64, f64)>,
}

/// Compares the columns of a table of that name, quoted.
pub async fn together(session: &mut OnDemand, qualified: &str, read: &Read) -> Known<Together> {
    let (chosen, left_out) = chosen(read);
    if chosen.len() < 2 {
        return Err(nothing("There are no two columns whose values repeat, so none go together."));
    }
    let blocks = blocks(read.table.pages, read.table.reltuples);
    let percent = 100.0 * blocks as f64 / read.table.pages.max(1) as f64;
    let names: Vec<&str> = chosen.iter().map(|row| row.attname.as_str()).collect();
    let began = Instant::now();
    let text = answer(session, &query(qualified, &names, percent.min(100.0))).await?;
    let answer: Answer = serde_json::from_str(&text)
        .map_err(|_| Reason::Broken { what: "Reading the sample".into() })?;
    Ok(Together {
        rows: answer.rows,
        blocks,
        pairs: pairs(&answer, &names, &read.extended),
        columns: names.iter().map(|name| (*name).to_owned()).collect(),
        left_out,
        took_ms: began.elapsed().as_secs_f64() * 1_000.0,
    })
}

async fn answer(session: &mut OnDemand, sql: &str) -> Known<String> {
    let within = Duration::from_millis(TIMEOUT_MS) + NETWORK;
    let begin = format!(
        "{BEGIN};set local statement_timeout = {TIMEOUT_MS};set local lock_timeout = {LOCK_TIMEOUT_MS};\
         set local search_path = pg_catalog;set local max_parallel_workers_per_gather = 0"
    );
    let answer = match session.command(begin, within).await {
        Ok(()) => session.run(&Statement::own(sql.to_owned()), within).await,
        Err(stop) => Err(stop),
    };
    let text = answer.map_err(|stop| session.reason(stop, TIMEOUT_MS));
    let ended = session.command("rollback".into(), within).await;
    ended.map_err(|stop| session.reason(stop, TIMEOUT_MS))?;
    text?.ok_or_else(|| nothing("The sample has no answer."))
}

/// The columns to compare, those of indexes first, and why others are not.
fn chosen(read: &Read) -> (Vec<&ColumnRow>, Option<String>) {
    let rows = read.table.reltuples.unwrap_or(0.0);
    let sampled = (ROWS as f64).min(rows);
    let repeats = |row: &&ColumnRow| {
        let distinct = read.of(row).map(|numbers| numbers.distinct(rows));
        row.is_comparable
            && !row.is_unique
            && distinct.is_none_or(|distinct| distinct > 1.0 && distinct <= sampled * SPARSE)
    };
    let mut fit: Vec<&ColumnRow> = read.rows.iter().filter(repeats).collect();
    fit.sort_by_key(|row| !row.is_indexed);
    let (most, others) = (COLUMNS, fit.len().saturating_sub(COLUMNS));
    fit.truncate(most);
    let left_out = (others > 0)
        .then(|| format!("{others} more were left out: at most {most} are compared at a time."));
    (fit, left_out)
}

/// So many blocks hold the rows of a sample.
fn blocks(pages: i64, reltuples: Option<f64>) -> i64 {
    let a_page = reltuples.filter(|rows| *rows > 0.0).map(|rows| rows / pages.max(1) as f64);
    let wanted = a_page.map_or(BLOCKS, |rows| (ROWS as f64 / rows.max(1.0)).ceil() as i64);
    wanted.clamp(1, BLOCKS).min(pages.max(1))
}

fn pairs(answer: &Answer, names: &[&str], extended: &[Extended]) -> Vec<Pair> {
    let rows = answer.rows.max(1) as f64;
    let mut pairs: Vec<Pair> = answer
        .pairs
        .iter()
        .filter_map(|(first, second, pairs, of_first, of_second, decided, decided_back)| {
            let (first, second) = (*names.get(*first)?, *names.get(*second)?);
            let covers = |one: &&Extended| {
                [first, second].iter().all(|name| one.columns.iter().any(|column| column == name))
            };
            Some(Pair {
                first: first.to_owned(),
                second: second.to_owned(),
                first_values: *of_first,
                second_values: *of_second,
                pairs: *pairs,
                first_decides: decided / rows,
                second_decides: decided_back / rows,
                covered_by: extended.iter().find(covers).map(|one| one.stxname.clone()),
            })
        })
        .filter(|pair| pair.is_notable(rows))
        .collect();
    pairs.sort_by(|one, two| two.factor(rows).total_cmp(&one.factor(rows)));
    pairs
}

/// The statement: hashes of the columns' values in the sample, grouped by each pair. No value is in its answer.
fn query(qualified: &str, names: &[&str], percent: f64) -> String {
    let hashes: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            format!("pg_catalog.hash_record_extended(row({}), 0) as h{at}", quoted(name))
        })
        .collect();
    let of_pair = |first: usize, second: usize| {
        format!(
            "select {first} as a, {second} as b, h{first} as x, h{second} as y, count(*) as n from s group by 3, 4"
        )
    };
    let pairs: Vec<String> = (0..names.len())
        .flat_map(|first| (first + 1..names.len()).map(move |second| of_pair(first, second)))
        .collect();
    format!(
        "/* pgdeck columns */ with s as materialized (
           select {hashes} from only {qualified} tablesample system ({percent}) limit {most}
         ), p as materialized ({pairs}),
         forth as (select a, b, count(*) as values, coalesce(sum(n) filter (where d = 1), 0) as decided
                     from (select a, b, sum(n) as n, count(*) as d from p group by a, b, x) g group by a, b),
         back as (select a, b, count(*) as values, coalesce(sum(n) filter (where d = 1), 0) as decided
                    from (select a, b, sum(n) as n, count(*) as d from p group by a, b, y) g group by a, b)
         select pg_catalog.json_build_object(
                  'rows', (select count(*) from s),
                  'pairs', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                              a, b, c.pairs, forth.values, back.values, forth.decided, back.decided)), '[]')
                              from (select a, b, count(*) as pairs from p group by a, b) c
                              join forth using (a, b) join back using (a, b)))::text",
        hashes = hashes.join(", "),
        pairs = pairs.join(" union all "),
        most = 2 * ROWS,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_holds_what_analyze_would_take_and_no_more_than_its_blocks() {
        assert_eq!(blocks(100_000, Some(10_000_000.0)), 300);
        assert_eq!(blocks(100_000, Some(100_000.0)), 2_000);
        assert_eq!(blocks(50, Some(5_000.0)), 50);
        assert_eq!(blocks(100_000, None), 2_000, "never counted");
        assert_eq!(blocks(0, None), 1, "empty");
    }

    #[test]
    fn names_are_quoted_in_the_statement() {
        let sql = query("s.\"T\"\"x\"", &["a", "b\"; drop table t; --"], 12.5);
        assert!(sql.contains("row(\"b\"\"; drop table t; --\")"), "{sql}");
        assert!(sql.contains("from only s.\"T\"\"x\" tablesample system (12.5)"), "{sql}");
    }
}
