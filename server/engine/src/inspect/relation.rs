//! The table or index whose page is looked at: looked up without a lock.

use model::inspect::{Asked, NotInspected};
use model::{Known, Reason};
use sqlx::Arguments;
use sqlx::postgres::types::Oid;

use super::RELATIONS;
use super::access::Kind;
use crate::measure::SIZES;
use crate::measure::session::{Session, Stopped, bound};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RelationRow {
    pub oid: i64,
    #[sqlx(try_from = "model::text::Text")]
    pub relkind: String,
    #[sqlx(try_from = "model::text::Text")]
    pub amname: String,
    pub block_bytes: i64,
    #[sqlx(try_from = "model::text::Text")]
    pub role: String,
    pub superuser: bool,
    pub usage: bool,
    pub can_select: bool,
    pub toast_oid: Option<i64>,
    #[sqlx(try_from = "model::text::Text")]
    pub toast_nspname: String,
    #[sqlx(try_from = "model::text::Text")]
    pub toast_relname: String,
    pub exclusive_pid: Option<i32>,
}

#[derive(sqlx::FromRow)]
struct SizeRow {
    bytes: i64,
}

/// A table or index that has pages to look at.
pub struct Relation {
    /// What the catalog says of it.
    pub row: RelationRow,
    /// Its object ID.
    pub oid: Oid,
    /// What kind of pages it has; of a B-tree the first is another.
    pub kind: Kind,
    /// Its blocks.
    pub blocks: u64,
}

impl Relation {
    /// Looks it up. Nothing that could wait for its lock is asked before it is known that nobody holds one.
    pub async fn find(session: &mut Session, asked: &Asked) -> Result<Self, NotInspected> {
        let arguments = bound(|to| to.add(&*asked.schema).and_then(|()| to.add(&*asked.name)))?;
        let row: Option<RelationRow> = session.row(&RELATIONS, "", arguments).await?;
        let row = row.ok_or(NotInspected::NoRelation)?;
        let kind = kind(&row.relkind, &row.amname, asked.block)?;
        if let Some(pid) = row.exclusive_pid {
            return Err(NotInspected::Locked { pid: Some(pid) });
        }
        let oid = oid(row.oid)?;
        let blocks = bytes(session, oid).await? / row.block_bytes.unsigned_abs().max(1);
        Ok(Self { row, oid, kind, blocks })
    }

    /// The role that asks and whether it is a superuser.
    pub fn role(&self) -> (&str, bool) {
        (&self.row.role, self.row.superuser)
    }
}

/// Size of a relation, bytes.
pub async fn bytes(session: &mut Session, oid: Oid) -> Result<u64, Stopped> {
    let row: Option<SizeRow> = session.row(&SIZES, "", bound(|to| to.add(oid))?).await?;
    Ok(row.map_or(0, |row| row.bytes.unsigned_abs()))
}

/// An object ID as a parameter.
pub fn oid(number: i64) -> Known<Oid> {
    let undecodable =
        |_| Reason::Undecodable { what: "inspected_relations".into(), column: Some("oid".into()) };
    u32::try_from(number).map(Oid).map_err(undecodable)
}

/// The kind of its pages, by `pg_class.relkind` and access method.
fn kind(relkind: &str, access_method: &str, block: u32) -> Result<Kind, NotInspected> {
    let what = match (relkind, access_method) {
        ("r" | "m" | "t", "heap") => return Ok(Kind::Heap),
        ("i", "btree") if block == 0 => return Ok(Kind::BtreeMeta),
        ("i", "btree") => return Ok(Kind::Btree),
        ("i", method) => format!("an index of the access method {method}"),
        ("r" | "m" | "t", method) => format!("a table of the access method {method}"),
        ("p", _) => "a partitioned table, whose rows are in its partitions".into(),
        ("I", _) => "a partitioned index, whose entries are in those of the partitions".into(),
        ("v", _) => "a view, which has no pages".into(),
        ("f", _) => "a foreign table, which has no pages here".into(),
        ("S", _) => "a sequence".into(),
        _ => "no table and no index".into(),
    };
    Err(NotInspected::Unfit { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_page_of_a_btree_is_its_metapage() {
        assert_eq!(kind("i", "btree", 0), Ok(Kind::BtreeMeta));
        assert_eq!(kind("i", "btree", 1), Ok(Kind::Btree));
        assert_eq!(kind("t", "heap", 0), Ok(Kind::Heap));
        assert!(kind("i", "gin", 0).is_err_and(|not| not.message().contains("gin")));
        assert!(kind("p", "", 0).is_err());
    }
}
