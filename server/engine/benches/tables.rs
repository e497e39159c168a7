//! What a page of the list of tables costs with 100,000 tables in memory: the first page, a search, an order, single
//! partitions. Medians and the 95th percentile.
//!
//! `cargo bench -p engine --bench tables [-- TABLES]`

use std::sync::Arc;
use std::time::Instant;

use engine::areas::tables::listing::{Beside, Prepared, list};
use model::of_database::OfDatabase;
use model::tables::{Counters, DatabaseTables, IndexSize, Kind, Question, Table, Tables};

const TABLES: u32 = 100_000;
const ROUNDS: usize = 60;
/// Of a hundred tables this many are partitions of one.
const PARTITIONS: u32 = 50;

fn main() {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let count = given.unwrap_or(TABLES);
    let tables = tables(count);
    let question = |q: &str, sort: &str, kind: &str| Question {
        q: q.into(),
        sort: sort.into(),
        kind: kind.into(),
        ..Question::default()
    };
    let began = Instant::now();
    let prepared = Prepared::new(&tables);
    println!("prepared once for each reading: {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    println!("{count} tables, {ROUNDS} rounds");
    for (name, question) in [
        ("first page", question("", "", "")),
        ("search", question("s_7.orders_99", "", "")),
        ("search without a match", question("no such table", "", "")),
        ("by dead rows", question("", "-dead", "")),
        ("single partitions", question("", "-size", "partitions")),
    ] {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let began = Instant::now();
                std::hint::black_box(list(&tables, &prepared, &question, &Beside::default()));
                began.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied();
        let (median, p95) = (at(0.5).unwrap_or_default(), at(0.95).unwrap_or_default());
        println!("{name}: median {median:.1} ms, p95 {p95:.1} ms");
    }
}

fn tables(count: u32) -> Tables {
    let tables = (0..count).map(|oid| Arc::new(table(oid))).collect();
    let read = DatabaseTables { block_bytes: 8_192, tables, ..DatabaseTables::default() };
    let value = Ok(Arc::new(read));
    let database = OfDatabase { datname: "shop".into(), at_ms: 0, took_ms: 0.0, value };
    Tables { databases: vec![database], ..Tables::default() }
}

fn table(oid: u32) -> Table {
    let (of, place) = (oid - oid % 100, oid % 100);
    let is_partition = (1..=PARTITIONS).contains(&place);
    Table {
        oid,
        nspname: format!("s_{}", oid % 40).into(),
        relname: format!("orders_{oid}"),
        kind: if place == 0 { Kind::Partitioned } else { Kind::Table },
        relispartition: is_partition,
        parent: is_partition.then_some(of),
        relpages: oid.wrapping_mul(2_654_435_761) % 100_000,
        reltuples: Some(f64::from(oid)),
        counters: Counters {
            n_live_tup: 1_000,
            n_dead_tup: i64::from(oid % 997),
            ..Counters::default()
        },
        indexes: vec![IndexSize {
            oid: index_oid(oid),
            relpages: oid % 1_000,
            ..IndexSize::default()
        }],
        ..Table::default()
    }
}

/// The oid of an index: behind those of all tables.
fn index_oid(oid: u32) -> u32 {
    10_000_000 + oid
}
