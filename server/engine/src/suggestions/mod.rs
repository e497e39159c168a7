//! Index suggestions: statements of a workload are planned, never executed; the indexes that their plans ask
//! for are merged, and proved with hypothetical indexes where hypopg is installed.
//!
//! Runs only when a person asks, one at a time on a server, within a budget of statements and time.

mod changes;
mod describe;
#[cfg(test)]
mod example;
mod merge;
mod parameters;
mod proof;
mod prove;
mod smallest;
mod subject;
mod tables;
mod variants;
mod what_if;

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::explain::NotExplained;
use model::suggestions::{Considered, Suggestions, Weighted};
use model::{Known, Reason, ServerId};
use plan::Catalog;
use plan::rules::candidates;

use crate::clock::now_ms;
use crate::engine::Engine;
use crate::explain::catalog::Named;
use crate::explain::serial::SerialPlanner;
use crate::server::WatchedServer;
use merge::{Wanted, merged};
use proof::{Proof, Prover};
use subject::{Look, Subject, nothing};
use tables::Tables;

/// The most statements that are looked at.
pub const MOST_STATEMENTS: usize = 50;
/// How long planning may take, ms: the time that a person waits for a page that they asked for.
const MOST_MS: u64 = 10_000;

impl Engine {
    /// Suggests indexes for these statements of a database; of too many the costliest are looked at.
    pub async fn suggest_indexes(
        &self,
        id: &ServerId,
        database: &str,
        statements: Vec<Weighted>,
    ) -> Result<Suggestions, NotExplained> {
        let server = self.explained(id)?;
        let slot = server.explains.slot_for_person().await?;
        let (engine, id, database) = (self.clone(), id.clone(), database.to_owned());
        let spawner = Arc::clone(&server);
        let task = spawner.spawn(async move {
            let answer = suggest(&engine, &server, (&id, &database), statements).await;
            drop(slot);
            answer
        });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "looking for indexes broke");
            Err(Reason::Broken { what: "Looking for indexes".into() }.into())
        })
    }
}

async fn suggest(
    engine: &Engine,
    server: &WatchedServer,
    (id, database): (&ServerId, &str),
    statements: Vec<Weighted>,
) -> Result<Suggestions, NotExplained> {
    let begun = Instant::now();
    let deadline = begun + Duration::from_millis(MOST_MS);
    let (mut subjects, mut left_out) = costliest(statements).await?;
    let mut planner = SerialPlanner::open(server, database).await?;
    let looked = look(&mut planner, &mut subjects, deadline).await;
    planner.close().await;
    left_out += looked?;
    let named = tables(&subjects);
    let read = engine.plan_catalog(id, Some(database), &named).await?;
    let (mut catalog, unknown) = read.for_rules();
    if let Some((_, reason)) = unknown.into_iter().find(|(what, _)| *what == "indexes") {
        return Err(reason.into());
    }
    let mut planner = SerialPlanner::open(server, database).await?;
    let writes = planner.writes(&with_roots(named, &catalog)).await;
    catalog.trigrams = planner.trigrams().await.ok().flatten();
    let wanted = wanted(&subjects, &catalog);
    let tables = Tables { catalog: &catalog, writes };
    let prover = Prover { planner: &mut planner, subjects: &subjects, deadline };
    let proof = prove::prove(prover, wanted, &tables).await;
    planner.close().await;
    let proof: Proof = proof?;
    let whole: f64 = subjects.iter().map(|one| one.statement.total_ms).sum();
    Ok(Suggestions {
        at_ms: now_ms(),
        database: database.to_owned(),
        suggestions: describe::suggestions(&proof, &subjects, &tables),
        not_suggested: describe::not_suggested(&proof),
        saved_percent: describe::saved_percent(&proof, &subjects),
        is_smallest: proof.is_smallest,
        hypopg: proof.hypopg,
        statements: subjects.into_iter().map(|subject| considered(subject, whole)).collect(),
        left_out,
        took_ms: begun.elapsed().as_secs_f64() * 1_000.0,
    })
}

/// The costliest statements, read; and how many are left out.
async fn costliest(mut statements: Vec<Weighted>) -> Result<(Vec<Subject>, usize), Reason> {
    statements.sort_by(|one, two| two.total_ms.total_cmp(&one.total_ms));
    let left_out = statements.len().saturating_sub(MOST_STATEMENTS);
    statements.truncate(MOST_STATEMENTS);
    let reading = tokio::task::spawn_blocking(|| Subject::read_all(statements)).await;
    let subjects = reading.map_err(|_| Reason::Broken { what: "Reading the statements".into() })?;
    Ok((subjects, left_out))
}

/// Plans each statement as the tables are: for any value, and for common ones. How many were left out because
/// the time was up.
async fn look(
    planner: &mut SerialPlanner,
    subjects: &mut [Subject],
    deadline: Instant,
) -> Result<usize, Reason> {
    let mut left_out = 0;
    for subject in subjects {
        if Instant::now() >= deadline {
            left_out += 1;
            subject.generic = Err(nothing("It was left out: the time was up."));
            continue;
        }
        subject.generic = subject.planned(planner, None).await?;
        if subject.generic.is_ok() {
            subject.find_values(planner).await;
        }
        if let Ok(values) = subject.values.clone() {
            subject.custom = subject.planned(planner, Some(values)).await?;
        }
    }
    Ok(left_out)
}

/// The tables that the plans read, each once.
fn tables(subjects: &[Subject]) -> Vec<Named> {
    let looks = subjects.iter().flat_map(Subject::looks);
    let nodes = looks.flat_map(|look| &look.plan.nodes);
    let mut named: Vec<Named> =
        nodes.filter_map(|node| Some((node.schema.clone(), node.relation.clone()?))).collect();
    named.sort();
    named.dedup();
    named
}

/// The indexes that the plans ask for, merged.
fn wanted(subjects: &[Subject], catalog: &Catalog) -> Vec<Wanted> {
    let of = |(at, subject): (usize, &Subject)| {
        let looks: Vec<&Look> = subject.looks().collect();
        let all = looks
            .into_iter()
            .flat_map(|look| candidates(&look.plan, &plan::derive(&look.plan), catalog));
        all.map(|candidate| (at, candidate)).collect::<Vec<_>>()
    };
    merged(subjects.iter().enumerate().flat_map(of))
}

/// The tables and those that they are parts of, on which their indexes are made.
fn with_roots(mut named: Vec<Named>, catalog: &Catalog) -> Vec<Named> {
    let roots = catalog.relations.iter().filter_map(|relation| relation.root.as_ref());
    named.extend(roots.map(|root| (Some(root.schema.clone()), root.name.clone())));
    named
}

fn considered(subject: Subject, whole: f64) -> Considered {
    let share_percent = if whole > 0.0 { 100.0 * subject.statement.total_ms / whole } else { 0.0 };
    let cost: Known<f64> = subject.generic.map(|look| look.cost);
    Considered { statement: subject.statement, share_percent, cost }
}
