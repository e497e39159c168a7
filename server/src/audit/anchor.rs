//! The anchored head of the audit log: how many records there are and the newest hash, under a MAC, in a
//! directory outside the data directory. Whoever can rewrite the log there has neither the head nor the key.

use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use hex::encode as hex;

/// The file of the key in the anchor's directory.
const KEY_FILE: &str = "audit.key";
/// Bytes of the key: a block of SHA-256, the longest that HMAC takes as it is (RFC 2104, section 2).
const KEY_BYTES: usize = 64;
/// Hexadecimal digits that name a log.
const NAME_DIGITS: usize = 32;
/// How a line with a head begins.
const LINE: &str = "pgdeck-audit ";

/// The head of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The first record that was written while the head was anchored.
    pub since: i64,
    /// The number of records.
    pub records: i64,
    /// The hash of the newest.
    pub hash: String,
}

/// A line that names this log and was not written with its key.
#[derive(Debug, PartialEq, Eq)]
pub struct Forged;

/// Makes and checks lines with the head of one log.
#[derive(Clone)]
pub struct Seal {
    key: [u8; KEY_BYTES],
    /// Which log: half of the SHA-256 of its path.
    log: String,
}

impl Seal {
    /// The line of a head, without an end of line.
    pub fn line(&self, head: &Head) -> String {
        let words = self.words(head);
        format!("{LINE}{words} mac={}", hex(self.mac(&words).finalize().into_bytes()))
    }

    /// The head in a line of any file; None where the line has none of this log.
    pub fn head(&self, line: &str) -> Option<Result<Head, Forged>> {
        let (_, words) = line.rsplit_once(LINE)?;
        let mut values =
            ["log", "since", "records", "head", "mac"].into_iter().zip(words.split(' '));
        let mut value = || {
            let (name, word) = values.next()?;
            word.strip_prefix(name)?.strip_prefix('=')
        };
        if value()? != self.log {
            return None;
        }
        let (since, records) = (value()?.parse().ok()?, value()?.parse().ok()?);
        let head = Head { since, records, hash: value()?.to_owned() };
        let mac = hex::decode(value()?.trim_end()).unwrap_or_default();
        let is_ours = self.mac(&self.words(&head)).verify_slice(&mac).is_ok();
        Some(if is_ours { Ok(head) } else { Err(Forged) })
    }

    fn words(&self, head: &Head) -> String {
        let Head { since, records, hash } = head;
        format!("log={} since={since} records={records} head={hash}", self.log)
    }

    fn mac(&self, words: &str) -> Hmac<Sha256> {
        Hmac::<Sha256>::new(&self.key.into()).chain_update(words)
    }
}

/// The anchor of one log.
pub struct Anchor {
    seal: Seal,
    /// The file with the head.
    path: PathBuf,
}

impl Anchor {
    /// The anchor of the log in `data_dir`; makes the directory and the key where they are missing.
    pub fn create(folder: &Path, data_dir: &Path) -> io::Result<Self> {
        private_directory(folder)?;
        let path = folder.join(KEY_FILE);
        if !path.exists() {
            let mut key = [0; KEY_BYTES];
            getrandom::fill(&mut key).map_err(io::Error::other)?;
            replace(&path, &format!("{}\n", hex(key)))?;
        }
        Self::with_key(folder, &path, data_dir)
    }

    /// The same where there is one; makes nothing.
    pub fn existing(folder: &Path, data_dir: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(KEY_FILE);
        match path.exists() {
            true => Self::with_key(folder, &path, data_dir).map(Some),
            false => Ok(None),
        }
    }

    fn with_key(folder: &Path, key_path: &Path, data_dir: &Path) -> io::Result<Self> {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", key_path.display()))
        };
        let text = std::fs::read_to_string(key_path).map_err(named)?;
        let mut key = [0; KEY_BYTES];
        hex::decode_to_slice(text.trim(), &mut key)
            .map_err(|_| named(io::Error::new(ErrorKind::InvalidData, "it is not a key")))?;
        let data_dir = data_dir.canonicalize()?;
        let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
        let log: String = hex(digest).chars().take(NAME_DIGITS).collect();
        let path = folder.join(format!("audit-{log}.head"));
        Ok(Self { seal: Seal { key, log }, path })
    }

    /// Makes and checks lines of this log.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// The file with the head.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The anchored heads, oldest first: one, or two while a record is being written. None: nothing is
    /// anchored yet.
    pub fn heads(&self) -> io::Result<Option<Result<Vec<Head>, Forged>>> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => {
                let heads: Result<Vec<Head>, Forged> =
                    text.lines().filter_map(|line| self.seal.head(line)).collect();
                // A file without a head of this log was not written by us either.
                Ok(Some(
                    heads.and_then(|heads| if heads.is_empty() { Err(Forged) } else { Ok(heads) }),
                ))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the heads; they are on disk when this returns.
    pub fn write(&self, heads: &[&Head]) -> io::Result<()> {
        let lines: String = heads.iter().map(|head| self.seal.line(head) + "\n").collect();
        replace(&self.path, &lines)
    }
}

/// Puts a file with mode 0600 in the place of another: after a crash it is the old or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Its files have mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

fn private_directory(path: &Path) -> io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(folder: &Path) -> Anchor {
        Anchor::create(&folder.join("anchor"), folder).unwrap()
    }

    fn head(records: i64) -> Head {
        Head { since: 1, records, hash: format!("{records:064x}") }
    }

    #[test]
    fn what_is_written_is_read_and_private() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Anchor::existing(&folder.path().join("anchor"), folder.path()).unwrap().is_none());
        assert!(!folder.path().join("anchor").exists(), "looking makes nothing");
        let anchor = anchor(folder.path());
        assert_eq!(anchor.heads().unwrap(), None);
        anchor.write(&[&head(1), &head(2)]).unwrap();
        assert_eq!(anchor.heads().unwrap(), Some(Ok(vec![head(1), head(2)])));
        #[cfg(unix)]
        for file in std::fs::read_dir(folder.path().join("anchor")).unwrap() {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = file.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let again = Anchor::existing(&folder.path().join("anchor"), folder.path()).unwrap();
        assert_eq!(again.unwrap().heads().unwrap(), Some(Ok(vec![head(1), head(2)])));
    }

    #[test]
    fn what_another_key_or_hand_wrote_is_forged() {
        let folder = tempfile::tempdir().unwrap();
        let anchor = anchor(folder.path());
        let line = anchor.seal().line(&head(7));
        assert_eq!(anchor.seal().head(&format!("Nov 27 host pgdeck: {line}\n")), Some(Ok(head(7))));
        for (from, to) in [("records=7", "records=6"), ("since=1", "since=7"), ("mac=", "mac=0")] {
            assert_eq!(anchor.seal().head(&line.replace(from, to)), Some(Err(Forged)), "{to}");
        }
        assert_eq!(anchor.seal().head(&line.replace("log=", "log=0")), None, "another log");
        assert_eq!(anchor.seal().head(line.split_at(80).0), None, "torn");
        std::fs::remove_file(folder.path().join("anchor").join(KEY_FILE)).unwrap();
        let other = Anchor::create(&folder.path().join("anchor"), folder.path()).unwrap();
        assert_eq!(other.seal().head(&line), Some(Err(Forged)), "another key");
        std::fs::write(other.path(), "").unwrap();
        assert_eq!(other.heads().unwrap(), Some(Err(Forged)), "emptied");
    }
}
