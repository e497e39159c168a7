//! Connections of clients: how many there may be, and for how long one may be open without a request. A client
//! that sends slowly, or nothing, is closed; one whose answer is under way is not.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use futures::StreamExt;
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// The time in which a request's head must come, and then its body; also how long a connection may wait for
/// its next request (`docs/limits.md#connections-of-clients`).
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Open connections at once, where the limit of open files allows.
const MAX_CONNECTIONS: usize = 4_000;

/// How long a listener rests that cannot accept.
const RETRY: Duration = Duration::from_secs(1);
/// Errors of a connection, not of the listener (accept(2)).
const GONE: [io::ErrorKind; 3] = [
    io::ErrorKind::ConnectionAborted,
    io::ErrorKind::ConnectionRefused,
    io::ErrorKind::ConnectionReset,
];
/// As many at least, even where that leaves too little.
const LEAST_CONNECTIONS: usize = 4;
/// Files that pgdeck itself has open at most: three for each of ten connections of SQLite, four for each thread
/// with a runtime, the log.
const FILES_OF_OURS: usize = 64;
/// Files for a watched server: a runtime of its own and three sessions.
const FILES_OF_A_SERVER: usize = 8;

/// What a connection and its requests know of each other.
struct Activity {
    /// Requests that are answered.
    under_way: usize,
    /// When the last one had ended.
    idle_since: Instant,
    /// Who waits for the next one, and must then look at the clock.
    reader: Option<Waker>,
}

type Idle = Arc<Mutex<Activity>>;

/// A listener that has no more connections open than the limit of open files leaves beside what is needed for
/// watching, and never more than half of it.
pub struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Door {
    /// Around a listener, beside so many watched servers.
    pub fn new(listener: TcpListener, servers: usize) -> Self {
        let most = open_files().map_or(MAX_CONNECTIONS, |files| most_connections(files, servers));
        Self::with(listener, most, PATIENCE)
    }

    /// The next connection. Without a file descriptor for it, it waits; that is said once, not each time.
    async fn accepted(&mut self) -> (TcpStream, SocketAddr) {
        let mut is_told = false;
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                // Clients that were gone again.
                Err(error) if GONE.contains(&error.kind()) => {}
                Err(error) => {
                    if !is_told {
                        tracing::error!(%error, "clients have to wait");
                    }
                    is_told = true;
                    sleep(RETRY).await;
                }
            }
        }
    }

    fn with(listener: TcpListener, most: usize, patience: Duration) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(most)), patience }
    }
}

/// How many connections fit beside what is needed for watching.
fn most_connections(files: usize, servers: usize) -> usize {
    let needed = FILES_OF_OURS.saturating_add(servers.saturating_mul(FILES_OF_A_SERVER));
    files.saturating_sub(needed).min(files / 2).clamp(LEAST_CONNECTIONS, MAX_CONNECTIONS)
}

/// The limit of open files of this process, from `/proc` (Linux).
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

impl Listener for Door {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // The semaphore is never closed.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, address) = self.accepted().await;
        let activity = Activity { under_way: 0, idle_since: Instant::now(), reader: None };
        let idle = Arc::new(Mutex::new(activity));
        let timer = Box::pin(sleep_until(Instant::now() + self.patience));
        let patience = self.patience;
        (Connection { stream, idle, timer, patience, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when it was idle for too long.
pub struct Connection {
    stream: TcpStream,
    idle: Idle,
    timer: Pin<Box<Sleep>>,
    patience: Duration,
    _place: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let idle_since = {
            let mut activity = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            activity.reader = Some(context.waker().clone());
            (activity.under_way == 0).then_some(activity.idle_since)
        };
        if let Some(idle_since) = idle_since {
            let end = idle_since + self.patience;
            if self.timer.deadline() != end {
                self.timer.as_mut().reset(end);
            }
            if self.timer.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// The other end of a connection, as requests know it.
#[derive(Clone)]
pub struct Peer {
    address: SocketAddr,
    idle: Idle,
    patience: Duration,
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        let Connection { idle, patience, .. } = stream.io();
        Self { address: *stream.remote_addr(), idle: Arc::clone(idle), patience: *patience }
    }
}

/// The middleware, outermost of all: a request is under way from its head to the end of its answer, and its
/// body comes in time. Handlers find the address as `ConnectInfo<SocketAddr>`.
pub async fn under_way(
    ConnectInfo(Peer { address, idle, patience }): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let under_way = UnderWay::begin(idle);
    request.extensions_mut().insert(ConnectInfo(address));
    let (head, body) = request.into_parts();
    let body = if body.is_end_stream() { body } else { in_time(body, patience) };
    let answer = next.run(Request::from_parts(head, body)).await;
    answer.map(|body| Body::new(Answer { body, _under_way: under_way }))
}

/// A body that ends with an error when it is not whole in time.
fn in_time(body: Body, patience: Duration) -> Body {
    let end = Instant::now() + patience;
    let chunks = body.into_data_stream();
    let chunks = chunks.map(|chunk| chunk.map_err(io::Error::other)).take_until(sleep_until(end));
    let after = futures::stream::once(async move {
        match Instant::now() < end {
            true => Ok(Bytes::new()),
            false => Err(io::Error::from(io::ErrorKind::TimedOut)),
        }
    });
    Body::from_stream(chunks.chain(after))
}

/// Counts a request of a connection until it is dropped.
struct UnderWay(Idle);

impl UnderWay {
    fn begin(idle: Idle) -> Self {
        idle.lock().unwrap_or_else(PoisonError::into_inner).under_way += 1;
        Self(idle)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut activity = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        activity.under_way = activity.under_way.saturating_sub(1);
        activity.idle_since = Instant::now();
        if let Some(reader) = activity.reader.take() {
            reader.wake();
        }
    }
}

/// The body of an answer; when it has ended, so has the request.
struct Answer {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Poll::Ready(ready!(Pin::new(&mut self.body).poll_frame(context)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
