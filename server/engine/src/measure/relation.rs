//! The relation that is measured: looked up without a lock, and what each method would read of it.

use model::measure::{Method, NotMeasured, Offer, Target};
use model::{Known, Reason};
use sqlx::Arguments;
use sqlx::postgres::types::Oid;

use super::arithmetic::Page;
use super::functions::look_up;
use super::needs::{self, Function, FunctionRow};
use super::session::{Session, bound};
use super::{SIZES, TARGETS, VISIBLE_PAGES};

/// Blocks whose free space is sampled: two standard deviations are 2.2 percentage points then, at 10 pages of
/// the map (`docs/limits.md#measured-bloat`).
const FREE_SPACE_BLOCKS: u64 = 2_000;
/// Pages that are sampled with pageinspect (`docs/limits.md#measured-bloat`).
const RAW_PAGES: u64 = 200;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TargetRow {
    pub oid: i64,
    #[sqlx(try_from = "model::text::Text")]
    pub relkind: String,
    #[sqlx(try_from = "model::text::Text")]
    pub amname: String,
    pub relallvisible: i64,
    pub fillfactor: Option<i32>,
    pub block_bytes: i64,
    #[sqlx(try_from = "model::text::Text")]
    pub role: String,
    pub superuser: bool,
    pub live: i64,
    pub dead: i64,
    pub exclusive_pid: Option<i32>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
struct SizeRow {
    bytes: i64,
    fsm_bytes: i64,
    vm_bytes: i64,
}

#[derive(sqlx::FromRow)]
struct VisibleRow {
    all_visible: i64,
}

/// A table or index that can be measured.
pub struct Relation {
    row: TargetRow,
    sizes: SizeRow,
    functions: Vec<(Function, FunctionRow)>,
    all_visible: u64,
}

impl Relation {
    /// Looks it up. Nothing that could wait for its lock is asked before it is known that nobody holds one.
    pub async fn find(session: &mut Session, target: &Target) -> Result<Self, NotMeasured> {
        let (schema, name) = (target.schema.as_str(), target.relation.as_str());
        let arguments = bound(|to| to.add(schema).and_then(|()| to.add(name)))?;
        let row: Option<TargetRow> = session.row(&TARGETS, "", arguments).await?;
        let row = row.ok_or(NotMeasured::NoRelation)?;
        if let Some(pid) = row.exclusive_pid {
            return Err(NotMeasured::Locked { pid: Some(pid) });
        }
        let methods = needs::methods(&row.relkind, &row.amname);
        if methods.is_empty() {
            return Err(NotMeasured::Unfit);
        }
        let functions = asked(session, &methods).await?;
        let oid = oid(&row)?;
        let sizes = session.row(&SIZES, "", bound(|to| to.add(oid))?).await?;
        let mut relation = Self {
            all_visible: row.relallvisible.unsigned_abs(),
            sizes: sizes.ok_or(NotMeasured::NoRelation)?,
            row,
            functions,
        };
        if let Ok(schema) = relation.schema(&needs::VISIBLE)
            && methods.contains(&Method::Approximate)
        {
            let counted = session.row(&VISIBLE_PAGES, &schema, bound(|to| to.add(oid))?).await?;
            relation.all_visible = counted
                .map_or(relation.all_visible, |row: VisibleRow| row.all_visible.unsigned_abs());
        }
        Ok(relation)
    }

    /// Its object ID.
    pub fn oid(&self) -> Known<Oid> {
        oid(&self.row)
    }

    /// Its size, bytes.
    pub fn bytes(&self) -> u64 {
        self.sizes.bytes.unsigned_abs()
    }

    /// Its pages.
    pub fn pages(&self) -> u64 {
        self.bytes() / self.block_bytes()
    }

    /// How a rewrite fills its pages.
    pub fn page(&self) -> Page {
        Page { block_bytes: self.block_bytes(), fillfactor: self.row.fillfactor }
    }

    /// The share of its rows that live, by the cumulative statistics; 1 where they know of none.
    pub fn live_share(&self) -> f64 {
        let all = self.row.live.max(0).saturating_add(self.row.dead.max(0));
        if all > 0 { self.row.live.max(0) as f64 / all as f64 } else { 1.0 }
    }

    /// The methods that there are for it, with what they read or what is missing.
    pub fn offers(&self) -> Vec<Offer> {
        let methods = needs::methods(&self.row.relkind, &self.row.amname);
        methods
            .into_iter()
            .map(|method| Offer {
                method,
                reads: self.schema_of(method).map(|_| self.reads(method)),
            })
            .collect()
    }

    /// The schema of what a method calls, or what is missing.
    pub fn schema_of(&self, method: Method) -> Known<String> {
        let mut schema = Err(Reason::NotYet);
        for function in needs::functions(method) {
            schema = Ok(self.schema(function)?);
        }
        schema
    }

    /// How many blocks a method samples.
    pub fn sampled(&self, method: Method) -> u64 {
        let most = if method == Method::FreeSpaceMap { FREE_SPACE_BLOCKS } else { RAW_PAGES };
        self.pages().min(most)
    }

    /// What a method is going to read, bytes.
    pub fn reads(&self, method: Method) -> u64 {
        let (fsm, vm) = (self.sizes.fsm_bytes.unsigned_abs(), self.sizes.vm_bytes.unsigned_abs());
        let sampled = self.sampled(method).saturating_mul(self.block_bytes());
        match method {
            Method::FreeSpaceMap => sampled.min(fsm),
            Method::Approximate => {
                let unseen = self.pages().saturating_sub(self.all_visible);
                let unseen = unseen.saturating_mul(self.block_bytes());
                unseen.saturating_add(fsm).saturating_add(vm)
            }
            Method::Tuples | Method::Btree | Method::Hash => self.bytes(),
            Method::SampledPages | Method::SampledLeaves => sampled,
            Method::Gin => self.block_bytes(),
        }
    }

    fn block_bytes(&self) -> u64 {
        self.row.block_bytes.unsigned_abs().max(1)
    }

    fn schema(&self, function: &Function) -> Known<String> {
        let row = self.functions.iter().find(|(asked, _)| asked == function);
        let role = (self.row.role.as_str(), self.row.superuser);
        needs::schema(function, row.map(|(_, row)| row), role)
    }
}

fn oid(row: &TargetRow) -> Known<Oid> {
    let undecodable =
        |_| Reason::Undecodable { what: "targets".into(), column: Some("oid".into()) };
    u32::try_from(row.oid).map(Oid).map_err(undecodable)
}

/// What the server says of the functions of these methods.
async fn asked(
    session: &mut Session,
    methods: &[Method],
) -> Result<Vec<(Function, FunctionRow)>, NotMeasured> {
    let of_methods = methods.iter().flat_map(|method| needs::functions(*method));
    let functions = of_methods.copied().chain([needs::VISIBLE]).collect();
    Ok(look_up(session, functions).await?)
}
