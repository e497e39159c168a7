//! A hostile server: behind it stands a real one, whose answers pass until the moment of the attack.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::Error;
use crate::attack::Attack;
use crate::client;
use crate::server::Server;

/// When a hostile server attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// In place of its answer to the start-up message.
    SignIn,
    /// In place of its answer to the first question.
    Query,
    /// In place of its answer to a later question, when it has already been believed.
    Fetch,
}

impl Phase {
    /// All of them.
    pub const ALL: [Phase; 3] = [Phase::SignIn, Phase::Query, Phase::Fetch];

    /// How many simple queries are answered truly.
    fn answered(self) -> usize {
        match self {
            Phase::SignIn | Phase::Query => 0,
            // pgdeck confirms its settings, sets others, and learns what the server is.
            Phase::Fetch => 3,
        }
    }
}

/// A running hostile server. Dropping it closes every connection to it.
#[derive(Debug)]
pub struct HostileServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl HostileServer {
    /// Listens on a free port of 127.0.0.1, in front of a playground server.
    pub async fn before(
        server: &Server,
        attack: Attack,
        phase: Phase,
    ) -> Result<HostileServer, Error> {
        Self::start(server, move |client, target| serve(client, target, attack, phase)).await
    }

    /// One that tells the truth, and each row that many times.
    pub async fn repeating(server: &Server, times: usize) -> Result<HostileServer, Error> {
        Self::start(server, move |client, target| async move {
            // One side gives up: that is the end.
            let _ = repeat_rows(client, target, times).await;
        })
        .await
    }

    async fn start<S>(
        server: &Server,
        serve: impl Fn(TcpStream, SocketAddr) -> S + Send + 'static,
    ) -> Result<HostileServer, Error>
    where
        S: Future<Output = ()> + Send + 'static,
    {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listen =
            |source| Error::File { what: "listen on", path: any.to_string().into(), source };
        let listener = TcpListener::bind(any).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let target = SocketAddr::from(([127, 0, 0, 1], server.port()));
        let task = tokio::spawn(async move {
            // Dropped with this task, and every connection with it.
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    Ok((client, _)) = listener.accept() => {
                        connections.spawn(serve(client, target));
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(HostileServer { address, task })
    }

    /// The DSN of a role for a database on it, without TLS.
    pub fn dsn_for(&self, role: &str, password: &str, database: &str) -> String {
        client::dsn(role, password, self.address.port(), database) + "?sslmode=disable"
    }
}

impl Drop for HostileServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection; an error of either side ends it.
async fn serve(mut client: TcpStream, target: SocketAddr, attack: Attack, phase: Phase) {
    let _ = carry(&mut client, target, phase).await;
    // The client gives up: that is the end.
    let _ = strike(&mut client, attack).await;
}

/// Carries what both sides say until it is time to attack.
async fn carry(client: &mut TcpStream, target: SocketAddr, phase: Phase) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    let (mut asked, mut answered) = (vec![0_u8; 64 << 10], vec![0_u8; 64 << 10]);
    let mut questions = 0;
    loop {
        tokio::select! {
            count = client.read(&mut asked) => {
                let said = asked.get(..count?).unwrap_or_default();
                let is_question = said.first() == Some(&b'Q');
                if phase == Phase::SignIn || (is_question && questions == phase.answered()) {
                    return Ok(());
                }
                questions += usize::from(is_question);
                match said.is_empty() {
                    true => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    false => server.write_all(said).await?,
                }
            }
            count = server.read(&mut answered) => {
                let said = answered.get(..count?).unwrap_or_default();
                match said.is_empty() {
                    true => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    false => client.write_all(said).await?,
                }
            }
        }
    }
}

/// Carries what both sides say, rows again and again.
async fn repeat_rows(
    mut client: TcpStream,
    target: SocketAddr,
    times: usize,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    let (mut answers, mut questions) = server.split();
    let (mut asked, mut answered) = client.split();
    let asking = tokio::io::copy(&mut asked, &mut questions);
    let answering = async {
        loop {
            let kind = answers.read_u8().await?;
            let length = answers.read_u32().await?;
            let mut body = vec![0; usize::try_from(length).unwrap_or(4).saturating_sub(4)];
            answers.read_exact(&mut body).await?;
            let message = [&[kind], length.to_be_bytes().as_slice(), &body].concat();
            let times = if kind == b'D' { times } else { 1 };
            answered.write_all(&message.repeat(times)).await?;
        }
    };
    tokio::select! {
        ended = asking => ended.map(drop),
        ended = answering => ended,
    }
}

async fn strike(client: &mut TcpStream, attack: Attack) -> std::io::Result<()> {
    client.write_all(&(attack.first)()).await?;
    for block in 0.. {
        let bytes = (attack.again)(block);
        if bytes.is_empty() {
            // Nothing more comes; the client has to notice by itself.
            let mut rest = [0; 1024];
            while client.read(&mut rest).await? > 0 {}
            return Ok(());
        }
        client.write_all(&bytes).await?;
    }
    Ok(())
}
