//! The task between sqlx and a server: carries bytes both ways, those of the server only as far as they keep
//! the limits. It gives way after each piece, so that deadlines come in time whatever the server sends.

use std::io;

use sqlx_core::net::Socket;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::ending::{Ended, Ending};
use super::local_socket::LocalSocket;
use super::messages::Messages;

/// Bytes of the server that are carried at once.
const FROM_SERVER_BYTES: usize = 64 << 10;
/// Bytes for the server that are carried at once.
const TO_SERVER_BYTES: usize = 8 << 10;

/// What comes next.
enum Next {
    FromServer(usize),
    ToServer(usize),
}

/// Carries until one side ends, and tells what sqlx cannot see before its socket is closed.
pub async fn relay(mut server: Box<dyn Socket>, local: LocalSocket, ending: Ending) {
    let mut client = match local.accept().await {
        Ok(client) => client,
        Err(error) => return ending.tell(error.into()),
    };
    if let Err(why) = carry(&mut server, &mut client).await {
        ending.tell(why);
    }
    drop(server);
    drain(client).await;
}

/// Lets sqlx read what the server said last: it writes its next question before, and where nobody takes that it does
/// not read at all.
async fn drain(mut client: UnixStream) {
    let mut dropped = vec![0; TO_SERVER_BYTES];
    // It is gone already: then there is nothing to read from it.
    let _ = AsyncWriteExt::shutdown(&mut client).await;
    while AsyncReadExt::read(&mut client, &mut dropped).await.is_ok_and(|count| count > 0) {}
}

async fn carry(server: &mut Box<dyn Socket>, client: &mut UnixStream) -> Result<(), Ended> {
    let mut messages = Messages::default();
    let (mut answer, mut question) = (vec![0; FROM_SERVER_BYTES], vec![0; TO_SERVER_BYTES]);
    let mut passed = Vec::with_capacity(FROM_SERVER_BYTES);
    loop {
        let mut room = answer.as_mut_slice();
        let next = tokio::select! {
            read = server.read(&mut room) => Next::FromServer(read?),
            // That sqlx is gone is no error.
            read = AsyncReadExt::read(client, &mut question) => Next::ToServer(read.unwrap_or(0)),
        };
        match next {
            Next::FromServer(0) => return Ok(()),
            Next::FromServer(count) => {
                passed.clear();
                let checked = messages.pass(answer.get(..count).unwrap_or_default(), &mut passed);
                // What came before a violation may be the server's own word on it.
                let gone = client.write_all(&passed).await.is_err();
                checked?;
                if gone {
                    return Ok(());
                }
                tokio::task::yield_now().await;
            }
            Next::ToServer(0) => {
                // Nobody asks how it went.
                let _ = server.shutdown().await;
                return Ok(());
            }
            Next::ToServer(count) => {
                let asked = question.get(..count).unwrap_or_default();
                messages.asked(asked);
                send(server, asked).await?;
            }
        }
    }
}

/// Sends all of it.
async fn send(server: &mut Box<dyn Socket>, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        let written = server.write(rest).await?;
        rest = rest.get(written..).unwrap_or_default();
    }
    server.flush().await
}
