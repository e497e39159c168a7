//! What if: the statements are planned, changes are tried on hypothetical indexes, and the statements are planned
//! again. Nothing is created, dropped or executed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::explain::NotExplained;
use model::suggestions::{Costs, Weighted};
use model::what_if::{Change as Tried, Replanned, WhatIf};
use model::{Known, Reason, ServerId};

use super::changes::{Change, read};
use super::proof::{After, replan};
use super::subject::{Look, Subject, nothing};
use super::{MOST_MS, costliest, look};
use crate::clock::now_ms;
use crate::engine::Engine;
use crate::explain::serial::SerialPlanner;
use crate::server::WatchedServer;

impl Engine {
    /// What these changes, CREATE INDEX and DROP INDEX statements, would do to the costs of statements.
    pub async fn what_if(
        &self,
        id: &ServerId,
        database: &str,
        changes: String,
        statements: Vec<Weighted>,
    ) -> Result<WhatIf, NotExplained> {
        let server = self.explained(id)?;
        let reading = tokio::task::spawn_blocking(move || read(&changes)).await;
        let changes = reading.map_err(|_| Reason::Broken { what: "Reading the changes".into() })?;
        let changes = changes.map_err(|why| nothing(&why))?;
        let slot = server.explains.slot_for_person().await?;
        let database = database.to_owned();
        let spawner = Arc::clone(&server);
        let task = spawner.spawn(async move {
            let answer = what_if(&server, &database, changes, statements).await;
            drop(slot);
            answer
        });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "trying indexes broke");
            Err(Reason::Broken { what: "Trying indexes".into() }.into())
        })
    }
}

async fn what_if(
    server: &WatchedServer,
    database: &str,
    changes: Vec<Change>,
    statements: Vec<Weighted>,
) -> Result<WhatIf, NotExplained> {
    let begun = Instant::now();
    let deadline = begun + Duration::from_millis(MOST_MS);
    let (mut subjects, mut left_out) = costliest(statements).await?;
    let mut planner = SerialPlanner::open(server, database).await?;
    let answered = async {
        let hypopg = planner.hypopg().await?;
        left_out += look(&mut planner, &mut subjects, deadline).await?;
        let mut made = vec![];
        for change in changes {
            made.push(Made::of(change, &mut planner).await?);
        }
        let (after, in_time) = replan(&mut planner, &subjects, deadline).await?;
        Ok::<_, Reason>((hypopg, made, after, in_time))
    }
    .await;
    planner.close().await;
    let (hypopg, made, after, in_time) = answered?;
    let changes = made.into_iter().map(|one| one.told(&after)).collect();
    let whole: f64 = subjects.iter().map(|one| one.statement.total_ms).sum();
    let all = subjects.into_iter().zip(&after);
    Ok(WhatIf {
        at_ms: now_ms(),
        database: database.to_owned(),
        hypopg,
        changes,
        statements: all.map(|(one, after)| replanned(one, after, (whole, in_time))).collect(),
        left_out,
        took_ms: begun.elapsed().as_secs_f64() * 1_000.0,
    })
}

/// A change and what came of it.
struct Made {
    sql: String,
    /// The name of the hypothetical index; None for one that is left out.
    outcome: Known<Option<String>>,
    size_bytes: Option<f64>,
}

impl Made {
    async fn of(change: Change, planner: &mut SerialPlanner) -> Result<Self, Reason> {
        let sql = change.sql();
        let (outcome, size_bytes) = match change {
            Change::Create { sql } => match planner.create(&sql).await? {
                Ok(made) => (Ok(Some(made.name)), made.size_bytes),
                Err(why) => (Err(why), None),
            },
            Change::Drop { name } => (planner.hide(&name).await?.map(|()| None), None),
        };
        Ok(Self { sql, outcome, size_bytes })
    }

    fn told(self, after: &[After]) -> Tried {
        let name = self.outcome.as_ref().ok().and_then(Option::as_ref);
        let reads = |look: &Option<Look>| {
            look.as_ref().zip(name).is_some_and(|(look, name)| look.reads(name))
        };
        let read_by = after.iter().filter(|one| reads(&one.generic) || reads(&one.custom)).count();
        Tried {
            sql: format!("{};", self.sql),
            tried: self.outcome.map(|_| ()),
            size_bytes: self.size_bytes,
            read_by,
        }
    }
}

fn replanned(subject: Subject, after: &After, (whole, in_time): (f64, bool)) -> Replanned {
    let costs = |before: Known<Look>, after: &Option<Look>| -> Known<Costs> {
        let before = before?.cost;
        let why = if in_time { "It could not be planned again." } else { "The time was up." };
        let after = after.as_ref().ok_or_else(|| nothing(why))?.cost;
        Ok(Costs { before, after })
    };
    let share_percent = if whole > 0.0 { 100.0 * subject.statement.total_ms / whole } else { 0.0 };
    Replanned {
        generic: costs(subject.generic, &after.generic),
        custom: costs(subject.custom, &after.custom),
        statement: subject.statement,
        share_percent,
    }
}
