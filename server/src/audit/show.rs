//! Queries of the audit log: each action with its outcome in one row, newest first, filtered, paginated or
//! as CSV.

use app::csv;
use engine::now_ms;
use model::action::Outcome;
use model::audit::{AuditEnd, AuditEntry, AuditPage, AuditQuery};
use model::{Permission, ServerId, User};

use super::Audit;

/// Entries on one page.
pub const PAGE_SIZE: usize = 200;
/// Entries scanned for a page or an export: more than manual actions of years.
const MAX_SCANNED: i64 = 1_000_000;

/// An action with its outcome, as the query below returns it.
#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    at_ms: i64,
    who: String,
    server: String,
    action: String,
    object: String,
    touched: String,
    sql: String,
    reason: String,
    hash: String,
    ended_ms: Option<i64>,
    outcome: Option<String>,
    #[sqlx(rename = "says")]
    message: Option<String>,
    took_us: Option<i64>,
}

impl Row {
    fn entry(self, audit: &Audit, user: &User) -> AuditEntry {
        let outcome = self.outcome.as_deref().and_then(|outcome| outcome.parse::<Outcome>().ok());
        let end = match (self.ended_ms, outcome) {
            (Some(at_ms), Some(outcome)) => AuditEnd::Ended {
                at_ms,
                outcome,
                message: self.message.unwrap_or_default(),
                took_ms: self.took_us.map(|us| us as f64 / 1_000.0),
            },
            _ if audit.is_running(self.id) => AuditEnd::UnderWay,
            _ => AuditEnd::NeverCompleted,
        };
        let server = ServerId::new(self.server);
        // The statements of actions are pgdeck's own; an explained one is a person's.
        let is_typed = self.action.starts_with("explain");
        let is_hidden = is_typed && !self.sql.is_empty() && !user.sees_query_text(&server);
        let sql = match is_hidden {
            true => format!("-- hidden: it needs {}", Permission::QueryText.granted_by()),
            false => self.sql,
        };
        AuditEntry {
            id: self.id,
            asked_ms: self.at_ms,
            who: self.who,
            server,
            action: self.action,
            object: self.object,
            touched: self.touched,
            sql,
            reason: self.reason,
            hash: self.hash,
            end,
        }
    }
}

/// Operators read of their servers; what belongs to none is for administrators of all.
fn may_read(user: &User, server: &ServerId) -> bool {
    match server.as_str() {
        "" => user.may_on(Permission::Administer, server),
        _ => user.may_on(Permission::Audit, server),
    }
}

/// Whether an entry matches the filter; `wanted` is in lower case.
fn matches(entry: &AuditEntry, wanted: &str) -> bool {
    let texts = [
        entry.who.as_str(),
        entry.server.as_str(),
        &entry.action,
        &entry.object,
        &entry.touched,
        &entry.sql,
        &entry.reason,
        entry.end.as_str(),
    ];
    wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(wanted))
}

impl Audit {
    /// The entries that `user` may see and `query` matches, newest first, and whether there are more.
    async fn entries(
        &self,
        user: &User,
        query: &AuditQuery,
        limit: usize,
    ) -> Result<(Vec<AuditEntry>, bool), sqlx::Error> {
        use futures::TryStreamExt;
        let before = if query.before > 0 { query.before } else { i64::MAX };
        let wanted = query.text.trim().to_lowercase();
        let mut connection = self.pool.acquire().await?;
        let mut rows = sqlx::query_as::<_, Row>(
            "select asked.id, asked.at_ms, asked.who, asked.server, asked.action, asked.object,
                    asked.touched, asked.sql, asked.reason, asked.hash, ended.at_ms as ended_ms,
                    ended.outcome, ended.says, ended.took_us
             from audit asked left join audit ended on ended.act = asked.id
             where asked.kind = 'asked' and asked.id < ? order by asked.id desc limit ?",
        )
        .bind(before)
        .bind(MAX_SCANNED)
        .fetch(&mut *connection);
        let mut entries = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let entry = row.entry(self, user);
            if !may_read(user, &entry.server) || !matches(&entry, &wanted) {
                continue;
            }
            if entries.len() == limit {
                return Ok((entries, true));
            }
            entries.push(entry);
        }
        Ok((entries, false))
    }

    /// A page of the log.
    pub async fn page(&self, user: &User, query: &AuditQuery) -> Result<AuditPage, sqlx::Error> {
        let (entries, more) = self.entries(user, query, PAGE_SIZE).await?;
        Ok(AuditPage { now_ms: now_ms(), entries, more, chain: self.verify().await? })
    }

    /// All matching entries as CSV.
    pub async fn csv(&self, user: &User, query: &AuditQuery) -> Result<String, sqlx::Error> {
        let (entries, _) = self.entries(user, query, MAX_SCANNED as usize).await?;
        let mut out = String::from(
            "number,asked_ms,who,server,action,object,touched,reason,sql,result,says,ended_ms,took_ms,sha256\r\n",
        );
        for entry in entries {
            let (message, ended_ms, took_ms) = match &entry.end {
                AuditEnd::Ended { at_ms, message, took_ms, .. } => (
                    message.clone(),
                    at_ms.to_string(),
                    took_ms.map(|ms| format!("{ms:.3}")).unwrap_or_default(),
                ),
                AuditEnd::UnderWay | AuditEnd::NeverCompleted => Default::default(),
            };
            let cells = [
                entry.id.to_string(),
                entry.asked_ms.to_string(),
                entry.who,
                entry.server.to_string(),
                entry.action,
                entry.object,
                entry.touched,
                entry.reason,
                entry.sql,
                entry.end.as_str().to_owned(),
                message,
                ended_ms,
                took_ms,
                entry.hash,
            ];
            out.push_str(&cells.map(|cell| csv::cell(&cell)).join(","));
            out.push_str("\r\n");
        }
        Ok(out)
    }
}
