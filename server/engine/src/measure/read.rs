//! Reads what each method counts, those in parts part by part, and makes a result of it.

use std::hash::{BuildHasher, RandomState};

use model::measure::{Method, NotMeasured};
use model::{Known, Reason};
use sqlx::Arguments;

use super::arithmetic;
use super::registry::Run;
use super::relation::Relation;
use super::session::{Session, bound};
use super::{APPROXIMATIONS, BTREES, FREE_SPACES, GINS, HASHES, HEAP_PAGES, LEAF_PAGES, TUPLES};

/// Blocks of the free space map that are asked for at once: a millisecond.
const FREE_SPACE_PART: usize = 200;
/// Pages that are read at once: a few milliseconds, if the disk must be asked.
const RAW_PART: usize = 20;

/// What a method found.
pub struct Found {
    /// Size, bytes.
    pub bytes: u64,
    /// Blocks in the sample.
    pub sampled_blocks: Option<u64>,
    /// What a rewrite gives back, bytes.
    pub reclaimable_bytes: Known<u64>,
    /// Mean length of a live row, bytes.
    pub row_bytes: Option<f64>,
    /// Live rows.
    pub live_rows: Option<f64>,
}

#[derive(Default, sqlx::FromRow)]
struct FreeRow {
    blocks: i64,
    free_bytes: i64,
}

#[derive(sqlx::FromRow)]
struct ApproximateRow {
    bytes: i64,
    live_rows: f64,
    dead_bytes: f64,
    free_bytes: f64,
}

#[derive(sqlx::FromRow)]
struct TuplesRow {
    bytes: i64,
    live_rows: f64,
    live_bytes: f64,
}

#[derive(Default, sqlx::FromRow)]
struct HeapRow {
    blocks: i64,
    live_rows: f64,
    live_bytes: f64,
}

#[derive(sqlx::FromRow)]
struct BtreeRow {
    bytes: i64,
    internal_pages: f64,
    leaf_pages: f64,
    leaf_density: f64,
}

#[derive(Default, sqlx::FromRow)]
struct LeafRow {
    blocks: i64,
    leaves: f64,
    inner_pages: f64,
    used_bytes: f64,
    page_bytes: f64,
}

#[derive(sqlx::FromRow)]
struct GinRow {
    pending_pages: i64,
    pending_tuples: i64,
}

#[derive(sqlx::FromRow)]
struct HashRow {
    bucket_pages: i64,
    overflow_pages: i64,
    unused_pages: i64,
    free_percent: f64,
}

/// One measurement of one relation.
pub struct Reading<'a> {
    /// The session.
    pub session: &'a mut Session,
    /// Of what.
    pub relation: &'a Relation,
    /// How.
    pub method: Method,
    /// Where progress is noted.
    pub run: &'a Run,
}

