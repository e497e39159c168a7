//! How a page may be read: pageinspect itself, which is for superusers, or functions that a superuser made of our
//! own queries. Pure.

use model::{Known, Reason};

use super::{
    BTREE_METAS, BTREE_PAGES, GRANTED_BTREE_METAS, GRANTED_BTREE_PAGES, GRANTED_HEAP_PAGES,
    HEAP_PAGES,
};
use crate::capability::OLDEST_MAJOR;
use crate::error::{quoted, quoted_literal};
use crate::measure::needs::{self, Function, FunctionRow};
use crate::sql::{Fill, Query};

/// The kinds of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of a heap.
    Heap,
    /// Of a B-tree, not its first.
    Btree,
    /// The metapage of a B-tree.
    BtreeMeta,
}

const PAGE_HEADER: Function = needs::raw("page_header", "bytea");
const BTREE_ITEMS: Function = needs::raw("bt_page_items", "bytea");
const BTREE_META: Function = needs::raw("bt_metap", "text");
/// Tells a block's bits in the visibility map.
pub const VISIBILITY: Function =
    needs::function("pg_visibility", "pg_visibility_map", "regclass, bigint");

/// Columns of a page's header and their types, which each kind of page begins with.
const HEADER: &str = "lsn text, checksum int8, flags int8, lower int8, upper int8, special int8, pagesize int8, prune_xid int8";

impl Kind {
    const ALL: [Self; 3] = [Self::Heap, Self::Btree, Self::BtreeMeta];

    /// What it calls of pageinspect.
    pub fn functions(self) -> &'static [Function] {
        match self {
            Self::Heap => &[needs::RAW_PAGE, PAGE_HEADER, needs::HEAP_ITEMS],
            Self::Btree => &[needs::RAW_PAGE, PAGE_HEADER, needs::LEAVES, BTREE_ITEMS],
            Self::BtreeMeta => &[needs::RAW_PAGE, PAGE_HEADER, BTREE_META],
        }
    }

    /// The function that a superuser makes for it.
    pub fn granted(self) -> &'static str {
        match self {
            Self::Heap => "heap_page",
            Self::Btree => "btree_page",
            Self::BtreeMeta => "btree_meta",
        }
    }

    /// What that function tells, behind the header.
    fn columns(self) -> &'static str {
        match self {
            Self::Heap => {
                "lp int8, lp_off int8, lp_flags int8, lp_len int8, t_xmin int8, t_xmax int8, next_block int8, next_lp int8, t_hoff int8, t_infomask int8, t_infomask2 int8"
            }
            Self::Btree => {
                "type text, live_items int8, dead_items int8, free_size int8, btpo_prev int8, btpo_next int8, btpo_level int8, btpo_flags int8, itemoffset int8, itemlen int8, block int8, htid text, tids int8, first_tids text, dead bool, nulls bool"
            }
            Self::BtreeMeta => {
                "version int8, root int8, level int8, fastroot int8, fastlevel int8, allequalimage bool"
            }
        }
    }

    fn direct(self) -> &'static Query {
        match self {
            Self::Heap => &HEAP_PAGES,
            Self::Btree => &BTREE_PAGES,
            Self::BtreeMeta => &BTREE_METAS,
        }
    }

    /// The body of that function: our own query.
    fn body(self, schema: &str) -> String {
        let file = self.direct().pick(OLDEST_MAJOR);
        let fill = Fill { schema, ..Fill::default() };
        file.map(|file| fill.fill(file.without(&[])).into_owned()).unwrap_or_default()
    }
}

/// What the server says of a function in the schema `pgdeck`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GrantedRow {
    /// Its body.
    #[sqlx(try_from = "model::text::Text")]
    pub prosrc: String,
    /// Whether it runs with the rights of a superuser.
    pub is_of_superuser: bool,
    /// Whether our role may call it.
    pub may_call: bool,
}

