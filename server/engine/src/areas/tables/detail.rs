//! One table from the newest reading in memory, with its partitions.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use model::pruning::{PartitionKey, TreeKey};
use model::tables::detail::{Detail, MOST_PARTITIONS, TableName};
use model::tables::{DatabaseTables, Kind, Table, Tables};
use model::{Known, Reason};

use super::listing::of_entry;
use super::listing::trees::{Entry, of_oid, sums};

/// The table of that name, or why it is not known.
pub fn detail(tables: &Tables, name: &TableName) -> Known<Detail> {
    let nothing = |message: &str| Reason::Nothing { message: message.to_owned() };
    let database = tables.databases.iter().find(|one| one.datname == name.database);
    let database = database
        .ok_or_else(|| nothing("There is no database of this name that may be connected to."))?;
    let read = database.value.as_ref().map_err(Clone::clone)?;
    let is_it = |table: &&Arc<Table>| *table.nspname == *name.schema && table.relname == name.name;
    let table = read.tables.iter().find(is_it).ok_or_else(|| {
        nothing("No table of this name was there when its database was last read.")
    })?;
    let datname = database.datname.as_str();
    let row = |entry: &Entry<'_>| of_entry(datname, entry, sums(entry, read.block_bytes));
    let below: Vec<Entry<'_>> = {
        let of = |one: &&Arc<Table>| one.relispartition && one.parent == Some(table.oid);
        read.tables.iter().filter(of).map(|one| Entry::below(&read.tables, one)).collect()
    };
    let whole = Entry::below(&read.tables, table);
    let more_partitions = below.len().saturating_sub(MOST_PARTITIONS);
    let mut partitions: Vec<_> = below.iter().map(row).collect();
    partitions.sort_by_key(|row| Reverse(row.sums.total_bytes()));
    partitions.truncate(MOST_PARTITIONS);
    let above = table.parent.and_then(|oid| of_oid(&read.tables, oid));
    Ok(Detail {
        table: table.as_ref().clone(),
        row: row(&whole),
        block_bytes: read.block_bytes,
        at_ms: database.at_ms,
        stats_reset_ms: read.stats_reset_ms,
        parent: above.map(|above| (above.nspname.to_string(), above.relname.clone())),
        partitions,
        more_partitions,
        tree_key: (table.kind == Kind::Partitioned).then(|| tree_key(read, &whole)),
        autovacuum: read.autovacuum.clone(),
        server_now_ms: read.server_now_ms,
    })
}

/// By what a table and the partitioned ones below it are divided.
fn tree_key(read: &DatabaseTables, whole: &Entry<'_>) -> Known<TreeKey> {
    let schema = read.schema.as_deref().ok_or(Reason::NotYet)?;
    let keys = schema.partition_keys.as_deref().map_err(Clone::clone)?;
    let oids: HashSet<i64> = whole.all().map(|table| i64::from(table.oid)).collect();
    let own: Vec<&PartitionKey> = keys.iter().filter(|key| oids.contains(&key.oid)).collect();
    if own.is_empty() {
        return Err(Reason::NotYet);
    }
    let mut columns: Vec<String> = own.iter().filter_map(|key| key.attname.clone()).collect();
    columns.sort();
    columns.dedup();
    Ok(TreeKey {
        columns,
        has_expression: own.iter().any(|key| key.attname.is_none()),
        is_pruning_on: own.iter().all(|key| key.is_pruning_on),
        leaves: whole.partitions.iter().filter(|table| table.kind != Kind::Partitioned).count(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::of_database::OfDatabase;

    use super::*;

    fn tree() -> Tables {
        let one = |oid: u32, parent: Option<u32>, relpages| Table {
            oid,
            nspname: "public".into(),
            relname: format!("t{oid}"),
            parent,
            relispartition: parent.is_some(),
            kind: if relpages == 0 { Kind::Partitioned } else { Kind::Table },
            relpages,
            ..Table::default()
        };
        let tables = vec![
            one(1, None, 0),
            one(2, Some(1), 3),
            one(3, Some(1), 0),
            one(4, Some(3), 5),
            one(5, Some(3), 7),
        ];
        let value = Ok(Arc::new(DatabaseTables {
            tables: tables.into_iter().map(Arc::new).collect(),
            block_bytes: 8_192,
            ..DatabaseTables::default()
        }));
        let database = OfDatabase { datname: "d".into(), at_ms: 0, took_ms: 0.0, value };
        Tables { databases: vec![database], ..Tables::default() }
    }

    fn named(database: &str, name: &str) -> TableName {
        TableName { database: database.into(), schema: "public".into(), name: name.into() }
    }

    #[test]
    fn a_tree_is_shown_level_by_level() {
        let pages = |name: &str| {
            let found = detail(&tree(), &named("d", name)).expect("it is there");
            let below = found.partitions.iter();
            let below: Vec<_> =
                below.map(|row| (row.relname.clone(), row.sums.heap_bytes / 8_192)).collect();
            (found.row.sums.heap_bytes / 8_192, found.parent.map(|(_, name)| name), below)
        };
        assert_eq!(pages("t1"), (15, None, vec![("t3".into(), 12), ("t2".into(), 3)]));
        assert_eq!(pages("t3"), (12, Some("t1".into()), vec![("t5".into(), 7), ("t4".into(), 5)]));
        assert_eq!(pages("t4"), (5, Some("t3".into()), vec![]));
    }

    #[test]
    fn what_is_not_there_is_nothing_and_no_failure() {
        for name in [named("d", "no"), named("no", "t1"), TableName::default()] {
            assert!(detail(&tree(), &name).is_err_and(|reason| reason.is_nothing()), "{name:?}");
        }
    }
}
