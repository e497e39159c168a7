//! Copies of the head of the audit log in places that pgdeck can add to and not change: a file that only
//! grows (`chattr +a`), and syslog. A line for each record.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::anchor::{Forged, Head, Seal};
use crate::config::AuditPlaces;

/// The socket of the machine's syslog (RFC 3164).
const SYSLOG_SOCKET: &str = "/dev/log";
/// Facility authpriv (10), severity notice (5): `10 * 8 + 5` (RFC 3164, section 4.1.1).
const SYSLOG_PRIORITY: u8 = 85;

/// Where the lines go.
#[derive(Clone, Default)]
pub struct Copies {
    /// The file.
    pub file: Option<PathBuf>,
    /// The socket of syslog.
    pub syslog: Option<PathBuf>,
}

impl From<&AuditPlaces> for Copies {
    fn from(places: &AuditPlaces) -> Self {
        let syslog = places.syslog.then(|| PathBuf::from(SYSLOG_SOCKET));
        Self { file: places.copy.clone(), syslog }
    }
}

impl Copies {
    /// Adds a line to each. The record itself is on disk already, so a failure is logged.
    pub fn add(&self, line: &str) {
        if let Some(path) = &self.file
            && let Err(error) = append(path, line)
        {
            let path = path.display();
            tracing::error!(%error, %path, "a line could not be added to the copy of the audit log's head");
        }
        if let Some(path) = &self.syslog
            && let Err(error) = send(path, line)
        {
            tracing::error!(%error, "the head of the audit log could not be sent to syslog");
        }
    }
}

/// The hashes by number of records that a copy has of this log; `Err` is the number of a line that was not
/// written with its key. Lines of others are passed over.
pub fn read(
    path: &Path,
    seal: &Seal,
) -> io::Result<Result<BTreeMap<i64, String>, (usize, Forged)>> {
    let bytes = std::fs::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let heads = text.lines().enumerate().filter_map(|(number, line)| {
        let head = seal.head(line)?;
        Some(match head {
            Ok(Head { records, hash, .. }) => Ok((records, hash)),
            Err(forged) => Err((number + 1, forged)),
        })
    });
    Ok(heads.collect())
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_data()
}

#[cfg(unix)]
fn send(path: &Path, line: &str) -> io::Result<()> {
    let message = format!("<{SYSLOG_PRIORITY}>pgdeck[{}]: {line}", std::process::id());
    let socket = std::os::unix::net::UnixDatagram::unbound()?;
    // A syslog that takes nothing must not hold up the log.
    socket.set_nonblocking(true)?;
    socket.send_to(message.as_bytes(), path).map(drop)
}

#[cfg(not(unix))]
fn send(_path: &Path, _line: &str) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}
