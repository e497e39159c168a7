//! Tests of the listing.

use std::sync::Arc;

use model::tables::{
    Band, Counters, DatabaseTables, IndexSize, Kind, Maintenance, Persistence, Reclaimable, Table,
    TableBloat,
};
use model::{OfDatabase, Reason};

use super::*;

const BLOCK: i64 = 8_192;

fn table(oid: u32, name: &str, relpages: u32) -> Table {
    Table { oid, nspname: "public".into(), relname: name.into(), relpages, ..Table::default() }
}

fn partition(oid: u32, of: u32, name: &str, relpages: u32) -> Table {
    let maintenance = Maintenance {
        last_vacuum_ms: (oid != 12).then_some(i64::from(oid)),
        last_analyze_ms: Some(i64::from(oid)),
        ..Maintenance::default()
    };
    Table {
        relispartition: true,
        parent: Some(of),
        maintenance: maintenance.into(),
        reltuples: Some(10.0),
        ..table(oid, name, relpages)
    }
}

fn listed(tables: &Tables, question: &Question, beside: &Beside) -> Listing {
    list(tables, &Prepared::new(tables), question, beside)
}

/// A database with a partition tree of two levels, and one that cannot be read.
fn shop() -> Tables {
    let counters = |dead| Counters { n_live_tup: 100, n_dead_tup: dead, ..Counters::default() };
    let tables = vec![
        table(5, "Small", 1),
        Table { kind: Kind::Partitioned, ..table(10, "events", 0) },
        partition(11, 10, "events_2025", 100),
        partition(12, 13, "events_2026_01", 50),
        Table { kind: Kind::Partitioned, ..partition(13, 10, "events_2026", 0) },
        Table {
            counters: counters(300),
            persistence: Persistence::Unlogged,
            indexes: vec![IndexSize { oid: 21, relpages: 5, ..IndexSize::default() }],
            ..table(20, "<script>\"Ünï\"", 20)
        },
        Table { nspname: "pg_catalog".into(), ..table(1_247, "pg_type", 900) },
    ];
    let tables = tables.into_iter().map(Arc::new).collect();
    let read = DatabaseTables { block_bytes: 8_192, tables, ..DatabaseTables::default() };
    let hidden = Reason::MissingGrant {
        what: "the database".into(),
        is_message: false,
        sql: "grant connect".into(),
    };
    let of = |datname: &str, value| OfDatabase {
        datname: datname.into(),
        at_ms: 1,
        took_ms: 1.0,
        value,
    };
    Tables {
        databases: vec![
            of("shop", Ok(Arc::new(read))),
            of("hr", Err(hidden)),
            of("new", Err(Reason::NotYet)),
        ],
        ..Tables::default()
    }
}

fn asked(change: impl FnOnce(&mut Question)) -> Listing {
    let mut question = Question::default();
    change(&mut question);
    listed(&shop(), &question, &Beside::default())
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.rows.iter().map(|row| row.relname.as_str()).collect()
}

#[test]
fn a_partitioned_table_stands_for_its_tree() {
    let all = asked(|_| {});
    assert_eq!(names(&all), ["events", "<script>\"Ünï\"", "Small"]);
    let events = &all.rows[0];
    assert_eq!((events.partitions, events.sums.heap_bytes), (3, 150 * BLOCK));
    assert_eq!(events.sums.reltuples, Some(20.0));
    assert_eq!(
        (events.sums.vacuumed_ms, events.sums.analyzed_ms),
        (None, Some(11)),
        "one never was vacuumed"
    );
    assert_eq!((all.matching, all.matching_bytes), (3, (150 + 25 + 1) * BLOCK));
    let single = asked(|q| q.kind = "partitions".into());
    assert_eq!(names(&single), ["events_2025", "events_2026_01", "events_2026"]);
    assert_eq!(names(&asked(|q| q.kind = "partitioned".into())), ["events"]);
    // A partition that matches is found at the top of its tree.
    assert_eq!(names(&asked(|q| q.q = "2026_01".into())), ["events"]);
}

#[test]
fn filters_narrow_and_say_what_they_did_not_understand() {
    assert_eq!(names(&asked(|q| q.kind = "unlogged".into())), ["<script>\"Ünï\""]);
    assert_eq!(names(&asked(|q| q.kind = "system".into())), ["pg_type"]);
    assert_eq!(names(&asked(|q| q.q = "PUBLIC.small".into())), ["Small"]);
    assert_eq!(names(&asked(|q| q.q = "ÜNÏ".into())), ["<script>\"Ünï\""]);
    assert!(asked(|q| q.database = "other".into()).rows.is_empty());
    let odd = asked(|q| (q.kind, q.sort) = ("<b>".into(), "-<i>".into()));
    assert_eq!((odd.notes.len(), odd.rows.len()), (2, 3));
    assert!(odd.notes.iter().all(|note| !note.contains('<')));
    let mut beside = Beside::default();
    beside.found.insert(("shop".into(), "public.events_2026_01".into()));
    let question = Question { problem: "tables/any".into(), ..Question::default() };
    assert_eq!(names(&listed(&shop(), &question, &beside)), ["events"]);
    assert!(listed(&shop(), &question, &Beside::default()).rows.is_empty());
}

