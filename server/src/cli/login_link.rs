//! `pgdeck login-link`: asks the running pgdeck for a new sign-in link, at its control socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use engine::dsn::Environment;

use super::LoginLink;
use super::error::Failure;
use crate::config;
use crate::control::{LINK, REQUEST, sockets};

/// Prints a link that works once.
pub async fn login_link(ask: &LoginLink, env: &Environment) -> Result<(), Failure> {
    let data_dir = config::data_directory(&ask.place, env)?;
    let request = match &ask.user {
        Some(user) => format!("{REQUEST} {user}\n"),
        None => format!("{REQUEST}\n"),
    };
    let link = answer(&data_dir, ask.port, &request).await?;
    println!("Open {link}");
    Ok(())
}

async fn answer(data_dir: &Path, port: Option<u16>, request: &str) -> Result<String, Failure> {
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
    match said.trim_end().split_once(LINK) {
        Some(("", link)) => Ok(link.to_owned()),
        _ if said.trim().is_empty() => {
            Err(Failure::failed("pgdeck refuses to give a link; its log says why."))
        }
        _ => Err(Failure::usage(said.trim_end())),
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
