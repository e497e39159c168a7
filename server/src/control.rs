//! The control socket of a running pgdeck: a Unix socket in the data directory, at which
//! `pgdeck login-link` asks for a sign-in link and `pgdeck mark` sets a mark. Whoever may ask could add a user in the same directory.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The names of control sockets begin and end like this; between stands the listen address.
const PREFIX: &str = "control-";
const SUFFIX: &str = ".sock";

/// The request for a link; a user's name may follow.
pub const REQUEST: &str = "login-link";
/// The request for a mark; its title and server follow as JSON.
pub const MARK: &str = "mark";
/// The answer to it; otherwise it is one sentence.
pub const MARKED: &str = "marked";
/// How an answer with a link begins; otherwise it is one sentence.
pub const LINK: &str = "link ";

/// The control sockets in a data directory with their listen addresses, also those that a killed
/// pgdeck has left.
pub fn sockets(data_dir: &Path) -> Vec<(SocketAddr, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(data_dir) else { return Vec::new() };
    let address = |name: &str| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok();
    let mut found: Vec<(SocketAddr, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| Some((address(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    found.sort();
    found
}

#[cfg(not(unix))]
pub use elsewhere::Control;
#[cfg(unix)]
pub use unix::Control;

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::time::Duration;

    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::{UnixListener, UnixStream};

    use super::*;
    use crate::audit::changes::Change;
    use crate::http::state::AppState;

    /// How long a caller may take.
    const TIMEOUT: Duration = Duration::from_secs(2);
    /// The longest request, bytes: the word and a user's name, or a title of any characters as JSON.
    const MAX_REQUEST_BYTES: u64 = 8_192;

    /// A bound control socket; dropping it removes the file.
    pub struct Control {
        path: PathBuf,
        listener: UnixListener,
        /// The user that pgdeck runs as.
        uid: u32,
        /// Whether a link without a user is allowed.
        by_link: bool,
    }

    impl Control {
        /// Binds the socket with mode 0600. Without one pgdeck runs all the same.
        pub fn bind(data_dir: &Path, listen: SocketAddr, by_link: bool) -> Option<Self> {
            let path = data_dir.join(format!("{PREFIX}{listen}{SUFFIX}"));
            // Nobody else listens on our address: what is left there is of a pgdeck that was killed.
            let _ = std::fs::remove_file(&path);
            let bound = || {
                let listener = UnixListener::bind(&path)?;
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
                let uid = path.metadata()?.uid();
                std::io::Result::Ok(Self { path: path.clone(), listener, uid, by_link })
            };
            bound()
                .inspect_err(|error| {
                    let path = path.display();
                    tracing::warn!(%error, %path, "pgdeck login-link will not work: its socket cannot be made");
                })
                .ok()
        }

        /// Answers requests.
        pub async fn serve(self, state: AppState) {
            loop {
                match self.listener.accept().await {
                    Ok((stream, _)) => {
                        let answered = self.answer(stream, &state);
                        if let Ok(Err(error)) = tokio::time::timeout(TIMEOUT, answered).await {
                            tracing::warn!(%error, "a request at the control socket failed");
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the control socket does not accept");
                        tokio::time::sleep(TIMEOUT).await;
                    }
                }
            }
        }

        async fn answer(&self, stream: UnixStream, state: &AppState) -> anyhow::Result<()> {
            // The file's mode lets nobody else in; between `bind` and `chmod` it might have.
            let caller = stream.peer_cred()?.uid();
            if caller != self.uid && caller != 0 {
                anyhow::bail!("user id {caller} may not ask for one");
            }
            let (reading, mut writing) = stream.into_split();
            let mut line = String::new();
            BufReader::new(reading.take(MAX_REQUEST_BYTES)).read_line(&mut line).await?;
            let answer = match line.trim_end().split_once(' ') {
                Some((REQUEST, user)) => self.link(Some(user), state).await?,
                Some((MARK, words)) => mark(words, state).await?,
                None if line.trim_end() == REQUEST => self.link(None, state).await?,
                _ => anyhow::bail!("the request is unknown"),
            };
            writing.write_all(format!("{answer}\n").as_bytes()).await?;
            Ok(())
        }

        async fn link(&self, user: Option<&str>, state: &AppState) -> anyhow::Result<String> {
            if user.is_none() && !self.by_link {
                return Ok("this pgdeck is open to others, so only its users sign in; name one with --user NAME, or add one with pgdeck user add.".into());
            }
            let Some(token) = state.0.auth.issue_link(user).await? else {
                let name = user.unwrap_or_default();
                return Ok(format!("there is no user {name:?}; pgdeck user list names them."));
            };
            let who = user.unwrap_or(crate::auth::LOCAL);
            let change = Change {
                who: crate::auth::LOCAL,
                action: "issue sign-in link",
                object: who,
                touched: "at the control socket",
                result: Ok("A link that works once was issued."),
            };
            state.0.actions.audit().record_change(&change).await;
            tracing::info!(user = who, "a sign-in link was issued at the control socket");
            Ok(format!("{LINK}{}", state.0.origins.sign_in_link(&token)))
        }
    }

    async fn mark(words: &str, state: &AppState) -> anyhow::Result<String> {
        let words: serde_json::Value = serde_json::from_str(words)?;
        let word = |name: &str| words.get(name).and_then(|word| word.as_str()).unwrap_or_default();
        let set = crate::http::marks::set(state, word("title"), word("server")).await;
        Ok(set.map_or_else(|error| error.to_string(), |()| MARKED.to_owned()))
    }

    impl Drop for Control {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use super::*;
    use crate::http::state::AppState;

    /// There are no Unix sockets here.
    pub struct Control;

    impl Control {
        /// None.
        pub fn bind(_data_dir: &Path, _listen: SocketAddr, _by_link: bool) -> Option<Self> {
            None
        }

        /// Never runs.
        pub async fn serve(self, _state: AppState) {}
    }
}
