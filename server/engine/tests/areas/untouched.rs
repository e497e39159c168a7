//! Tables and indexes that nothing touched are not read again, and yet a reading is what a first one would be.

use std::sync::Arc;

use engine::area::Area;
use engine::areas::indexes::IndexesArea;
use engine::areas::tables::TablesArea;
use model::indexes::{DatabaseIndexes, Index, Indexes, Owner};
use model::of_database::OfDatabase;
use model::tables::{DatabaseTables, Table, Tables};
use playground::ServerOptions;

use crate::support::Result;
use crate::support::observed::Observed;

const BEFORE: &str = "create schema shop;
    create table shop.written (id int primary key, note text);
    insert into shop.written select n, 'n' || n from generate_series(1, 100) n;
    create table shop.scanned (id int);
    create table shop.toasted (id int primary key, note text);
    alter table shop.toasted alter note set storage external;
    create table shop.without_index (id int, note text);
    insert into shop.without_index select n, 'n' from generate_series(1, 100) n;
    create table shop.with_index (id int, note text);
    create index to_be_dropped on shop.with_index (id);
    create index to_be_renamed on shop.with_index (note);
    create table shop.altered (id int);
    create table shop.renamed (id int);
    create table shop.dropped (id int primary key);
    create table shop.truncated (id int primary key);
    insert into shop.truncated values (1);
    create table shop.keyed (id int not null);
    create unique index same_name on shop.keyed (id);
    create table shop.doubled (id int);
    insert into shop.doubled values (1), (1);
    create table shop.parted (at date, id int) partition by range (at);
    create table shop.part (at date, id int);
    create table shop.part_2 partition of shop.parted for values from ('2026-02-01') to ('2026-03-01');
    create index on shop.parted (id);
    create materialized view shop.seen as select 1 as one;
    create table shop.idle_1 (id int primary key); create table shop.idle_2 (id int primary key);
    create table shop.idle_3 (id int primary key); create table shop.idle_4 (id int primary key);
    vacuum analyze;";

/// What a minute may bring: DML, scans, maintenance and DDL. A failed `create index concurrently` leaves one that is
/// invalid.
const CHANGES: [&str; 16] = [
    "update shop.written set note = 'x' where id < 50",
    "select from shop.scanned",
    "insert into shop.toasted select n, repeat(md5(n::text), 1000) from generate_series(1, 20) n",
    "create index on shop.without_index (note)",
    "drop index shop.to_be_dropped",
    "alter index shop.to_be_renamed rename to \"is renamed\"",
    "alter table shop.altered set (fillfactor = 70)",
    "alter table shop.renamed rename to \"Is renamed\"",
    "drop table shop.dropped",
    "truncate shop.truncated",
    "alter table shop.keyed add constraint same_name unique using index same_name",
    "create table shop.new (id int primary key, note text)",
    "alter table shop.parted attach partition shop.part for values from ('2026-01-01') to ('2026-02-01')",
    "insert into shop.parted values ('2026-01-05', 1), ('2026-02-05', 2)",
    "refresh materialized view shop.seen",
    "vacuum (freeze, analyze) shop.without_index",
];

fn one<T>(databases: &[OfDatabase<T>]) -> Result<&T> {
    let read = databases.first().and_then(OfDatabase::known);
    read.ok_or_else(|| anyhow::anyhow!("nothing was read"))
}

/// The tables of the schema without what differs from reading to reading: ages, what moved, sizes, estimates.
fn tables(tables: &Tables) -> Result<Vec<Table>> {
    let bare = |table: &Arc<Table>| {
        let mut table = table.as_ref().clone();
        (table.moved, table.bloat, table.size_bytes) = (None, None, None);
        (table.xid_age, table.multixact_age) = (None, None);
        table.indexes.iter_mut().for_each(|index| index.size_bytes = None);
        table.indexes.sort_by_key(|index| index.oid);
        if let Some(toast) = &mut table.toast {
            (toast.xid_age, toast.multixact_age, toast.size_bytes) = (None, None, None);
            toast.index.iter_mut().for_each(|index| index.size_bytes = None);
        }
        table
    };
    let read: &DatabaseTables = one(&tables.databases)?;
    Ok(read.tables.iter().filter(|table| !table.is_system()).map(bare).collect())
}

