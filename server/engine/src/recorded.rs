//! A recording with a past: a history store in which the last readings of all areas lie as well.
//! `pgdeck record --to` writes it and `pgdeck serve --recording` shows it.

use std::io::Read;
use std::time::Duration;

use history::{Blob, History, Source};
use model::Reason;
use model::server::ConnectionState;
use tokio::time::Instant;

use crate::clock::now_ms;
use crate::engine::Engine;
use crate::record::{FORMAT, Recording};
use crate::rule::Limits;
use crate::server::ServerConfig;

/// Time between two looks at whether the servers answer.
const LOOK: Duration = Duration::from_millis(100);
/// Time between two writes of the readings: who is killed leaves a recording that can be shown.
const KEEP: Duration = Duration::from_secs(30);
/// The most bytes that readings may unpack to: a file may claim anything.
const MOST_BYTES: u64 = 1 << 30;

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A server cannot be read.
    #[error("{}", .0.message())]
    Server(Reason),
    /// The file cannot be written.
    #[error("{0}")]
    Store(#[from] history::Error),
    /// It was interrupted at once.
    #[error("it was interrupted before every server had answered.")]
    Nothing,
    /// The readings do not fit.
    #[error("the readings of the servers are too large for a recording.")]
    TooLarge,
}

impl Engine {
    /// Shows the recording in a history store, from which its past is answered.
    ///
    /// Errors: a sentence, when there is none that this version can read.
    pub async fn replay(past: History) -> Result<Self, String> {
        let (recording, span) = read(&past).await?;
        Ok(Self::of_recording(recording, span, Some(past)))
    }
}

/// Records the servers for so long from when all of them answer, or until `stop` resolves, and closes the
/// store. A server that is lost later leaves a gap.
///
/// Errors: when a server cannot be reached at the start, or the file cannot be written at the end.
pub async fn record_into(
    servers: Vec<ServerConfig>,
    past: History,
    lasting: Duration,
    stop: impl Future<Output = ()>,
) -> Result<(), RecordError> {
    let engine = Engine::start_with(servers, Limits::default(), Some(past.clone()));
    let recorded = record(&engine, &past, lasting, stop).await;
    engine.stop().await;
    recorded
}

async fn record(
    engine: &Engine,
    past: &History,
    lasting: Duration,
    stop: impl Future<Output = ()>,
) -> Result<(), RecordError> {
    let mut stop = std::pin::pin!(stop);
    let mut is_stopped = false;
    while !all_answer(engine)? {
        if is_stopped {
            return Err(RecordError::Nothing);
        }
        is_stopped = is_first(&mut stop, LOOK).await;
    }
    let end = Instant::now() + lasting;
    while !is_stopped && Instant::now() < end {
        is_stopped = is_first(&mut stop, KEEP.min(end - Instant::now())).await;
        // A full disk may have room again before the end.
        if let Err(error) = keep_readings(engine, past).await {
            tracing::warn!(%error, "the readings are not recorded yet");
        }
    }
    keep_readings(engine, past).await
}

/// Whether it resolves within that time. Nothing else is waited for here: a write that is dropped halfway
/// loses what it has taken.
async fn is_first(stop: &mut (impl Future<Output = ()> + Unpin), wait: Duration) -> bool {
    tokio::time::timeout(wait, stop).await.is_ok()
}

fn all_answer(engine: &Engine) -> Result<bool, RecordError> {
    let mut all = true;
    for server in engine.servers() {
        match server.link {
            ConnectionState::Up => {}
            ConnectionState::Connecting => all = false,
            ConnectionState::Lost { reason, .. } => return Err(RecordError::Server(reason)),
        }
    }
    Ok(all)
}

/// Writes the newest reading of every area in the place of those before.
async fn keep_readings(engine: &Engine, past: &History) -> Result<(), RecordError> {
    let watched = engine.all_servers();
    let servers = watched.iter();
    let servers = servers.map(|server| (server.summary(), server.store.readings())).collect();
    let histories = watched.iter().map(|server| server.store.histories()).collect();
    let recording = Recording { format: FORMAT, servers, histories };
    let (from_ms, to_ms) = (recording.span().0, now_ms());
    let json = serde_json::to_vec(&recording).map_err(|_| RecordError::TooLarge)?;
    let bytes = zstd::encode_all(json.as_slice(), 1).map_err(|_| RecordError::TooLarge)?;
    past.flush().await?;
    if !past.recorder().state(&place(), Blob { from_ms, to_ms, bytes }, Vec::new()) {
        return Err(RecordError::TooLarge);
    }
    Ok(past.flush().await?)
}

/// The recording in a store, and from when to when it is.
///
/// Errors: a sentence, where there is none, or one that this version cannot read.
async fn read(past: &History) -> Result<(Recording, (i64, i64)), String> {
    let unread = |error: history::Error| error.to_string();
    let Some(state) = past.state(&place()).await.map_err(unread)? else {
        return Err("it is a history without the readings that pgdeck record --to adds.".to_owned());
    };
    let mut json = Vec::new();
    let whole = zstd::Decoder::new(state.bytes.as_slice())
        .and_then(|unpacked| unpacked.take(MOST_BYTES).read_to_end(&mut json));
    let recording = whole.ok().and_then(|_| serde_json::from_slice::<Recording>(&json).ok());
    let Some(recording) = recording.filter(|recording| recording.format == FORMAT) else {
        return Err(
            "its readings are not in the form that this version of pgdeck reads.".to_owned()
        );
    };
    let sources = past.sources().await.map_err(unread)?;
    let of_servers = sources.iter().filter(|source| !source.thing.server.is_empty());
    let times = of_servers.clone().map(|source| source.first_ms).filter(|ms| *ms > 0);
    let from_ms = times.min().unwrap_or(state.from_ms).min(state.to_ms);
    let to_ms = of_servers.map(|source| source.last_ms).max().unwrap_or(0).max(state.to_ms);
    Ok((recording, (from_ms, to_ms)))
}

/// Where the readings lie: under no server's name.
fn place() -> Source {
    Source::new("", "", "recording")
}
