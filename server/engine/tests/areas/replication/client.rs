//! A client of the streaming replication protocol that reports what it is told to and reads nothing:
//! pg_receivewal that hangs, a consumer of a logical slot that confirms seldom.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use anyhow::{Context, bail};

use crate::support::Result;

/// A connection in streaming mode; the stream ends when it is dropped.
pub struct Client(UnixStream);

impl Client {
    /// Streams the WAL of a physical slot from that position on.
    pub fn physical(
        server: &playground::Server,
        name: &str,
        slot: &str,
        from: i64,
    ) -> Result<Self> {
        let from = format!("{:X}/{:X}", from >> 32, from & 0xffff_ffff);
        let command = format!("START_REPLICATION SLOT {slot} PHYSICAL {from}");
        Self::open(server, name, "true", &command)
    }

    /// Streams the changes of a logical slot of the database `postgres` (output plugin pgoutput).
    pub fn logical(
        server: &playground::Server,
        name: &str,
        slot: &str,
        publication: &str,
    ) -> Result<Self> {
        let options = format!("(proto_version '1', publication_names '{publication}')");
        let command = format!("START_REPLICATION SLOT {slot} LOGICAL 0/0 {options}");
        Self::open(server, name, "database", &command)
    }

    fn open(server: &playground::Server, name: &str, mode: &str, command: &str) -> Result<Self> {
        let path = format!("{}/.s.PGSQL.{}", server.socket_dir(), server.port());
        let mut client = Self(UnixStream::connect(path)?);
        let mut body = 196_608_i32.to_be_bytes().to_vec();
        let parameters = [
            ("user", "postgres"),
            ("database", "postgres"),
            ("application_name", name),
            ("replication", mode),
        ];
        for (key, value) in parameters {
            body.extend([key.as_bytes(), &[0], value.as_bytes(), &[0]].concat());
        }
        body.push(0);
        client.send(None, &body)?;
        client.wait_for(b'Z')?;
        client.send(Some(b'Q'), &[command.as_bytes(), &[0]].concat())?;
        client.wait_for(b'W')?;
        Ok(client)
    }

    /// Reports a position as written and flushed, and as replayed where it replays.
    pub fn report(&mut self, flushed: i64, replayed: i64) -> Result {
        let mut body = vec![b'r'];
        for number in [flushed, flushed, replayed, 0] {
            body.extend(number.to_be_bytes());
        }
        body.push(0);
        self.send(Some(b'd'), &body)
    }

    /// Reads from now on, and throws away what it reads.
    pub fn drain(&self) -> Result {
        let mut stream = self.0.try_clone()?;
        std::thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()));
        Ok(())
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> Result {
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(i32::try_from(body.len() + 4)?.to_be_bytes());
        message.extend(body);
        Ok(self.0.write_all(&message)?)
    }

    fn wait_for(&mut self, wanted: u8) -> Result {
        loop {
            let mut head = [0; 5];
            self.0.read_exact(&mut head).context("the walsender hung up")?;
            let [kind, length @ ..] = head;
            let mut body = vec![0; usize::try_from(i32::from_be_bytes(length))? - 4];
            self.0.read_exact(&mut body)?;
            if kind == b'E' {
                bail!("{}", String::from_utf8_lossy(&body));
            }
            if kind == wanted {
                return Ok(());
            }
        }
    }
}
