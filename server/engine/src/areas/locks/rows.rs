//! Row types of the lock queries: a lock with its session, a relation's name.

use model::locks::{LockMode, LockObject, LockSession, ObjectKind};

/// A lock of a contested object, held or waited for.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of lock_rows.14.sql, in the spelling of pg_locks")]
pub struct LockRow {
    #[sqlx(try_from = "model::text::Text")]
    pub locktype: String,
    pub database: Option<i64>,
    pub relation: Option<i64>,
    pub page: Option<i32>,
    pub tuple: Option<i32>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub virtualxid: Option<String>,
    pub transactionid: Option<i64>,
    pub classid: Option<i64>,
    pub objid: Option<i64>,
    pub objsubid: Option<i32>,
    #[sqlx(try_from = "model::text::Text")]
    pub virtualtransaction: String,
    pub prepared_xid: Option<i64>,
    #[sqlx(try_from = "model::text::Text")]
    pub mode: String,
    pub granted: bool,
    pub fastpath: bool,
    pub waitstart_us: Option<i64>,
    pub server_now_ms: i64,
    pub pid: Option<i32>,
    pub hidden: bool,
    #[sqlx(flatten)]
    pub session: LockSession,
}

/// A relation's name.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of relation_names.14.sql")]
pub struct NameRow {
    pub database: Option<i64>,
    pub id: i64,
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
}

impl LockRow {
    /// What is locked, without its name.
    pub fn object(&self) -> LockObject {
        LockObject {
            kind: ObjectKind::from_catalog(&self.locktype),
            database: self.database,
            relation: self.relation,
            page: self.page,
            tuple: self.tuple,
            virtualxid: self.virtualxid.clone(),
            transactionid: self.transactionid,
            classid: self.classid,
            objid: self.objid,
            objsubid: self.objsubid,
            name: None,
        }
    }

    /// The mode; None for one this version of pgdeck does not know.
    pub fn mode(&self) -> Option<LockMode> {
        LockMode::from_catalog(&self.mode)
    }

    /// The session, unless it ended between the two reads or the row is a prepared transaction's.
    pub fn seen_session(&self) -> Option<&LockSession> {
        (self.pid.is_some() && self.session.backend_start_ms.is_some() || self.hidden)
            .then_some(&self.session)
    }
}
