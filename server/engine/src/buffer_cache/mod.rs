//! What shared buffers hold, read only when a person asks: by pg_buffercache in one database, within a time and a
//! memory limit, one reading at a time, ended when the page is left.
//!
//! Server functions check the user's permission; what may run is decided here.

mod prewarm;
mod read;

use std::sync::Arc;
use std::time::Instant;

use model::buffer_cache::{BufferCache, Detail};
use model::measure::NotMeasured;
use model::{Cause, Reason, ServerId};
use tokio::task::JoinHandle;

use crate::clock::now_ms;
use crate::engine::Engine;
use crate::measure::session::Session;
use crate::server::WatchedServer;
use crate::sql::sql;
use read::Reading;

sql! {
    CACHE_STATES = "cache_states" [14];
    CACHE_SUMMARIES = "cache_summaries" [16];
    USAGE_COUNTS = "usage_counts" [16];
    CACHED_RELATIONS = "cached_relations" [14];
    DISK_READERS = "disk_readers" [14];
}

/// The time limit, ms: a million buffers (8 GB) take about a second (`docs/limits.md#shared-buffers-by-relation`).
pub const TIME_MS: u64 = 15_000;

impl Engine {
    /// Reads what shared buffers hold; `database` is that of the connection where it is empty.
    pub async fn buffer_cache(
        &self,
        id: &ServerId,
        database: &str,
        detail: Detail,
    ) -> Result<BufferCache, NotMeasured> {
        let server = self.server(id).ok_or_else(|| {
            NotMeasured::Unknown(Reason::Unreachable {
                cause: Cause::Configuration,
                message: "There is no server with that name.".into(),
                remedy: "Choose one from the fleet page.".into(),
            })
        })?;
        let slot = server.explains.slot_for_person().await.map_err(|_| NotMeasured::Busy)?;
        let connected = server.facts().map(|facts| facts.database).unwrap_or_default();
        let database = if database.is_empty() { connected } else { database.to_owned() };
        let spawner = Arc::clone(&server);
        // Its own task, on the thread of its server. Dropped with the request, it drops its session, and the
        // server notices that its client is gone.
        let mut task = EndsWithRequest(spawner.spawn(async move {
            let _slot = slot;
            read(&server, &database, detail).await
        }));
        (&mut task.0).await.unwrap_or_else(|_| {
            tracing::error!("reading the buffer cache broke");
            Err(Reason::Broken { what: "Reading the buffer cache".into() }.into())
        })
    }
}

/// A task that is ended when nobody waits for it any more.
struct EndsWithRequest<T>(JoinHandle<T>);

impl<T> Drop for EndsWithRequest<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn read(
    server: &WatchedServer,
    database: &str,
    detail: Detail,
) -> Result<BufferCache, NotMeasured> {
    let mut session = Session::open(server, database, TIME_MS).await?;
    let started = Instant::now();
    let mut reading = Reading::open(&mut session).await?;
    let summary = reading.summary().await?;
    let (relations, prewarming) = match detail {
        Detail::Summary => (None, None),
        Detail::Relations => {
            let relations = reading.relations().await?;
            let prewarming = reading.prewarming(&relations).await?;
            (Some(relations), Some(prewarming))
        }
    };
    let state = reading.state().clone();
    session.close().await;
    Ok(BufferCache {
        database: state.datname,
        at_ms: now_ms(),
        took_ms: started.elapsed().as_secs_f64() * 1_000.0,
        shared_buffers_bytes: state.shared_buffers_bytes,
        block_bytes: state.block_bytes,
        summary,
        relations,
        prewarming,
    })
}
