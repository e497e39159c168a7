//! Where a proxy is reached: a port that is open, closed, or one at which nothing answers.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connection::Connection;
use super::{Fault, FaultPhase, Setting};
use crate::Error;

/// The port of a proxy and what stands at it.
pub(super) struct Door {
    /// Bound and never listening: the port stays ours while it is closed.
    _reserved: TcpSocket,
    address: SocketAddr,
    state: State,
}

enum State {
    Open(TcpListener),
    /// The system refuses connections.
    Closed,
    /// The queue of connections is full, so the system drops each SYN (Linux manual, *listen(2)*).
    Full {
        _listener: TcpListener,
        _first: TcpStream,
    },
}

impl Door {
    /// Opens a free port of 127.0.0.1.
    pub(super) fn open() -> Result<Door, Error> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let opened = || {
            let reserved = bound(any)?;
            let address = reserved.local_addr()?;
            let state = State::Open(listening(address, 128)?);
            Ok(Door { _reserved: reserved, address, state })
        };
        opened().map_err(Error::file("listen on", any.to_string()))
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets clients in until the task is aborted; their connections end with it.
    pub(super) async fn serve(
        mut self,
        target: SocketAddr,
        mut settings: watch::Receiver<Setting>,
        begun: watch::Sender<u64>,
        turned: watch::Sender<u64>,
    ) {
        let mut begun_now = begun.subscribe();
        let mut connections = JoinSet::new();
        loop {
            let setting = *settings.borrow_and_update();
            let has_begun = setting.from.is_none_or(|from| from == FaultPhase::Connect)
                || *begun_now.borrow_and_update() == setting.number;
            let fault = if has_begun { setting.fault } else { Fault::Pass };
            if let Err(error) = self.turn(fault).await {
                tracing::error!(%error, "the proxy's port cannot be used");
                return;
            }
            turned.send_replace(setting.number);
            let accepted = async {
                match &self.state {
                    State::Open(listener) => listener.accept().await,
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                Ok((client, _)) = accepted => {
                    if fault == Fault::Refuse {
                        let _ = client.set_zero_linger();
                    } else {
                        let connection = Connection::new(client, settings.clone(), begun.clone());
                        connections.spawn(connection.carry(target));
                    }
                }
                Some(_) = connections.join_next() => {}
                Ok(()) = settings.changed() => {}
                Ok(()) = begun_now.changed() => {}
            }
        }
    }

    /// Opens or closes it as the fault wants.
    async fn turn(&mut self, fault: Fault) -> std::io::Result<()> {
        match (fault, &self.state) {
            (Fault::Down, State::Closed) | (Fault::Unreachable, State::Full { .. }) => {}
            (Fault::Down, _) => self.state = State::Closed,
            (Fault::Unreachable, _) => {
                self.state = State::Closed;
                let listener = listening(self.address, 0)?;
                // One connection that nobody accepts.
                let first = TcpStream::connect(self.address).await?;
                self.state = State::Full { _listener: listener, _first: first };
            }
            (_, State::Open(_)) => {}
            _ => {
                self.state = State::Closed;
                self.state = State::Open(listening(self.address, 128)?);
            }
        }
        Ok(())
    }
}

fn bound(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn listening(address: SocketAddr, waiting: u32) -> std::io::Result<TcpListener> {
    bound(address)?.listen(waiting)
}
