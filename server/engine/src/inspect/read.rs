//! Reads one page and makes of its rows what the page of pgdeck shows.

use model::inspect::btree::{BtreePage, Entry, Meta};
use model::inspect::heap::{HeapPage, Item, Pointer, Tuple, Visibility};
use model::inspect::{Asked, Content, Header, NotInspected};
use model::{Known, Reason};
use sqlx::Arguments;
use sqlx::postgres::PgRow;

use super::access::{self, GrantedRow, Kind, VISIBILITY};
use super::relation::Relation;
use super::{FREE_SPACES, GRANTED_FUNCTIONS, VISIBILITIES, toast};
use crate::measure::functions::look_up;
use crate::measure::needs::{self, FREE_SPACE, Function, FunctionRow};
use crate::measure::session::{Session, Stopped, bound};
use crate::sql::Query;

/// Bits that `pg_checksum` and flags have: pageinspect gives them as signed numbers of two bytes.
const TWO_BYTES: i64 = 0xffff;

#[derive(sqlx::FromRow)]
struct HeaderRow {
    #[sqlx(try_from = "model::text::Text")]
    lsn: String,
    checksum: i64,
    flags: i64,
    lower: i64,
    upper: i64,
    special: i64,
    pagesize: i64,
    prune_xid: i64,
}

#[derive(sqlx::FromRow)]
struct HeapRow {
    #[sqlx(flatten)]
    header: HeaderRow,
    lp: Option<i64>,
    lp_off: Option<i64>,
    lp_flags: Option<i64>,
    lp_len: Option<i64>,
    t_xmin: Option<i64>,
    t_xmax: Option<i64>,
    next_block: Option<i64>,
    next_lp: Option<i64>,
    t_hoff: Option<i64>,
    t_infomask: Option<i64>,
    t_infomask2: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct BtreeRow {
    #[sqlx(flatten)]
    header: HeaderRow,
    #[sqlx(try_from = "model::text::Text", rename = "type")]
    kind: String,
    live_items: i64,
    dead_items: i64,
    free_size: i64,
    btpo_prev: i64,
    btpo_next: i64,
    btpo_level: i64,
    btpo_flags: i64,
    itemoffset: Option<i64>,
    itemlen: Option<i64>,
    block: Option<i64>,
    #[sqlx(try_from = "model::text::MaybeText")]
    htid: Option<String>,
    tids: i64,
    #[sqlx(try_from = "model::text::Text")]
    first_tids: String,
    dead: Option<bool>,
    nulls: bool,
}

#[derive(sqlx::FromRow)]
struct MetaRow {
    #[sqlx(flatten)]
    header: HeaderRow,
    version: i64,
    root: i64,
    level: i64,
    fastroot: i64,
    fastlevel: i64,
    allequalimage: bool,
}

#[derive(sqlx::FromRow)]
struct VisibilityRow {
    all_visible: bool,
    all_frozen: bool,
}

#[derive(sqlx::FromRow)]
struct FreeRow {
    free_bytes: i64,
}

/// One look at one page.
pub struct Reading<'a> {
    /// The session.
    pub session: &'a mut Session,
    /// The relation.
    pub relation: &'a Relation,
    /// Which page.
    pub asked: &'a Asked,
}

