//! Asks the running pgdeck of a data directory at its control socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::error::Failure;
use crate::control::sockets;

/// What the running pgdeck of a data directory answers to a request of one line.
///
/// Errors: when none runs there, several do, or it gives no answer.
pub async fn control(data_dir: &Path, port: Option<u16>, request: &str) -> Result<String, Failure> {
    let is_meant = |address: &SocketAddr| port.is_none_or(|port| address.port() == port);
    let found = sockets(data_dir).into_iter().filter(|(address, _)| is_meant(address));
    let (running, refused) = running(found.collect()).await;
    let (stream, path) = match running {
        Running::One(stream, path) => (stream, path),
        Running::Several(ports) => {
            return Err(Failure::usage(format!(
                "several pgdecks run on {}: choose one with --port {}.",
                data_dir.display(),
                ports.join(" or --port ")
            )));
        }
        Running::None => {
            return Err(match refused {
                Some((path, error)) => Failure::failed(format!(
                    "the socket {} cannot be opened: {error}; run this as the user that runs pgdeck.",
                    path.display()
                )),
                None => Failure::failed(format!(
                    "no pgdeck runs on the data directory {}; start one with pgdeck serve, or name its directory with --data-dir.",
                    data_dir.display()
                )),
            });
        }
    };
    let said = exchange(stream, request).await.map_err(|error| {
        Failure::failed(format!("the socket {} gives no answer: {error}.", path.display()))
    })?;
    match said.trim_end() {
        "" => Err(Failure::failed("pgdeck refuses to answer; its log says why.")),
        said => Ok(said.to_owned()),
    }
}

#[cfg(not(unix))]
use tokio::net::TcpStream as Stream;
#[cfg(unix)]
use tokio::net::UnixStream as Stream;

/// The pgdecks that answer at their sockets.
enum Running {
    None,
    One(Stream, PathBuf),
    Several(Vec<String>),
}

/// Connects to every socket; a killed pgdeck has left one at which nobody listens.
async fn running(
    sockets: Vec<(SocketAddr, PathBuf)>,
) -> (Running, Option<(PathBuf, std::io::Error)>) {
    let (mut found, mut refused) = (Vec::new(), None);
    for (address, path) in sockets {
        match connect(&path).await {
            Ok(stream) => found.push((address, path, stream)),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                refused = Some((path, error));
            }
            Err(_) => {}
        }
    }
    let ports: Vec<String> = found.iter().map(|(address, ..)| address.port().to_string()).collect();
    let running = match found.pop() {
        None => Running::None,
        Some(_) if !found.is_empty() => Running::Several(ports),
        Some((_, path, stream)) => Running::One(stream, path),
    };
    (running, refused)
}

#[cfg(unix)]
async fn connect(path: &Path) -> std::io::Result<Stream> {
    Stream::connect(path).await
}

#[cfg(not(unix))]
async fn connect(_path: &Path) -> std::io::Result<Stream> {
    Err(std::io::ErrorKind::Unsupported.into())
}

async fn exchange(mut stream: Stream, request: &str) -> std::io::Result<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    stream.write_all(request.as_bytes()).await?;
    let mut said = String::new();
    let reading = stream.read_to_string(&mut said);
    tokio::time::timeout(std::time::Duration::from_secs(5), reading).await??;
    Ok(said)
}
