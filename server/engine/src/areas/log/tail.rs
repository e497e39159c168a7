//! Where in the log we are: the file, the place in it, and what of a record has been read. Pure: sends nothing.
//!
//! Reading begins at the end of the file, goes on in the next one when the log has been rotated, at the
//! beginning when the file was truncated, and nearer to the end when it grows faster than it is read.

use model::log::Format;

use super::record::Record;
use super::{csv, json};

/// Bytes that are read at once (`docs/limits.md#log`).
pub const AT_ONCE: i64 = 256 * 1024;
/// How far behind the end reading goes on without passing something over.
pub const MOST_BEHIND: i64 = 4 * 1024 * 1024;
/// The longest record; a longer one is passed over.
pub const LONGEST: usize = 1024 * 1024;
/// After a longer pause reading begins at the end again: what was written in it is of another time, ms.
pub const LONGEST_PAUSE_MS: i64 = 60_000;

/// The file that is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Current {
    /// The hash of its name.
    pub file: i64,
    /// Its format.
    pub format: Format,
    /// Its size, bytes.
    pub size: i64,
}

/// What was read of the file that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// Nothing was asked for.
    Nothing,
    /// The file is gone.
    Gone,
    /// These bytes.
    Bytes(Vec<u8>),
}

/// What one look at the log gave.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// Records, in their order.
    pub records: Vec<Record>,
    /// Bytes that were read.
    pub read: i64,
    /// Bytes that were passed over.
    pub skipped: i64,
    /// Lines that are no records, or too long.
    pub strange: u64,
}

/// The place.
#[derive(Default)]
pub struct Tail {
    at: Option<(Current, i64)>,
    /// The beginning of a record whose end has not been read.
    torn: Vec<u8>,
    /// Whether the rest of a line is to be passed over.
    is_cut: bool,
    looked_ms: i64,
}

impl Tail {
    /// What is to be read now: the file, the place and the number of bytes.
    pub fn asks(&self, now_ms: i64) -> Option<[i64; 3]> {
        let (current, place) = self.at.filter(|_| !self.is_stale(now_ms))?;
        Some([current.file, place, AT_ONCE])
    }

    fn is_stale(&self, now_ms: i64) -> bool {
        !(0..=LONGEST_PAUSE_MS).contains(&now_ms.saturating_sub(self.looked_ms))
    }

    /// Takes the current file as it was found, and what was read.
    pub fn take(&mut self, current: Current, got: Got, now_ms: i64) -> Found {
        let mut found = Found::default();
        let stale = self.is_stale(now_ms);
        self.looked_ms = now_ms;
        let Some((was, place)) = self.at.filter(|_| !stale) else {
            self.move_to(current, current.size);
            return found;
        };
        let bytes = match got {
            Got::Bytes(bytes) => bytes,
            Got::Nothing => return found,
            Got::Gone => {
                self.move_to(current, 0);
                return found;
            }
        };
        let is_current = was.file == current.file && was.format == current.format;
        if bytes.is_empty() && is_current && current.size < place {
            // Truncated.
            self.move_to(current, 0);
            return found;
        }
        let at_end = (bytes.len() as i64) < AT_ONCE;
        found.read = bytes.len() as i64;
        self.read(&bytes, was.format, &mut found);
        let place = place.saturating_add(found.read);
        if is_current {
            self.at = Some((current, place));
            self.catch_up(current, place, &mut found);
        } else if at_end {
            self.move_to(current, 0);
        } else {
            self.at = Some((was, place));
        }
        found
    }

    /// Passes over what cannot be caught up with.
    fn catch_up(&mut self, current: Current, place: i64, found: &mut Found) {
        if current.size.saturating_sub(place) > MOST_BEHIND {
            let to = current.size.saturating_sub(AT_ONCE);
            found.skipped = found.skipped.saturating_add(to.saturating_sub(place));
            self.move_to(current, to);
            // Most likely within a record.
            self.is_cut = current.format == Format::Json;
        }
    }

    fn move_to(&mut self, current: Current, place: i64) {
        self.at = Some((current, place));
        self.torn.clear();
        self.is_cut = false;
    }

