//! A relay between sqlx and a watched server. sqlx sets memory aside for whatever length a message
//! announces and never gives way while bytes are there; so it is connected to a task of ours, over a socket
//! within the process, and that task speaks to the server, reads the header of each message before sqlx sees
//! it, and ends the connection where a limit is passed (`docs/limits.md#what-a-server-may-send`).
//!
//! The relay does the TLS, with sqlx's own code: beneath TLS there are no messages to be seen.

mod ending;
pub(crate) mod limits;
mod local_socket;
pub(crate) mod messages;
mod questions;
mod row;
mod server_socket;
mod task;
mod violation;

use std::ops::{Deref, DerefMut};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::task::JoinHandle;

pub use self::ending::Ending;
use self::local_socket::LocalSocket;
pub use self::violation::malformed;
use crate::dsn::Dsn;

/// A connection to a server through a relay; the server's socket is closed when this is dropped.
pub struct RelayedConnection {
    connection: PgConnection,
    ending: Ending,
    relay: Relay,
}

impl RelayedConnection {
    /// Connects and signs in. `options` say who signs in and with which settings, `dsn` where and by which
    /// TLS. What ends the connection later is told in `ending`.
    pub async fn open(
        dsn: &Dsn,
        options: PgConnectOptions,
        ending: Ending,
    ) -> Result<Self, sqlx::Error> {
        let server = server_socket::open(dsn).await?;
        let local = LocalSocket::bind(options.get_port())?;
        let options = options.socket(local.directory());
        let relay = Relay(tokio::spawn(task::relay(server, local, ending.clone())));
        #[expect(clippy::disallowed_methods, reason = "this is the one door")]
        let connection = options.connect().await?;
        Ok(Self { connection, ending, relay })
    }

    /// Where it is told what ended the connection.
    pub fn ending(&self) -> Ending {
        self.ending.clone()
    }

    /// Says goodbye, and waits until the server has been told.
    pub async fn close(self) -> Result<(), sqlx::Error> {
        self.connection.close().await?;
        self.relay.ended().await;
        Ok(())
    }
}

impl Deref for RelayedConnection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for RelayedConnection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// The task of a relay; it ends, and the server's socket with it, when this is dropped.
struct Relay(JoinHandle<()>);

impl Relay {
    async fn ended(mut self) {
        // It may have been told to end already.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.0.abort();
    }
}
