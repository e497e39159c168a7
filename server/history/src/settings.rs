//! Settings of the store: how long what is kept, and how often it is written.

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// How long each resolution is kept, and how large the file may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Single ticks, ms.
    pub raw_ms: i64,
    /// Minutes, ms.
    pub minutes_ms: i64,
    /// Hours, ms.
    pub hours_ms: i64,
    /// Days; also events, statement texts and plans, and blobs, ms.
    pub days_ms: i64,
    /// The most bytes of the file; beyond that the oldest ticks go first, then minutes, hours, days.
    pub bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            raw_ms: 8 * DAY_MS,
            minutes_ms: 35 * DAY_MS,
            hours_ms: 400 * DAY_MS,
            days_ms: 1_100 * DAY_MS,
            bytes: 4 << 30,
        }
    }
}

/// How the store works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What is kept.
    pub retention: Retention,
    /// Time between two flushes: the most that a kill loses, ms.
    pub flush_ms: u64,
    /// The most values that wait to be written; what comes beyond is dropped and told as a gap.
    pub buffer: usize,
    /// Whether flushes, compaction and retention run by themselves.
    pub background: bool,
    /// The most database pages, as a full disk would allow; 0 for no such limit.
    pub max_pages: u32,
    /// How long a process that says nothing keeps its servers in a shared store, ms. It speaks up three times
    /// as often.
    pub lease_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retention: Retention::default(),
            flush_ms: 5_000,
            buffer: 500_000,
            background: true,
            max_pages: 0,
            lease_ms: 15_000,
        }
    }
}