impl Reading<'_> {
    /// Reads it.
    pub async fn read(mut self) -> Result<(Header, Content), NotInspected> {
        let kind = self.relation.kind;
        let functions = kind.functions().iter().copied().chain([VISIBILITY, FREE_SPACE]).collect();
        let functions = look_up(self.session, functions).await?;
        let arguments = bound(|to| to.add(kind.granted()))?;
        let granted: Option<GrantedRow> =
            self.session.row(&GRANTED_FUNCTIONS, "", arguments).await?;
        let role = self.relation.role();
        let (query, schema) = access::way(kind, &functions, granted.as_ref(), role)?;
        match kind {
            Kind::Heap => self.heap(query, &schema, &functions).await,
            Kind::Btree => {
                let rows: Vec<BtreeRow> = self.rows(query, &schema).await?;
                btree(rows).ok_or(NotInspected::NoRelation)
            }
            Kind::BtreeMeta => {
                let rows: Vec<MetaRow> = self.rows(query, &schema).await?;
                rows.into_iter().next().map(meta).ok_or(NotInspected::NoRelation)
            }
        }
    }

    /// The rows of a query about this page.
    async fn rows<T>(&mut self, query: &Query, schema: &str) -> Result<Vec<T>, Stopped>
    where
        T: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
    {
        let (oid, block) = (self.relation.oid, i64::from(self.asked.block));
        let arguments = bound(|to| to.add(oid).and_then(|()| to.add(block)))?;
        self.session.rows(query, schema, arguments).await
    }

    async fn heap(
        &mut self,
        query: &Query,
        schema: &str,
        functions: &[(Function, FunctionRow)],
    ) -> Result<(Header, Content), NotInspected> {
        let rows: Vec<HeapRow> = self.rows(query, schema).await?;
        let first = rows.first().ok_or(NotInspected::NoRelation)?;
        let header = header(&first.header);
        let items: Vec<Item> = rows.iter().filter_map(item).collect();
        let visibility = self.map(&VISIBILITY, &VISIBILITIES, functions, |row: VisibilityRow| {
            Visibility { all_visible: row.all_visible, all_frozen: row.all_frozen }
        });
        let visibility = visibility.await?;
        let free_space = self.map(&FREE_SPACE, &FREE_SPACES, functions, |row: FreeRow| {
            row.free_bytes.unsigned_abs()
        });
        let free_space = free_space.await?;
        let chosen = items.iter().find(|item| Some(item.lp) == self.asked.item);
        let toast = toast::read(self.session, self.relation, self.asked, chosen).await?;
        Ok((header, Content::Heap(Box::new(HeapPage { items, visibility, free_space, toast }))))
    }

    /// What a map tells of this block, or what is missing for it; a lock ends the look.
    async fn map<R, T>(
        &mut self,
        function: &Function,
        query: &Query,
        functions: &[(Function, FunctionRow)],
        of: impl FnOnce(R) -> T,
    ) -> Result<Known<T>, Stopped>
    where
        R: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
    {
        let row = functions.iter().find(|(asked, _)| asked == function).map(|(_, row)| row);
        let schema = match needs::schema(function, row, self.relation.role()) {
            Ok(schema) => schema,
            Err(reason) => return Ok(Err(reason)),
        };
        let rows: Vec<R> = self.rows(query, &schema).await?;
        Ok(rows.into_iter().next().map(of).ok_or(Reason::NotYet))
    }
}

fn whole<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

fn header(row: &HeaderRow) -> Header {
    Header {
        lsn: row.lsn.clone(),
        checksum: whole(row.checksum & TWO_BYTES),
        flags: whole(row.flags & TWO_BYTES),
        lower: whole(row.lower),
        upper: whole(row.upper),
        special: whole(row.special),
        page_bytes: whole(row.pagesize),
        prune_xid: whole(row.prune_xid),
    }
}

fn item(row: &HeapRow) -> Option<Item> {
    // `itemid.h`: LP_UNUSED, LP_NORMAL, LP_REDIRECT, LP_DEAD.
    let pointer = match row.lp_flags? {
        1 => Pointer::Normal,
        2 => Pointer::Redirect,
        3 => Pointer::Dead,
        _ => Pointer::Unused,
    };
    let (offset, length) = (whole(row.lp_off?), whole(row.lp_len?));
    Some(Item { lp: whole(row.lp?), pointer, offset, length, tuple: tuple(row) })
}

fn tuple(row: &HeapRow) -> Option<Tuple> {
    Some(Tuple {
        xmin: whole(row.t_xmin?),
        xmax: whole(row.t_xmax?),
        next_block: whole(row.next_block?),
        next_lp: whole(row.next_lp?),
        header_bytes: whole(row.t_hoff?),
        infomask: whole(row.t_infomask? & TWO_BYTES),
        infomask2: whole(row.t_infomask2? & TWO_BYTES),
    })
}

fn btree(rows: Vec<BtreeRow>) -> Option<(Header, Content)> {
    let first = rows.first()?;
    let header = header(&first.header);
    let page = BtreePage {
        kind: first.kind.clone(),
        level: whole(first.btpo_level),
        left: whole(first.btpo_prev),
        right: whole(first.btpo_next),
        flags: whole(first.btpo_flags & TWO_BYTES),
        live_items: whole(first.live_items),
        dead_items: whole(first.dead_items),
        free_bytes: whole(first.free_size),
        entries: rows.into_iter().filter_map(entry).collect(),
    };
    Some((header, Content::Btree(page)))
}

fn entry(row: BtreeRow) -> Option<Entry> {
    Some(Entry {
        place: whole(row.itemoffset?),
        length: whole(row.itemlen?),
        block: whole(row.block?),
        row: row.htid,
        rows: whole(row.tids),
        first_rows: row.first_tids,
        is_dead: row.dead,
        has_nulls: row.nulls,
    })
}

fn meta(row: MetaRow) -> (Header, Content) {
    let meta = Meta {
        version: whole(row.version),
        root: whole(row.root),
        level: whole(row.level),
        fast_root: whole(row.fastroot),
        fast_level: whole(row.fastlevel),
        all_equal_image: row.allequalimage,
    };
    (header(&row.header), Content::BtreeMeta(meta))
}
