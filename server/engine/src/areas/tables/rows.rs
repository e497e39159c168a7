//! Decodes tables, TOAST tables and indexes by the place of their numbers: of a hundred thousand rows of forty
//! columns most are zero, and those are not sent.

use model::tables::{Counters, IndexSize, Kind, Maintenance, Persistence, Table, Toast};
use sqlx::FromRow;
use sqlx::postgres::PgRow;

use crate::fields::{self, Fields};

/// A table as read.
pub struct TableRow(pub Table);

/// A TOAST table as read.
pub struct ToastRow {
    /// The table that it belongs to.
    pub of_oid: u32,
    /// It.
    pub toast: Toast,
}

/// An index as read.
pub struct IndexRow {
    /// The table that it belongs to, which may be a TOAST table.
    pub of_oid: u32,
    size: IndexSize,
    scans: i64,
    fetched: i64,
    blocks: i64,
    blocks_hit: i64,
    last_scan_ms: Option<i64>,
}

impl<'r> FromRow<'r, PgRow> for TableRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let numbers = text(row, 7)?;
        let mut fields = Fields::of(&numbers)?;
        let relnatts = fields.number()?;
        let relispartition = fields.next()? == "t";
        let parent = fields.maybe()?;
        let numbers = Numbers::read(&mut fields)?;
        Ok(Self(Table {
            oid: oid(row, 0)?,
            nspname: text(row, 1)?.into(),
            relname: text(row, 2)?,
            kind: match text(row, 3)?.as_str() {
                "p" => Kind::Partitioned,
                "m" => Kind::MaterializedView,
                _ => Kind::Table,
            },
            persistence: match text(row, 4)?.as_str() {
                "u" => Persistence::Unlogged,
                _ => Persistence::Permanent,
            },
            relispartition,
            parent,
            amname: Some(fields::access_method(&text(row, 5)?)).filter(|name| !name.is_empty()),
            relnatts,
            relpages: numbers.relpages,
            reltuples: numbers.reltuples,
            reltuples_is_broken: numbers.reltuples_is_broken,
            relallvisible: numbers.relallvisible,
            relallfrozen: numbers.relallfrozen,
            size_bytes: None,
            reloptions: options(&text(row, 6)?),
            xid_age: numbers.xid_age,
            multixact_age: numbers.multixact_age,
            catalog_order: numbers.catalog_order,
            counters: numbers.counters,
            maintenance: numbers.maintenance.into(),
            toast: None,
            moved: None,
            bloat: None,
            indexes: Vec::new(),
        }))
    }
}

impl<'r> FromRow<'r, PgRow> for ToastRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let numbers = text(row, 3)?;
        let mut fields = Fields::of(&numbers)?;
        // The columns, whether it is a partition, and of what: the same for all.
        for _ in 0..3 {
            fields.next()?;
        }
        let numbers = Numbers::read(&mut fields)?;
        let toast = Toast {
            oid: oid(row, 1)?,
            relpages: numbers.relpages,
            reltuples: numbers.reltuples,
            relallvisible: numbers.relallvisible,
            relallfrozen: numbers.relallfrozen,
            size_bytes: None,
            reloptions: options(&text(row, 2)?),
            xid_age: numbers.xid_age,
            multixact_age: numbers.multixact_age,
            catalog_order: numbers.catalog_order,
            counters: numbers.counters.into(),
            maintenance: numbers.maintenance.into(),
            index: None,
        };
        Ok(Self { of_oid: oid(row, 0)?, toast })
    }
}

impl<'r> FromRow<'r, PgRow> for IndexRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let numbers = text(row, 4)?;
        let mut fields = Fields::of(&numbers)?;
        let relpages = fields.pages()?;
        let (reltuples, _) = fields.reltuples()?;
        Ok(Self {
            of_oid: oid(row, 0)?,
            size: IndexSize {
                oid: oid(row, 1)?,
                relname: text(row, 2)?,
                amname: fields::access_method(&text(row, 3)?),
                relpages,
                reltuples,
                size_bytes: None,
            },
            scans: fields.number()?,
            fetched: fields.number()?,
            blocks: fields.number()?,
            blocks_hit: fields.number()?,
            last_scan_ms: fields.maybe()?,
        })
    }
}

