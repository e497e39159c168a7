//! The socket by which sqlx reaches the relay: it takes one connection, and only of this process, for whoever
//! holds its other end speaks to the server behind the relay's client certificate.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// A socket that waits for this process to connect.
pub struct LocalSocket {
    listener: UnixListener,
    directory: PathBuf,
}

impl LocalSocket {
    /// Listens where sqlx looks for a server with that port.
    pub fn bind(port: u16) -> io::Result<Self> {
        let directory = directory()?;
        let listener = UnixListener::bind(directory.join(format!(".s.PGSQL.{port}")))?;
        Ok(Self { listener, directory })
    }

    /// What sqlx is told as the directory of the server's socket.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The connection of this process; others are turned away.
    pub async fn accept(self) -> io::Result<UnixStream> {
        let ours = i32::try_from(std::process::id()).ok();
        loop {
            let (stream, _) = self.listener.accept().await?;
            if ours.is_some() && stream.peer_cred()?.pid() == ours {
                return Ok(stream);
            }
        }
    }
}

/// A name that is unlikely to be taken; it is no secret.
fn name() -> String {
    format!("pgdeck-{:016x}", RandomState::new().build_hasher().finish())
}

/// An abstract name (manual page unix(7)): no disk is needed, so a full one does not stop the looking.
#[cfg(target_os = "linux")]
#[expect(clippy::unnecessary_wraps, reason = "other systems need a directory on the disk")]
fn directory() -> io::Result<PathBuf> {
    Ok(PathBuf::from(format!("\0{}", name())))
}

/// A directory that only this user may enter.
#[cfg(not(target_os = "linux"))]
fn directory() -> io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let directory = std::env::temp_dir().join(name());
    std::fs::DirBuilder::new().mode(0o700).create(&directory)?;
    Ok(directory)
}

#[cfg(not(target_os = "linux"))]
impl Drop for LocalSocket {
    fn drop(&mut self) {
        // What is left is empty and ours; nobody else needs it gone.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where this test, run by itself in a second process, connects to.
    const SOCKET: &str = "PGDECK_TEST_SOCKET";

    #[tokio::test]
    async fn another_process_is_turned_away() {
        use tokio::io::AsyncReadExt;
        if let Ok(path) = std::env::var(SOCKET) {
            let mut stream = UnixStream::connect(path.replace('@', "\0")).await.unwrap();
            assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0, "it is closed");
            return;
        }
        let local = LocalSocket::bind(5432).unwrap();
        let path = local.directory().join(".s.PGSQL.5432").to_str().unwrap().replace('\0', "@");
        let accepting = tokio::spawn(local.accept());
        let test = concat!(module_path!(), "::another_process_is_turned_away");
        let test = test.split_once("::").unwrap().1;
        let mut other = tokio::process::Command::new(std::env::current_exe().unwrap());
        let other = other.args(["--exact", test]).env(SOCKET, &path).output().await.unwrap();
        let said = String::from_utf8_lossy(&other.stdout);
        assert!(other.status.success() && said.contains("1 passed"), "{said}");
        assert!(!accepting.is_finished());
        accepting.abort();
    }

    #[tokio::test]
    async fn this_process_is_let_in() {
        let local = LocalSocket::bind(5432).unwrap();
        let path = local.directory().join(".s.PGSQL.5432");
        let (accepted, connected) = tokio::join!(local.accept(), UnixStream::connect(path));
        assert!(accepted.is_ok() && connected.is_ok());
    }
}
