//! Decodes indexes, tables and foreign keys by the place of their numbers.

use model::indexes::{ForeignKey, Index, Key, Owner, Texts};
use sqlx::FromRow;
use sqlx::postgres::PgRow;

use crate::fields::{Fields, access_method, number, text, unreadable};

/// A table as read.
pub struct OwnerRow(pub Owner);

/// An index as read.
pub struct IndexRow(pub Index);

/// A foreign key as read.
pub struct ForeignKeyRow(pub ForeignKey);

/// The definition of an index.
#[derive(Debug)]
pub struct DefinitionRow {
    /// The index.
    pub oid: u32,
    /// How it is made.
    pub indexdef: Option<String>,
    /// How its constraint is.
    pub constraintdef: Option<String>,
}

/// A column of a foreign key.
pub struct ColumnRow {
    /// The table.
    pub attrelid: u32,
    /// The column's number.
    pub attnum: i16,
    /// Its name.
    pub attname: String,
}

/// A build of an index.
pub struct BuildRow(pub Option<u32>);

fn oid(row: &PgRow, at: usize) -> Result<u32, sqlx::Error> {
    number(row, at)?.ok_or_else(unreadable)
}

impl<'r> FromRow<'r, PgRow> for OwnerRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let numbers = text(row, 3)?.unwrap_or_default();
        let mut fields = Fields::of(&numbers)?;
        Ok(Self(Owner {
            oid: oid(row, 0)?,
            nspname: text(row, 1)?.unwrap_or_default().into(),
            relname: text(row, 2)?.unwrap_or_default(),
            partitioned: fields.next()? == "p",
            parent: fields.maybe()?,
            relpages: fields.pages()?,
            reltuples: fields.reltuples()?.0,
            seq_scan: fields.number()?,
            n_tup_ins: fields.number()?,
            n_tup_upd: fields.number()?,
            n_tup_del: fields.number()?,
            n_tup_hot_upd: fields.number()?,
            n_live_tup: fields.number()?,
            n_tup_newpage_upd: fields.maybe()?,
            // Until it is compared with the reading before.
            entries_per_s: Some(0.0),
        }))
    }
}

impl<'r> FromRow<'r, PgRow> for IndexRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let numbers = text(row, 7)?.unwrap_or_default();
        let mut fields = Fields::of(&numbers)?;
        let amname = access_method(fields.next()?);
        let partitioned = fields.next()? == "I";
        let columns: Vec<i16> = fields.list()?;
        let (classes, collations, options): (Vec<u32>, Vec<u32>, Vec<u16>) =
            (fields.list()?, fields.list()?, fields.list()?);
        let count: usize = fields.number()?;
        let at = |list: &[u32], place: usize| list.get(place).copied().unwrap_or_default();
        let key = |(place, attnum): (usize, &i16)| Key {
            attnum: *attnum,
            opclass: at(&classes, place),
            collation: at(&collations, place),
            option: options.get(place).copied().unwrap_or_default(),
        };
        let keys = columns.iter().take(count).enumerate().map(key).collect();
        let mut included: Vec<i16> = columns.iter().skip(count).copied().collect();
        included.sort_unstable();
        let mut index = Index {
            oid: oid(row, 0)?,
            indrelid: oid(row, 1)?,
            relname: text(row, 2)?.unwrap_or_default(),
            conname: text(row, 3)?,
            texts: Texts {
                expressions: text(row, 4)?,
                predicate: text(row, 5)?,
                ..Texts::default()
            }
            .into(),
            not_null_column: number(row, 6)?,
            amname,
            partitioned,
            keys,
            included,
            indisunique: fields.is_set()?,
            indnullsnotdistinct: fields.is_set()?,
            indisprimary: fields.is_set()?,
            indisexclusion: fields.is_set()?,
            invalid: fields.is_set()?,
            not_ready: fields.is_set()?,
            not_live: fields.is_set()?,
            indisclustered: fields.is_set()?,
            indisreplident: fields.is_set()?,
            // Until it is compared with the reading before.
            scanned: Some(0),
            ..Index::default()
        };
        // What kind of constraint it is follows from the rest.
        fields.next()?;
        index.parent = fields.maybe()?;
        count_of(&mut index, &mut fields)?;
        Ok(Self(index))
    }
}

fn count_of(index: &mut Index, fields: &mut Fields<'_>) -> Result<(), sqlx::Error> {
    index.relpages = fields.pages()?;
    (index.reltuples, _) = fields.reltuples()?;
    index.idx_scan = fields.number()?;
    index.idx_tup_read = fields.number()?;
    index.idx_tup_fetch = fields.number()?;
    let blocks: i64 = fields.number()?;
    index.idx_blks_hit = fields.number()?;
    index.idx_blks_read = blocks.saturating_sub(index.idx_blks_hit).max(0);
    index.last_idx_scan_ms = fields.maybe()?;
    index.stats_reset_ms = fields.maybe()?;
    Ok(())
}

impl<'r> FromRow<'r, PgRow> for ForeignKeyRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let numbers = text(row, 1)?.unwrap_or_default();
        let mut fields = Fields::of(&numbers)?;
        Ok(Self(ForeignKey {
            conname: text(row, 0)?.unwrap_or_default(),
            oid: fields.number()?,
            conrelid: fields.number()?,
            confrelid: fields.number()?,
            conindid: fields.number()?,
            not_valid: fields.next()? == "f",
            confupdtype: fields.next()?.to_owned(),
            confdeltype: fields.next()?.to_owned(),
            parent: fields.maybe()?.filter(|parent| *parent != 0),
            conkey: fields.list()?,
            columns: Vec::new(),
        }))
    }
}

impl<'r> FromRow<'r, PgRow> for DefinitionRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { oid: oid(row, 0)?, indexdef: text(row, 1)?, constraintdef: text(row, 2)? })
    }
}

impl<'r> FromRow<'r, PgRow> for ColumnRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            attrelid: oid(row, 0)?,
            attnum: number(row, 1)?.ok_or_else(unreadable)?,
            attname: text(row, 2)?.unwrap_or_default(),
        })
    }
}

impl<'r> FromRow<'r, PgRow> for BuildRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self(number(row, 1)?))
    }
}
