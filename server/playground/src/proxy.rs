//! TCP proxy for fault injection: latency, stalls, resets, truncation and garbage on the connection to a
//! server.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::Error;
use crate::client;
use crate::server::Server;

/// What the proxy does to its connections. Counts are bytes from the server, per connection, since the
/// fault was switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Forwards everything.
    Pass,
    /// Resets each connection, also those just accepted.
    Refuse,
    /// Accepts and never answers, like a firewall that drops packets.
    BlackHole,
    /// Stops forwarding after this many bytes; the connection stays open.
    StallAfter(usize),
    /// Sends a TCP reset after this many bytes.
    ResetAfter(usize),
    /// Closes the connection with a FIN after this many bytes, even in the middle of a message.
    CutAfter(usize),
    /// Delays each answer.
    Latency(Duration),
    /// Forwards answers one byte at a time.
    Slices,
    /// Replaces each answer by noise of the same length.
    Garbage,
    /// Replaces each answer by these bytes.
    Instead(&'static [u8]),
    /// Answers with the first bytes, then with the second again and again, without a pause.
    Flood(&'static [u8], &'static [u8]),
}

/// A running proxy. Dropping it closes every connection through it.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Listens on a free port of 127.0.0.1 and forwards to `target`, without a fault at first.
    pub async fn start(target: SocketAddr) -> Result<FaultProxy, Error> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listen =
            |source| Error::File { what: "listen on", path: any.to_string().into(), source };
        let listener = TcpListener::bind(any).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (fault, faults) = watch::channel(Fault::Pass);
        let task = tokio::spawn(accept(listener, target, faults));
        Ok(FaultProxy { address, fault, task })
    }

    /// A proxy in front of a playground server.
    pub async fn before(server: &Server) -> Result<FaultProxy, Error> {
        FaultProxy::start(SocketAddr::from(([127, 0, 0, 1], server.port()))).await
    }

    /// Switches the fault, for open connections and for those to come.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The DSN of a superuser of `server` through the proxy, without TLS.
    pub fn dsn_through(&self, server: &Server) -> String {
        self.dsn_for("postgres", &server.password, "postgres")
    }

    /// The DSN of a role for a database through the proxy, without TLS.
    pub fn dsn_for(&self, role: &str, password: &str, database: &str) -> String {
        // Faults count bytes of the PostgreSQL protocol, not of TLS.
        client::dsn(role, password, self.address.port(), database) + "?sslmode=disable"
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, faults: watch::Receiver<Fault>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                connections.spawn(carry(client, target, faults.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// What to do after a chunk was handled.
enum Next {
    Go,
    Stall,
    Reset,
    Close,
}

/// One connection from accept to end; an error of either side ends it.
async fn carry(mut client: TcpStream, target: SocketAddr, mut faults: watch::Receiver<Fault>) {
    let _ = client.set_nodelay(true);
    while *faults.borrow_and_update() == Fault::BlackHole {
        if faults.changed().await.is_err() {
            return;
        }
    }
    if *faults.borrow() == Fault::Refuse {
        let _ = client.set_zero_linger();
        return;
    }
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    let _ = server.set_nodelay(true);
    let (mut asked, mut answered) = ([0_u8; 8192], [0_u8; 8192]);
    let mut delivered = 0;
    loop {
        let fault = *faults.borrow();
        let silent = match fault {
            Fault::BlackHole => true,
            Fault::StallAfter(limit) => delivered >= limit,
            _ => false,
        };
        let next = tokio::select! {
            changed = faults.changed() => {
                delivered = 0;
                match changed {
                    Ok(()) if *faults.borrow_and_update() == Fault::Refuse => Next::Reset,
                    Ok(()) => Next::Go,
                    Err(_) => Next::Close,
                }
            }
            read = client.read(&mut asked), if !silent => match read {
                Ok(count) if count > 0 => forward(&mut server, asked.get(..count)).await,
                _ => Next::Close,
            },
            read = server.read(&mut answered), if !silent => match read {
                Ok(count) if count > 0 => {
                    let chunk = answered.get(..count).unwrap_or_default();
                    match fault {
                        Fault::Flood(first, again) => {
                            flood(&mut client, first, again, &faults).await
                        }
                        _ => answer(&mut client, chunk, fault, &mut delivered).await,
                    }
                }
                _ => Next::Close,
            },
        };
        match next {
            Next::Go | Next::Stall => {}
            Next::Reset => {
                let _ = client.set_zero_linger();
                return;
            }
            Next::Close => return,
        }
    }
}

async fn forward(to: &mut TcpStream, chunk: Option<&[u8]>) -> Next {
    match to.write_all(chunk.unwrap_or_default()).await {
        Ok(()) => Next::Go,
        Err(_) => Next::Close,
    }
}

/// Forwards an answer to the client, with the fault applied.
async fn answer(client: &mut TcpStream, chunk: &[u8], fault: Fault, delivered: &mut usize) -> Next {
    let (limit, then) = match fault {
        Fault::StallAfter(limit) => (limit, Next::Stall),
        Fault::ResetAfter(limit) => (limit, Next::Reset),
        Fault::CutAfter(limit) => (limit, Next::Close),
        _ => (usize::MAX, Next::Go),
    };
    let room = limit.saturating_sub(*delivered);
    let part = chunk.get(..room.min(chunk.len())).unwrap_or_default();
    *delivered += part.len();
    let sent = match fault {
        Fault::Latency(delay) => {
            tokio::time::sleep(delay).await;
            client.write_all(part).await
        }
        Fault::Slices => slices(client, part).await,
        Fault::Garbage => client.write_all(&noise(part.len())).await,
        Fault::Instead(bytes) => client.write_all(bytes).await,
        _ => client.write_all(part).await,
    };
    match sent {
        Err(_) => Next::Close,
        Ok(()) if *delivered >= limit => then,
        Ok(()) => Next::Go,
    }
}

/// Bytes of a write of a flood: more than a socket takes at once.
const FLOOD_BYTES: usize = 256 << 10;

async fn flood(
    client: &mut TcpStream,
    first: &[u8],
    again: &[u8],
    faults: &watch::Receiver<Fault>,
) -> Next {
    let many = again.repeat(FLOOD_BYTES / again.len().max(1));
    let mut sent = client.write_all(first).await;
    while sent.is_ok() && !faults.has_changed().unwrap_or(true) {
        sent = client.write_all(&many).await;
    }
    Next::Close
}

async fn slices(client: &mut TcpStream, part: &[u8]) -> std::io::Result<()> {
    for byte in part.chunks(1) {
        client.write_all(byte).await?;
        client.flush().await?;
        // Lets the reader run, so that it sees single bytes.
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Bytes that are no message of PostgreSQL's protocol, the same each time (a linear congruence).
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}