impl IndexRow {
    /// Adds it and what was read through it to its table, as `pg_stat_all_tables` does.
    pub fn add_to(self, table: &mut Table) {
        self.count(&mut table.counters);
        table.indexes.push(self.size);
    }

    /// The same for a TOAST table.
    pub fn add_to_toast(self, toast: &mut Toast) {
        toast.counters.change(|counters| self.count(counters));
        toast.index = Some(self.size);
    }

    fn count(&self, counters: &mut Counters) {
        counters.idx_scan = counters.idx_scan.saturating_add(self.scans);
        counters.idx_tup_fetch = counters.idx_tup_fetch.saturating_add(self.fetched);
        counters.idx_blks_read = counters
            .idx_blks_read
            .saturating_add(self.blocks.saturating_sub(self.blocks_hit).max(0));
        counters.idx_blks_hit = counters.idx_blks_hit.saturating_add(self.blocks_hit);
        counters.last_idx_scan_ms = counters.last_idx_scan_ms.max(self.last_scan_ms);
    }
}

/// What tables and TOAST tables have in common, in the order of the files.
struct Numbers {
    relpages: u32,
    reltuples: Option<f64>,
    reltuples_is_broken: bool,
    relallvisible: u32,
    relallfrozen: Option<u32>,
    xid_age: Option<i64>,
    multixact_age: Option<i64>,
    counters: Counters,
    maintenance: Maintenance,
    catalog_order: Option<i64>,
}

impl Numbers {
    fn read(fields: &mut Fields<'_>) -> Result<Self, sqlx::Error> {
        let relpages = fields.pages()?;
        let (reltuples, reltuples_is_broken) = fields.reltuples()?;
        let relallvisible = fields.pages()?;
        let relallfrozen = fields.maybe()?;
        let (xid_age, multixact_age) = (fields.maybe()?, fields.maybe()?);
        let mut counters = counters(fields)?;
        let mut maintenance = Maintenance {
            vacuum_count: fields.number()?,
            autovacuum_count: fields.number()?,
            analyze_count: fields.number()?,
            autoanalyze_count: fields.number()?,
            last_vacuum_ms: fields.maybe()?,
            last_autovacuum_ms: fields.maybe()?,
            last_analyze_ms: fields.maybe()?,
            last_autoanalyze_ms: fields.maybe()?,
            total_autovacuum_ms: None,
        };
        counters.last_seq_scan_ms = fields.maybe()?;
        counters.n_tup_newpage_upd = fields.maybe()?;
        maintenance.total_autovacuum_ms = fields.maybe()?;
        let catalog_order = fields.maybe()?;
        Ok(Self {
            relpages,
            reltuples,
            reltuples_is_broken,
            relallvisible,
            relallfrozen,
            xid_age,
            multixact_age,
            counters,
            maintenance,
            catalog_order,
        })
    }
}

fn counters(fields: &mut Fields<'_>) -> Result<Counters, sqlx::Error> {
    let mut counters = Counters {
        seq_scan: fields.number()?,
        seq_tup_read: fields.number()?,
        idx_tup_fetch: fields.number()?,
        n_tup_ins: fields.number()?,
        n_tup_upd: fields.number()?,
        n_tup_del: fields.number()?,
        n_tup_hot_upd: fields.number()?,
        n_live_tup: fields.number()?,
        n_dead_tup: fields.number()?,
        n_mod_since_analyze: fields.number()?,
        n_ins_since_vacuum: fields.number()?,
        ..Counters::default()
    };
    let blocks: i64 = fields.number()?;
    counters.heap_blks_hit = fields.number()?;
    counters.heap_blks_read = blocks.saturating_sub(counters.heap_blks_hit).max(0);
    Ok(counters)
}

/// A column as text; empty for NULL.
fn text(row: &PgRow, at: usize) -> Result<String, sqlx::Error> {
    Ok(fields::text(row, at)?.unwrap_or_default())
}

fn oid(row: &PgRow, at: usize) -> Result<u32, sqlx::Error> {
    fields::number(row, at)?.ok_or_else(fields::unreadable)
}

fn options(lines: &str) -> Vec<String> {
    lines.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
