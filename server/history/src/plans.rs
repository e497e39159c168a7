//! Plans of statements that were seen: each shape once, with the time from the first to the last look.

use crate::beside::{Event, StatementPlan};
use crate::db::{Conn, Row, query, sql};
use crate::error::Error;
use crate::history::History;

/// The most plans that are kept of a statement; those that were not seen for the longest time go.
pub const MOST_PLANS: usize = 20;
/// The largest plan that is kept, bytes of its text.
pub const MOST_PLAN_BYTES: usize = 256 << 10;
/// The most plans of one answer: those of a few keys with the same fingerprint.
const MOST_ANSWERED: usize = 100;

/// The same number for the database.
fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl History {
    /// The plans of a statement, newest first: those of its key, and those of other keys with the same
    /// fingerprint unless that is empty.
    ///
    /// Errors: when the file cannot be read.
    pub async fn plans(
        &self,
        cluster: &str,
        key: &str,
        fingerprint: &str,
    ) -> Result<Vec<StatementPlan>, Error> {
        let plans = query("select cluster, key, database, how, shape, fingerprint, plan, first_ms, last_ms from statement_plan where cluster = $1 and (key = $2 or fingerprint = $3 and fingerprint <> '') order by last_ms desc, first_ms desc, key, database, how, shape limit $4")
            .bind(cluster)
            .bind(key)
            .bind(fingerprint)
            .bind(whole(MOST_ANSWERED));
        self.ask(plans, plan).await
    }
}

/// Writes a plan, or that it was seen again. Where the newest plan that was had in the same way has another
/// shape, `flip` is written too; gives whether it was.
pub(crate) async fn write_plan(
    conn: &mut Conn,
    plan: &StatementPlan,
    flip: Option<&Event>,
) -> Result<bool, sqlx::Error> {
    let newest = query("select shape from statement_plan where cluster = $1 and key = $2 and database = $3 and how = $4 and last_ms <= $5 order by last_ms desc, first_ms desc limit 1")
        .bind(&plan.cluster).bind(&plan.key).bind(&plan.database).bind(&plan.how)
        .bind(plan.last_ms)
        .fetch_optional(conn).await?;
    let newest: Option<String> = newest.map(|row| row.try_get(0)).transpose()?;
    query(sql::PLAN)
        .bind(&plan.cluster)
        .bind(&plan.key)
        .bind(&plan.database)
        .bind(&plan.how)
        .bind(&plan.shape)
        .bind(&plan.fingerprint)
        .bind(&plan.plan)
        .bind(plan.first_ms)
        .bind(plan.last_ms)
        .execute(conn)
        .await?;
    query("delete from statement_plan where cluster = $1 and key = $2 and (database, how, shape) not in (select database, how, shape from statement_plan where cluster = $1 and key = $2 order by last_ms desc, first_ms desc, database, how, shape limit $3)")
        .bind(&plan.cluster)
        .bind(&plan.key)
        .bind(whole(MOST_PLANS))
        .execute(conn)
        .await?;
    Ok(flip.is_some() && newest.is_some_and(|newest| newest != plan.shape))
}

fn plan(row: &Row) -> Result<StatementPlan, sqlx::Error> {
    Ok(StatementPlan {
        cluster: row.try_get(0)?,
        key: row.try_get(1)?,
        database: row.try_get(2)?,
        how: row.try_get(3)?,
        shape: row.try_get(4)?,
        fingerprint: row.try_get(5)?,
        plan: row.try_get(6)?,
        first_ms: row.try_get(7)?,
        last_ms: row.try_get(8)?,
    })
}
