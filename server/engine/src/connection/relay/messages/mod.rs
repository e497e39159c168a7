//! The messages of a server, as far as limits need to know them: kind, length, number of columns (manual:
//! *Frontend/Backend Protocol*, "Message Formats"). Nothing of a message passes before its header has been
//! judged. Pure.

use super::limits::{
    ANSWER_STEPS, ANSWER_WIRE_BYTES, MOST_COLUMNS, ROW_MESSAGE_BYTES, SHORT_MESSAGE_BYTES,
    SIGN_IN_BYTES, TEXT_MESSAGE_BYTES, UNASKED_BYTES,
};
use super::questions::Questions;
use super::row::Row;
use super::violation::Violation;

/// Kind and length.
const HEADER: usize = 5;
/// The same with the number of columns.
const HEADER_WITH_COLUMNS: usize = 7;
/// What the length counts besides the body: itself.
const LENGTH_BYTES: u32 = 4;

/// Where we are in what a server sends, and how much it was.
#[derive(Default)]
pub struct Messages {
    header: Vec<u8>,
    /// Bytes of the message that are still to come.
    left: usize,
    /// Whether the message is one that sqlx need not see.
    is_dropped: bool,
    /// Whether the session has begun.
    is_ready: bool,
    /// Whether it is a row.
    is_row: bool,
    row: Row,
    sign_in_bytes: u64,
    answer_bytes: u64,
    unasked_bytes: u64,
    steps: u32,
    questions: Questions,
    /// How many columns a row has; in the extended protocol at most.
    columns: u16,
}

impl Messages {
    /// pgdeck has sent this: what comes now is another answer.
    pub fn asked(&mut self, question: &[u8]) {
        // Rows of a simple query have been described by no answer before.
        if self.is_ready && self.questions.sent(question) {
            self.columns = 0;
        }
        (self.answer_bytes, self.unasked_bytes, self.steps) = (0, 0, 0);
    }

    /// Adds to `passed` what sqlx may see of these bytes.
    pub fn pass(&mut self, mut bytes: &[u8], passed: &mut Vec<u8>) -> Result<(), Violation> {
        while !bytes.is_empty() {
            let in_body = self.left > 0;
            let wanted = if in_body { self.left } else { self.header_size() - self.header.len() };
            let (part, rest) = bytes.split_at(wanted.min(bytes.len()));
            bytes = rest;
            if in_body {
                self.left -= part.len();
                if self.is_row {
                    self.row.check(part)?;
                }
                if !self.is_dropped {
                    passed.extend_from_slice(part);
                }
                continue;
            }
            self.header.extend_from_slice(part);
            if self.header.len() == self.header_size() {
                self.begin()?;
                if !self.is_dropped {
                    passed.extend_from_slice(&self.header);
                }
                self.header.clear();
            }
        }
        Ok(())
    }

    /// How many bytes have to be known of the message that begins.
    fn header_size(&self) -> usize {
        match self.header.first() {
            Some(b'D' | b'T') => HEADER_WITH_COLUMNS,
            _ => HEADER,
        }
    }

    /// Judges the message whose header is there.
    fn begin(&mut self) -> Result<(), Violation> {
        let (kind, length, columns) = match *self.header.as_slice() {
            [kind, a, b, c, d, x, y] => {
                (kind, u32::from_be_bytes([a, b, c, d]), Some(u16::from_be_bytes([x, y])))
            }
            [kind, a, b, c, d] => (kind, u32::from_be_bytes([a, b, c, d]), None),
            _ => return Err(Violation::Malformed),
        };
        let most = self.longest(kind).ok_or(Violation::Foreign)?;
        let bytes = length.saturating_add(1);
        if length > most {
            return Err(Violation::Message { bytes, most, is_row: kind == b'D' });
        }
        let rest = length
            .checked_sub(LENGTH_BYTES + if columns.is_some() { 2 } else { 0 })
            .ok_or(Violation::Malformed)?;
        if let Some(columns) = columns {
            self.judge_columns(kind, columns, rest)?;
        }
        self.left = usize::try_from(rest).map_err(|_| Violation::Malformed)?;
        self.is_row = kind == b'D';
        if self.is_row {
            self.row.begin(columns.unwrap_or(0), self.left);
        }
        // sqlx keeps every parameter that it is told, and needs none after the session has begun.
        self.is_dropped = self.is_ready && kind == b'S';
        self.count(kind, u64::from(bytes))?;
        self.is_ready |= kind == b'Z';
        Ok(())
    }

    /// sqlx sets memory aside for each column that a row announces, described or not.
    fn judge_columns(&mut self, kind: u8, columns: u16, rest: u32) -> Result<(), Violation> {
        // A column is at least a length, its description at least an empty name and 18 bytes.
        let is_row = kind == b'D';
        if columns > MOST_COLUMNS || rest < u32::from(columns) * if is_row { 4 } else { 19 } {
            return Err(Violation::Malformed);
        }
        match is_row {
            true if self.questions.is_simple() && columns != self.columns => {
                Err(Violation::Malformed)
            }
            true if columns > self.columns => Err(Violation::Malformed),
            true => Ok(()),
            false => {
                self.columns =
                    if self.questions.is_simple() { columns } else { columns.max(self.columns) };
                Ok(())
            }
        }
    }

    fn count(&mut self, kind: u8, bytes: u64) -> Result<(), Violation> {
        if !self.is_ready {
            self.sign_in_bytes += bytes;
            if self.sign_in_bytes > SIGN_IN_BYTES {
                return Err(Violation::SignIn);
            }
        }
        self.answer_bytes += bytes;
        match kind {
            b'N' | b'S' | b'A' => self.unasked_bytes += bytes,
            b'D' | b'T' | b'E' => {}
            _ => self.steps += 1,
        }
        if self.unasked_bytes > UNASKED_BYTES {
            return Err(Violation::Unasked);
        }
        if self.steps > ANSWER_STEPS {
            return Err(Violation::Steps);
        }
        if self.answer_bytes > ANSWER_WIRE_BYTES {
            return Err(Violation::Answer);
        }
        Ok(())
    }

    /// The longest message of that kind; None: there is no such kind, or not now.
    fn longest(&self, kind: u8) -> Option<u32> {
        match kind {
            b'E' | b'K' | b'N' | b'R' | b'S' | b'Z' | b'v' if !self.is_ready => {
                Some(SHORT_MESSAGE_BYTES)
            }
            _ if !self.is_ready => None,
            b'D' => Some(ROW_MESSAGE_BYTES),
            b'T' | b'E' | b'N' | b'A' => Some(TEXT_MESSAGE_BYTES),
            b'1' | b'2' | b'3' | b'C' | b'c' | b'd' | b'G' | b'H' | b'I' | b'K' | b'R' | b'S'
            | b'Z' | b'n' | b's' | b't' | b'v' => Some(SHORT_MESSAGE_BYTES),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
