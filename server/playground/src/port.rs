//! Free ports on 127.0.0.1.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Error;

/// Below Linux's range for outgoing connections (32768 and up): a server can take its port again after
/// a restart because no client gets it meanwhile.
const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;
const TRIES: u32 = 500;

/// A port that was free just now. Another process can take it first, so a start has to be tried again.
pub(crate) fn free() -> Result<u16, Error> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..TRIES {
        // Test processes run side by side: start each at another place.
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let spread = std::process::id().wrapping_mul(2_654_435_761) >> 8;
        let port = FIRST + (spread.wrapping_add(step * 7)) % COUNT;
        if let Ok(port) = u16::try_from(port)
            && TcpListener::bind(("127.0.0.1", port)).is_ok()
        {
            return Ok(port);
        }
    }
    Err(Error::NoPort(TRIES))
}