impl Reading<'_> {
    /// Reads it.
    pub async fn read(mut self) -> Result<Found, NotMeasured> {
        match self.method {
            Method::FreeSpaceMap => self.free_space().await,
            Method::Approximate => self.approximate().await,
            Method::Tuples => self.tuples().await,
            Method::SampledPages => self.heap_pages().await,
            Method::Btree => self.btree().await,
            Method::SampledLeaves => self.leaf_pages().await,
            Method::Gin => self.gin().await,
            Method::Hash => self.hash().await,
        }
    }

    async fn whole<T>(&mut self, query: &crate::sql::Query) -> Result<T, NotMeasured>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
    {
        let schema = self.relation.schema_of(self.method)?;
        let oid = self.relation.oid()?;
        let row = self.session.row(query, &schema, bound(|to| to.add(oid))?).await?;
        row.ok_or(NotMeasured::NoRelation)
    }

    /// Reads a sample of blocks part by part and hands each part to `add`.
    async fn in_parts<T>(
        &mut self,
        (query, first, part): (&crate::sql::Query, u64, usize),
        mut add: impl FnMut(T),
    ) -> Result<(), NotMeasured>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
    {
        let schema = self.relation.schema_of(self.method)?;
        let (oid, chance) = (self.relation.oid()?, RandomState::new());
        let (pages, count) = (self.relation.pages(), self.relation.sampled(self.method));
        let blocks = arithmetic::sample(first, pages, count, |part| chance.hash_one(part));
        let (mut done, all) = (0_u64, blocks.len() as u64);
        self.run.read(done, all);
        for part in blocks.chunks(part) {
            let arguments = bound(|to| to.add(oid).and_then(|()| to.add(part)))?;
            if let Some(row) = self.session.row(query, &schema, arguments).await? {
                add(row);
            }
            done = done.saturating_add(part.len() as u64);
            self.run.read(done, all);
        }
        Ok(())
    }

    fn found(&self, reclaimable_bytes: Known<u64>) -> Found {
        let bytes = self.relation.bytes();
        let (sampled_blocks, row_bytes, live_rows) = (None, None, None);
        Found { bytes, sampled_blocks, reclaimable_bytes, row_bytes, live_rows }
    }

    async fn free_space(&mut self) -> Result<Found, NotMeasured> {
        let mut sum = FreeRow::default();
        let parts = (&FREE_SPACES, 0, FREE_SPACE_PART);
        self.in_parts(parts, |row: FreeRow| {
            sum.blocks = sum.blocks.saturating_add(row.blocks);
            sum.free_bytes = sum.free_bytes.saturating_add(row.free_bytes);
        })
        .await?;
        let (bytes, pages) = (self.relation.bytes(), self.relation.pages() as f64);
        let free = sum.free_bytes as f64 / sum.blocks.max(1) as f64 * pages;
        let share = self.relation.live_share();
        let given = self.relation.page().reclaimable_of_free(bytes, free, share);
        let sampled_blocks = Some(sum.blocks.unsigned_abs());
        Ok(Found { sampled_blocks, ..self.found(Ok(given)) })
    }

    async fn approximate(&mut self) -> Result<Found, NotMeasured> {
        let row: ApproximateRow = self.whole(&APPROXIMATIONS).await?;
        let bytes = row.bytes.unsigned_abs();
        let free = row.free_bytes + row.dead_bytes;
        let given = self.relation.page().reclaimable_of_free(bytes, free, 1.0);
        Ok(Found { bytes, live_rows: Some(row.live_rows), ..self.found(Ok(given)) })
    }

    async fn tuples(&mut self) -> Result<Found, NotMeasured> {
        let row: TuplesRow = self.whole(&TUPLES).await?;
        let bytes = row.bytes.unsigned_abs();
        Ok(self.of_rows(bytes, row.live_rows, row.live_bytes))
    }

    async fn heap_pages(&mut self) -> Result<Found, NotMeasured> {
        let mut sum = HeapRow::default();
        self.in_parts((&HEAP_PAGES, 0, RAW_PART), |row: HeapRow| {
            sum.blocks = sum.blocks.saturating_add(row.blocks);
            sum.live_rows += row.live_rows;
            sum.live_bytes += row.live_bytes;
        })
        .await?;
        let times = self.relation.pages() as f64 / sum.blocks.max(1) as f64;
        let (rows, live_bytes) = (sum.live_rows * times, sum.live_bytes * times);
        let sampled_blocks = Some(sum.blocks.unsigned_abs());
        Ok(Found { sampled_blocks, ..self.of_rows(self.relation.bytes(), rows, live_bytes) })
    }

    fn of_rows(&self, bytes: u64, rows: f64, live_bytes: f64) -> Found {
        let row_bytes = (rows > 0.0).then(|| live_bytes / rows);
        let page = self.relation.page();
        let given = page.reclaimable_of_rows(bytes, rows, row_bytes.unwrap_or_default());
        Found { bytes, row_bytes, live_rows: Some(rows), ..self.found(Ok(given)) }
    }

    async fn btree(&mut self) -> Result<Found, NotMeasured> {
        let row: BtreeRow = self.whole(&BTREES).await?;
        let bytes = row.bytes.unsigned_abs();
        let density = row.leaf_density / 100.0;
        let page = self.relation.page();
        let given = page.reclaimable_of_leaves(bytes, row.leaf_pages, row.internal_pages, density);
        Ok(Found { bytes, ..self.found(Ok(given)) })
    }

    async fn leaf_pages(&mut self) -> Result<Found, NotMeasured> {
        let mut sum = LeafRow::default();
        // Block 0 is the metapage.
        self.in_parts((&LEAF_PAGES, 1, RAW_PART), |row: LeafRow| {
            sum.blocks = sum.blocks.saturating_add(row.blocks);
            sum.leaves += row.leaves;
            sum.inner_pages += row.inner_pages;
            sum.used_bytes += row.used_bytes;
            sum.page_bytes += row.page_bytes;
        })
        .await?;
        let times = self.relation.pages().saturating_sub(1) as f64 / sum.blocks.max(1) as f64;
        let density = if sum.leaves > 0.0 { sum.used_bytes / sum.page_bytes } else { 0.0 };
        let (page, bytes) = (self.relation.page(), self.relation.bytes());
        let (leaves, inner) = (sum.leaves * times, sum.inner_pages * times);
        let given = page.reclaimable_of_leaves(bytes, leaves, inner, density);
        let sampled_blocks = Some(sum.blocks.unsigned_abs());
        Ok(Found { sampled_blocks, ..self.found(Ok(given)) })
    }

    async fn gin(&mut self) -> Result<Found, NotMeasured> {
        let row: GinRow = self.whole(&GINS).await?;
        Ok(self.found(Err(Reason::Nothing {
            message: format!(
                "Its pending list has {} pages with {} entries; how full its other pages are PostgreSQL does not tell.",
                row.pending_pages, row.pending_tuples
            ),
        })))
    }

    async fn hash(&mut self) -> Result<Found, NotMeasured> {
        let row: HashRow = self.whole(&HASHES).await?;
        Ok(self.found(Err(Reason::Nothing {
            message: format!(
                "It has {} bucket pages, {} overflow pages and {} unused pages; {:.0} % of its space is free. What REINDEX would give back depends on how the keys fall into buckets.",
                row.bucket_pages, row.overflow_pages, row.unused_pages, row.free_percent
            ),
        })))
    }
}
