//! Cancels a running EXPLAIN with pg_cancel_backend on a second session. The process id, the backend's
//! start and the run's marker in its current text must all match, so that a reused pid or, behind a
//! pooler, another client's statement is never cancelled.

use std::time::Duration;

use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use tokio::time::{Instant, sleep};

use super::registry::{Backend, Run};
use super::{CANCELLATIONS, script};
use crate::capability::OLDEST_MAJOR;
use crate::connection::batch::BEGIN;
use crate::connection::on_demand::{OnDemand, Stop};
use crate::server::WatchedServer;
use model::Reason;

/// How long we go on telling the server: between two statements of a run there is nothing to cancel.
const TELL_FOR: Duration = Duration::from_secs(5);
/// How often.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// Our deadline for each telling.
const DEADLINE: Duration = Duration::from_secs(2);
/// The same for the server, ms.
const TIMEOUT_MS: u64 = 1_000;

#[derive(sqlx::FromRow)]
struct Sent {
    sent: bool,
}

/// Tells the server until the run is over, or for five seconds.
pub async fn tell(server: &WatchedServer, run: &Run) -> Result<(), Reason> {
    let until = Instant::now() + TELL_FOR;
    let mut session: Option<OnDemand> = None;
    while !run.is_over() && Instant::now() < until {
        if let Some(backend) = run.backend() {
            let mut open = match session.take() {
                Some(open) => open,
                None => open_session(server, run).await?,
            };
            if let Err(stop) = once(&mut open, backend, run).await {
                return Err(open.reason(stop, TIMEOUT_MS));
            }
            session = Some(open);
        }
        sleep(TELL_EVERY).await;
    }
    if let Some(session) = session {
        session.close().await;
    }
    Ok(())
}

/// After our own deadline: tells the server until the backend does something else, or for five seconds.
pub async fn make_sure(server: &WatchedServer, run: &Run) -> Result<(), Reason> {
    let until = Instant::now() + TELL_FOR;
    let Some(backend) = run.backend() else { return Ok(()) };
    let mut session = open_session(server, run).await?;
    loop {
        match once(&mut session, backend, run).await {
            Ok(true) if Instant::now() < until => sleep(TELL_EVERY).await,
            Ok(_) => break,
            Err(stop) => return Err(session.reason(stop, TIMEOUT_MS)),
        }
    }
    session.close().await;
    Ok(())
}

async fn open_session(server: &WatchedServer, run: &Run) -> Result<OnDemand, Reason> {
    let dsn = super::run::dsn(server, run.database.as_deref())?;
    OnDemand::open(&dsn, &server.budget, server.overhead.clone()).await
}

/// Tells once. `false` when the backend does something else at the moment, or nothing.
async fn once(session: &mut OnDemand, backend: Backend, run: &Run) -> Result<bool, Stop> {
    let Some(file) = CANCELLATIONS.pick(OLDEST_MAJOR) else { return Ok(false) };
    let mut arguments = PgArguments::default();
    let added = arguments
        .add(backend.pid)
        .and_then(|()| arguments.add(backend.start_us))
        .and_then(|()| arguments.add(script::marker(&run.id)));
    if added.is_err() {
        return Ok(false);
    }
    let begin = format!("{BEGIN};set local statement_timeout = {TIMEOUT_MS}");
    session.command(begin, DEADLINE).await?;
    let sent: Vec<Sent> = session.rows(file, arguments, DEADLINE).await?;
    session.command("rollback".to_owned(), DEADLINE).await?;
    Ok(sent.first().is_some_and(|row| row.sent))
}
