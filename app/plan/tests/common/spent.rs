//! Processor time of a test's thread, for comparisons that a busy machine does not spoil.
use std::time::{Duration, Instant};

/// Processor time of this thread so far: what else the machine does does not count. Where the
/// kernel does not tell, the clock.
pub fn spent(since: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = told.and_then(|text| text.split(' ').next().and_then(|ns| ns.parse().ok()));
    ns.map_or_else(|| since.elapsed(), Duration::from_nanos)
}