/// How a page is read: the query, and the schema of pageinspect.
pub type Way = (&'static Query, String);

/// How this role reads pages of that kind, or what is missing.
pub fn way(
    kind: Kind,
    functions: &[(Function, FunctionRow)],
    granted: Option<&GrantedRow>,
    (role, is_superuser): (&str, bool),
) -> Known<Way> {
    let mut schema = String::new();
    for function in kind.functions() {
        let row = functions.iter().find(|(asked, _)| asked == function).map(|(_, row)| row);
        // A superuser calls it, or the owner of the function that our role calls: another.
        let row = row.map(|row| FunctionRow { usage: true, execute: true, ..row.clone() });
        schema = needs::schema(function, row.as_ref(), (role, true))?;
    }
    if is_superuser {
        return Ok((kind.direct(), schema));
    }
    let is_ours = |row: &&GrantedRow| row.is_of_superuser && row.prosrc == kind.body(&schema);
    let sql = match granted.filter(is_ours) {
        Some(row) if row.may_call => {
            let query = match kind {
                Kind::Heap => &GRANTED_HEAP_PAGES,
                Kind::Btree => &GRANTED_BTREE_PAGES,
                Kind::BtreeMeta => &GRANTED_BTREE_METAS,
            };
            return Ok((query, schema));
        }
        Some(_) => grants(role),
        None => create_functions(&schema, role),
    };
    Err(Reason::missing_grant(
        "raw pages, which PostgreSQL keeps for superusers, whatever was granted. A superuser can make functions that tell what their headers hold, and no value of a row",
        sql,
    ))
}

/// What a superuser runs once per database: functions that read one page with their owner's rights and tell what
/// our own queries tell, for the role that pgdeck connects as. `schema` is that of pageinspect.
pub fn create_functions(schema: &str, role: &str) -> String {
    let create = Kind::ALL.map(|kind| {
        let (name, columns) = (kind.granted(), kind.columns());
        let body = quoted_literal(&kind.body(schema));
        format!(
            "create function pgdeck.{name}(oid, bigint)
returns table ({HEADER}, {columns})
language sql strict security definer set search_path = pg_catalog, pg_temp
as {body};
revoke all on function pgdeck.{name}(oid, bigint) from public;"
        )
    });
    // In one transaction: a new function is open to all until it is revoked.
    format!(
        "begin;
create schema if not exists pgdeck;
drop function if exists {};
{}
{}
commit;",
        names(),
        create.join("\n"),
        grants(role)
    )
}

fn names() -> String {
    Kind::ALL.map(|kind| format!("pgdeck.{}(oid, bigint)", kind.granted())).join(", ")
}

fn grants(role: &str) -> String {
    let role = quoted(role);
    format!(
        "grant usage on schema pgdeck to {role};
grant execute on function {} to {role};",
        names()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> FunctionRow {
        FunctionRow {
            place: 1,
            available: true,
            nspname: "public".into(),
            installed: true,
            usage: false,
            found: true,
            execute: false,
        }
    }

    fn functions() -> Vec<(Function, FunctionRow)> {
        Kind::Heap.functions().iter().map(|function| (*function, row())).collect()
    }

    fn sql(granted: Option<&GrantedRow>) -> Option<String> {
        let way = way(Kind::Heap, &functions(), granted, ("watcher", false));
        way.err().and_then(|reason| reason.remedy())
    }

    #[test]
    fn only_a_superusers_function_with_our_own_body_is_called() {
        let whole = Some(create_functions("public", "watcher"));
        assert_eq!(sql(None), whole);
        let prosrc = Kind::Heap.body("public");
        let ours = GrantedRow { prosrc, is_of_superuser: true, may_call: true };
        assert_eq!(sql(Some(&ours)), None);
        assert_eq!(sql(Some(&GrantedRow { is_of_superuser: false, ..ours.clone() })), whole);
        let other = GrantedRow { prosrc: "select 1".into(), ..ours.clone() };
        assert_eq!(sql(Some(&other)), whole);
        let closed = GrantedRow { may_call: false, ..ours };
        assert_eq!(sql(Some(&closed)), Some(grants("watcher")));
    }

    #[test]
    fn the_functions_tell_no_value() {
        let sql = create_functions("a'b\"", "o'\"");
        for value in ["t_data", "t_bits", "i.data", "t_attrs"] {
            assert!(!sql.contains(value), "{value}");
        }
        assert!(sql.contains("\"a''b\"\"\".get_raw_page("), "{sql}");
        assert!(sql.contains("to \"o'\"\"\";"), "{sql}");
    }

    #[test]
    fn an_extension_comes_first() {
        let none = FunctionRow { installed: false, found: false, ..row() };
        let rows: Vec<_> = functions().into_iter().map(|(one, _)| (one, none.clone())).collect();
        let told = way(Kind::Heap, &rows, None, ("watcher", false)).map(drop);
        assert_eq!(
            told.err().and_then(|reason| reason.remedy()).as_deref(),
            Some("create extension pageinspect;")
        );
    }
}