    fn read(&mut self, bytes: &[u8], format: Format, found: &mut Found) {
        self.torn.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.torn);
        let mut rest = all.as_slice();
        if self.is_cut {
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                found.skipped += rest.len() as i64;
                return;
            };
            rest = rest.get(end + 1..).unwrap_or_default();
            self.is_cut = false;
        }
        loop {
            let next = match format {
                Format::Json => json::next(rest),
                Format::Csv => csv::next(rest),
            };
            let Some((taken, record)) = next.filter(|(taken, _)| *taken > 0) else { break };
            found.strange += u64::from(record.is_none());
            found.records.extend(record);
            rest = rest.get(taken..).unwrap_or_default();
        }
        if rest.len() > LONGEST {
            found.skipped += rest.len() as i64;
            found.strange += 1;
            self.is_cut = true;
        } else {
            self.torn = rest.to_vec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Current = Current { file: 1, format: Format::Json, size: 100 };

    fn line(message: &str) -> Vec<u8> {
        format!("{{\"error_severity\":\"LOG\",\"message\":\"{message}\"}}\n").into_bytes()
    }

    fn messages(found: &Found) -> Vec<&str> {
        found.records.iter().map(|record| record.message.as_str()).collect()
    }

    /// A tail that has found the file and read nothing yet.
    fn begun() -> Tail {
        let mut tail = Tail::default();
        assert_eq!(tail.asks(0), None);
        assert_eq!(tail.take(JSON, Got::Nothing, 0), Found::default());
        assert_eq!(tail.asks(1), Some([1, 100, AT_ONCE]), "from the end on");
        tail
    }

    #[test]
    fn a_record_that_is_torn_is_read_when_its_end_comes() {
        let mut tail = begun();
        let all = [line("one"), line("two")].concat();
        let (first, second) = all.split_at(all.len() - 5);
        let size = |of: &[u8]| Current { size: 100 + of.len() as i64, ..JSON };
        assert_eq!(messages(&tail.take(size(first), Got::Bytes(first.to_vec()), 1)), ["one"]);
        assert_eq!(messages(&tail.take(size(&all), Got::Bytes(second.to_vec()), 2)), ["two"]);
        assert_eq!(tail.asks(3), Some([1, 100 + all.len() as i64, AT_ONCE]));
    }

    #[test]
    fn the_rest_of_a_rotated_file_comes_before_the_next_one() {
        let mut tail = begun();
        let next = Current { file: 2, size: 7, ..JSON };
        let mut full: Vec<u8> = line("x").into_iter().cycle().take(AT_ONCE as usize - 1).collect();
        full.push(b'\n');
        let found = tail.take(next, Got::Bytes(full), 1);
        assert!(found.read == AT_ONCE && found.strange <= 1);
        assert_eq!(tail.asks(1), Some([1, 100 + AT_ONCE, AT_ONCE]), "there may be more of it");
        assert_eq!(messages(&tail.take(next, Got::Bytes(line("last")), 2)).last(), Some(&"last"));
        assert_eq!(tail.asks(2), Some([2, 0, AT_ONCE]));
        assert_eq!(messages(&tail.take(next, Got::Bytes(line("first")), 3)), ["first"]);
    }

    #[test]
    fn a_truncated_file_is_read_from_its_beginning_and_a_removed_one_left() {
        let mut tail = begun();
        assert_eq!(tail.take(Current { size: 5, ..JSON }, Got::Bytes(vec![]), 1), Found::default());
        assert_eq!(tail.asks(1), Some([1, 0, AT_ONCE]));
        let other = Current { file: 3, ..JSON };
        tail.take(other, Got::Gone, 2);
        assert_eq!(tail.asks(2), Some([3, 0, AT_ONCE]));
    }

    #[test]
    fn what_grows_too_fast_is_passed_over_and_counted() {
        let mut tail = begun();
        let size = 100 + MOST_BEHIND * 3;
        let found = tail.take(Current { size, ..JSON }, Got::Bytes(line("one")), 1);
        assert_eq!(messages(&found), ["one"]);
        assert_eq!(100 + found.read + found.skipped, size - AT_ONCE);
        assert_eq!(tail.asks(1), Some([1, size - AT_ONCE, AT_ONCE]));
        let rest = [b"rest of a line\n".to_vec(), line("two")].concat();
        let found = tail.take(Current { size, ..JSON }, Got::Bytes(rest), 2);
        assert_eq!((messages(&found), found.strange), (vec!["two"], 0));
        // After a long pause what was written in it is of another time.
        assert_eq!(tail.asks(3 + LONGEST_PAUSE_MS), None);
        let found =
            tail.take(Current { size: size * 2, ..JSON }, Got::Nothing, 3 + LONGEST_PAUSE_MS);
        assert_eq!(found, Found::default());
        assert_eq!(tail.asks(4 + LONGEST_PAUSE_MS), Some([1, size * 2, AT_ONCE]));
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut tail = begun();
        let mut skipped = 0;
        for now in 1..40 {
            let found = tail.take(JSON, Got::Bytes(vec![b'x'; AT_ONCE as usize]), now);
            assert!(found.records.is_empty() && tail.torn.len() <= LONGEST);
            skipped += found.skipped;
        }
        assert!(skipped > LONGEST as i64);
        let end = [b"end of it\n".to_vec(), line("next")].concat();
        assert_eq!(messages(&tail.take(JSON, Got::Bytes(end), 40)), ["next"]);
    }
}
