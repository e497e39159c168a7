//! TCP proxy for fault injection: latency, stalls, resets, truncation and garbage on the connection to a
//! server, from a phase of each connection on.

mod connection;
mod door;
mod messages;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::door::Door;
use crate::Error;
use crate::client;
use crate::server::Server;

/// What the proxy does to its connections. Counts are bytes from the server, per connection, since the
/// fault began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Forwards everything.
    Pass,
    /// Closes its port and all connections: the system refuses new ones.
    Down,
    /// Resets each connection, also those just accepted.
    Refuse,
    /// Drops what is sent, also the SYN of new connections.
    Unreachable,
    /// Accepts and never answers, like a firewall that drops packets.
    BlackHole,
    /// Stops forwarding after this many bytes; the connection stays open.
    StallAfter(usize),
    /// Takes what both sides say and hands on nothing; closes when the fault is over.
    Discard,
    /// Sends a TCP reset after this many bytes.
    ResetAfter(usize),
    /// Closes the connection with a FIN after this many bytes, even in the middle of a message.
    CutAfter(usize),
    /// The connection has ended, and the client is told this much later.
    SlowClose(Duration),
    /// Delays each answer, and the connection itself.
    Latency(Duration),
    /// Delays each answer by anything up to this.
    Jitter(Duration),
    /// Forwards this many bytes a second.
    BytesPerSecond(usize),
    /// Forwards answers one byte at a time.
    Slices,
    /// Replaces each answer by noise of the same length.
    Garbage,
    /// Replaces each answer by these bytes.
    Instead(&'static [u8]),
    /// Answers with the first bytes, then with the second again and again, without a pause.
    Flood(&'static [u8], &'static [u8]),
}

/// When a fault begins on a connection. `Down`, `Refuse` and `Unreachable` then also meet new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPhase {
    /// As it is made. Open connections are closed.
    Connect,
    /// After the start-up packet, before the first answer to it. Open connections are closed.
    Startup,
    /// After the next query, before its answer.
    Query,
    /// In the next row, behind its header.
    Fetch,
}

/// A fault as it is set.
#[derive(Debug, Clone, Copy)]
struct Setting {
    fault: Fault,
    /// None: at once, on open connections too.
    from: Option<FaultPhase>,
    /// The how manieth it is.
    number: u64,
}

/// A running proxy. Dropping it closes every connection through it.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    setting: watch::Sender<Setting>,
    /// The last setting that the port is in.
    turned: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Listens on a free port of 127.0.0.1 and forwards to `target`, without a fault at first.
    pub async fn start(target: SocketAddr) -> Result<FaultProxy, Error> {
        let door = Door::open()?;
        let address = door.address();
        let pass = Setting { fault: Fault::Pass, from: None, number: 1 };
        let (setting, settings) = watch::channel(pass);
        let (begun, _) = watch::channel(0);
        let (turn, turned) = watch::channel(0);
        let task = tokio::spawn(door.serve(target, settings, begun, turn));
        Ok(FaultProxy { address, setting, turned, task })
    }

    /// A proxy in front of a playground server.
    pub async fn before(server: &Server) -> Result<FaultProxy, Error> {
        FaultProxy::start(SocketAddr::from(([127, 0, 0, 1], server.port()))).await
    }

    /// Switches the fault, for open connections and for those to come.
    pub fn set(&self, fault: Fault) {
        self.switch(fault, None);
    }

    /// Switches to a fault that each connection meets as it comes to this phase, and waits until whoever
    /// connects does.
    pub async fn set_from(&self, phase: FaultPhase, fault: Fault) {
        self.switch(fault, Some(phase));
        let number = self.setting.borrow().number;
        // An error means that the port is gone, which its user will notice.
        let _ = self.turned.clone().wait_for(|turned| *turned >= number).await;
    }

    fn switch(&self, fault: Fault, from: Option<FaultPhase>) {
        self.setting.send_modify(|now| *now = Setting { fault, from, number: now.number + 1 });
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
