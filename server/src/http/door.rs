//! The listener: how many connections of clients there may be, and for how long one may be open without a request. A
//! client that sends nothing is closed; one whose answer is under way is not.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::activity::{Activity, Idle};
use crate::rate_limit::network;

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
/// Files for a watched server: a runtime of its own and three sessions, each with a relay.
const FILES_OF_A_SERVER: usize = 16;

/// A listener that has no more connections open than the limit of open files leaves beside what is needed for
/// watching, and never more than half of it.
pub struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    /// Open connections by address; one has at most `most_of_an_address`.
    addresses: Addresses,
    most_of_an_address: usize,
    patience: Duration,
}

type Addresses = Arc<Mutex<HashMap<IpAddr, usize>>>;

impl Door {
    /// Around a listener, beside so many watched servers.
    pub fn new(listener: TcpListener, servers: usize) -> Self {
        let most = open_files().map_or(MAX_CONNECTIONS, |files| most_connections(files, servers));
        // Others find a place whatever one address does.
        Self::with(listener, (most, most / 2), PATIENCE)
    }

    /// With other limits.
    pub fn with(
        listener: TcpListener,
        (most, most_of_an_address): (usize, usize),
        patience: Duration,
    ) -> Self {
        let (places, addresses) = (Arc::new(Semaphore::new(most)), Addresses::default());
        Self { listener, places, addresses, most_of_an_address, patience }
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
        let (stream, address, of_address) = loop {
            let (stream, address) = self.accepted().await;
            let one = OfAddress::open(&self.addresses, address.ip(), self.most_of_an_address);
            // Beyond its share an address is not answered: the stream is closed here.
            if let Some(one) = one {
                break (stream, address, one);
            }
        };
        let activity = Activity { under_way: 0, idle_since: Instant::now(), reader: None };
        let idle = Arc::new(Mutex::new(activity));
        let timer = Box::pin(sleep_until(Instant::now() + self.patience));
        let patience = self.patience;
        let places = (place, of_address);
        (Connection { stream, idle, timer, patience, _places: places }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when it was idle for too long.
pub struct Connection {
    stream: TcpStream,
    /// What it and its requests know of each other.
    pub idle: Idle,
    timer: Pin<Box<Sleep>>,
    /// How long it may be idle.
    pub patience: Duration,
    _places: (Option<OwnedSemaphorePermit>, OfAddress),
}

/// Counts a connection of an address until it is dropped.
struct OfAddress {
    addresses: Addresses,
    network: IpAddr,
}

impl OfAddress {
    fn open(addresses: &Addresses, address: IpAddr, most: usize) -> Option<Self> {
        let network = network(address);
        let mut open = addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.entry(network).or_default();
        if *own >= most {
            return None;
        }
        *own += 1;
        drop(open);
        Some(Self { addresses: Arc::clone(addresses), network })
    }
}

impl Drop for OfAddress {
    fn drop(&mut self) {
        let mut open = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.network) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.remove(&self.network);
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watching_has_its_files_before_clients_have_theirs() {
        assert_eq!(most_connections(1_024, 10), 512);
        assert_eq!(most_connections(1_024, 50), 160);
        assert_eq!(most_connections(1_000_000, 1), MAX_CONNECTIONS);
        assert_eq!(most_connections(96, 1), 16);
        assert_eq!(most_connections(20, 50), LEAST_CONNECTIONS);
    }
}