/// The same of tables and indexes.
fn indexes(indexes: &Indexes) -> Result<(Vec<Owner>, Vec<Index>)> {
    let read: &DatabaseIndexes = one(&indexes.databases)?;
    let owner = |owner: &Arc<Owner>| Owner { entries_per_s: None, ..owner.as_ref().clone() };
    let index = |index: &Arc<Index>| Index { scanned: None, ..index.as_ref().clone() };
    Ok((read.owners.iter().map(owner).collect(), read.indexes.iter().map(index).collect()))
}

/// Fails with what differs.
fn same<T: PartialEq + std::fmt::Debug>(now: &[T], first: &[T], when: &str) {
    let only = |some: &[T], others: &[T]| -> Vec<String> {
        some.iter().filter(|one| !others.contains(one)).map(|one| format!("{one:?}")).collect()
    };
    assert_eq!(only(now, first), only(first, now), "{when}");
    assert_eq!(now.len(), first.len(), "{when}");
}

async fn equals_a_first_reading(major: u16) -> Result {
    let server = ServerOptions::new(major).setting("autovacuum", "off").start().await?;
    for statement in BEFORE.split(';').filter(|text| !text.trim().is_empty()) {
        server.exec(statement).await?;
    }
    let Observed { mut observer, facts, .. } = Observed::open(&server.dsn()).await?;
    let mut of_tables = <TablesArea as Area>::State::default();
    let mut of_indexes = <IndexesArea as Area>::State::default();
    // Counters are told within a second, on 14 within half a second more.
    let told = || tokio::time::sleep(std::time::Duration::from_millis(2_500));
    told().await;
    TablesArea::collect(&mut observer, &facts, &mut of_tables, 1).await?;
    IndexesArea::collect(&mut observer, &facts, &mut of_indexes, 1).await?;
    for statement in CHANGES {
        server.exec(statement).await?;
    }
    let doubled = "create unique index concurrently broken on shop.doubled (id)";
    anyhow::ensure!(server.exec(doubled).await.is_err(), "two rows are equal");
    told().await;
    for round in ["after changes", "after a schema got another name"] {
        let now = TablesArea::collect(&mut observer, &facts, &mut of_tables, 2).await?;
        let first = TablesArea::collect(&mut observer, &facts, &mut Default::default(), 2).await?;
        same(&tables(&now)?, &tables(&first)?, round);
        let now = IndexesArea::collect(&mut observer, &facts, &mut of_indexes, 2).await?;
        let first = IndexesArea::collect(&mut observer, &facts, &mut Default::default(), 2).await?;
        let ((owners, all), (first_owners, first_all)) = (indexes(&now)?, indexes(&first)?);
        same(&owners, &first_owners, round);
        same(&all, &first_all, round);
        assert!(now.databases.iter().any(|one| one.known().is_some_and(|read| read.compared)));
        server.exec("alter schema shop rename to \"Shop\"").await.ok();
    }
    // Nothing happens: what is idle is shared with the reading before, but for the one in sixty whose turn it is.
    let then = TablesArea::collect(&mut observer, &facts, &mut of_tables, 3).await?;
    let now = TablesArea::collect(&mut observer, &facts, &mut of_tables, 4).await?;
    let idle = |tables: &Tables| -> Result<Vec<Arc<Table>>> {
        let read = one(&tables.databases)?.tables.iter();
        Ok(read.filter(|table| table.relname.starts_with("idle_")).cloned().collect())
    };
    let pairs = idle(&then)?.into_iter().zip(idle(&now)?);
    let shared = pairs.filter(|(then, now)| Arc::ptr_eq(then, now)).count();
    assert!(shared >= 2, "{shared} of 4 were not read again");
    Ok(())
}

#[tokio::test]
async fn equals_a_first_reading_on_14() -> Result {
    equals_a_first_reading(14).await
}

#[tokio::test]
async fn equals_a_first_reading_on_16() -> Result {
    equals_a_first_reading(16).await
}

#[tokio::test]
async fn equals_a_first_reading_on_18() -> Result {
    equals_a_first_reading(18).await
}
