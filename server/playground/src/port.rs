//! Allocates free TCP ports on 127.0.0.1, with a lock file per port across processes.

use std::fs::File;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::Error;

/// Below Linux's range for outgoing connections (32768 and up): a server can take its port again after
/// a restart because no client gets it meanwhile.
const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;
const TRIES: u32 = 500;

/// Locks of the ports this process has handed out, held until it ends: a server that is down for a
/// moment must not find its port taken by another test's.
static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port that was free just now and that no other playground process will take. A stranger can take
/// it first, so a start has to be tried again.
pub(crate) fn free() -> Result<u16, Error> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..TRIES {
        // Test processes run in parallel: each starts at another port.
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let spread = std::process::id().wrapping_mul(2_654_435_761) >> 8;
        let port = FIRST + (spread.wrapping_add(step * 7)) % COUNT;
        if let Ok(port) = u16::try_from(port)
            && let Some(lock) = reserve(port)
            && TcpListener::bind(("127.0.0.1", port)).is_ok()
        {
            HELD.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
            return Ok(port);
        }
    }
    Err(Error::NoPort(TRIES))
}

/// Takes the lock of a port; None when another process holds it. The system drops it with the process.
fn reserve(port: u16) -> Option<File> {
    let user = rustix::process::getuid().as_raw();
    let folder = std::env::temp_dir().join(format!("pgdeck-playground-ports-{user}"));
    std::fs::create_dir_all(&folder).ok()?;
    let file = File::create(folder.join(port.to_string())).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_handed_out_once() {
        let first = free().unwrap();
        assert!(reserve(first).is_none(), "it is locked though nobody listens");
        assert_ne!(free().unwrap(), first);
    }
}