#[test]
fn what_is_not_known_comes_last_either_way() {
    let dead = |sort: &str| asked(|q| q.sort = sort.into());
    assert_eq!(names(&dead("-dead"))[0], "<script>\"Ünï\"");
    assert_eq!(names(&dead("dead"))[0], "<script>\"Ünï\"");
    assert_eq!(dead("-dead").rows[0].sums.dead_percent(), Some(75.0));
    assert_eq!(names(&asked(|q| q.sort = "-indexes".into()))[0], "<script>\"Ünï\"");
}

#[test]
fn databases_that_are_not_known_say_why() {
    let databases = asked(|_| {}).databases;
    let known: Vec<_> =
        databases.iter().map(|one| (one.datname.as_str(), one.tables.is_ok())).collect();
    assert_eq!(known, [("shop", true), ("hr", false), ("new", false)]);
    assert_eq!(databases[0].tables.as_ref().ok().map(|(tables, _)| *tables), Some(7));
}

#[test]
fn a_page_has_fifty_rows_and_the_last_one_the_rest() {
    let tables: Vec<Table> = (1..=130).map(|oid| table(oid, &format!("t{oid}"), oid)).collect();
    let tables = tables.into_iter().map(Arc::new).collect();
    let read = DatabaseTables { block_bytes: 8_192, tables, ..DatabaseTables::default() };
    let value = Ok(Arc::new(read));
    let database = OfDatabase { datname: "many".into(), at_ms: 0, took_ms: 0.0, value };
    let many = Tables { databases: vec![database], ..Tables::default() };
    let page = |page| listed(&many, &Question { page, ..Question::default() }, &Beside::default());
    let first = page(0);
    assert_eq!((first.rows.len(), first.matching), (PAGE_ROWS, 130));
    assert_eq!((names(&first)[0], names(&first)[49]), ("t130", "t81"));
    assert_eq!(names(&page(1))[0], "t80");
    for far in [page(2), page(99)] {
        assert_eq!((far.page, far.rows.len(), names(&far)[29]), (2, 30, "t1"));
    }
    assert_eq!(first.tiles.len(), 81, "the largest, and one for all others");
    let areas: f64 = first.tiles.iter().map(|tile| tile.area).sum();
    assert_eq!(areas, first.matching_bytes as f64);
}

/// The room of a tree is that of its partitions; what is not estimated comes last and is counted.
#[test]
fn what_would_come_back_is_summed_over_a_tree_and_ordered_by_its_low_end() {
    let with = |table: Table, low: i64| {
        let band = Band { low, high: 2 * low, point: Some(low), ..Band::default() };
        let bloat = TableBloat { heap: Ok(band), toast: None, indexes: Vec::new() };
        Table { bloat: Some(Arc::new(Ok(bloat))), ..table }
    };
    let mib = 1 << 20;
    let tables = vec![
        with(table(1, "some", 10), 3 * mib),
        with(table(2, "little", 10), mib / 4),
        table(3, "unknown", 10),
        Table { kind: Kind::Partitioned, ..table(10, "events", 0) },
        with(partition(11, 10, "events_1", 10), 2 * mib),
        with(partition(12, 10, "events_2", 10), 2 * mib),
        partition(13, 10, "events_3", 10),
    ];
    let tables = tables.into_iter().map(Arc::new).collect();
    let read = DatabaseTables { block_bytes: 8_192, tables, ..DatabaseTables::default() };
    let value = Ok(Arc::new(read));
    let database = OfDatabase { datname: "d".into(), at_ms: 0, took_ms: 0.0, value };
    let all = Tables { databases: vec![database], ..Tables::default() };
    let question =
        Question { sort: "-reclaimable".into(), map: "reclaimable".into(), ..Question::default() };
    let listing = listed(&all, &question, &Beside::default());
    assert_eq!(names(&listing), ["events", "some", "little", "unknown"]);
    let most: Vec<_> = listing
        .most_reclaimable
        .iter()
        .map(|row| (row.relname.as_str(), row.sums.reclaimable))
        .collect();
    let of =
        |low: i64, unknown| Some(Reclaimable { low, likely: Some(low), high: 2 * low, unknown });
    assert_eq!(most, [("events", of(4 * mib, 1)), ("some", of(3 * mib, 0))]);
    assert_eq!(Some(listing.reclaimable), of(7 * mib + mib / 4, 2));
    let tiles: Vec<_> = listing.tiles.iter().map(|tile| tile.area).collect();
    assert_eq!(tiles, [4.0 * mib as f64, 3.0 * mib as f64, 0.25 * mib as f64]);
}

#[test]
fn a_loop_of_parents_ends() {
    let looped = |oid, of| Table { kind: Kind::Partitioned, ..partition(oid, of, "loop", 1) };
    let tables = [looped(1, 2), looped(2, 1)];
    assert_eq!(trees::entries(&[&tables[0], &tables[1]], true).len(), 2);
}
