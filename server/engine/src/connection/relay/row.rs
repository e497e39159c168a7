//! The values of a row: a length before each, −1 for NULL. sqlx trusts these lengths and panics where they lie.
//! Pure.

use super::violation::Violation;

/// A value's length.
const LENGTH_BYTES: usize = 4;

/// Where we are in a row.
#[derive(Default)]
pub struct Row {
    /// Values that are still to come.
    values: u16,
    /// Bytes of the row that are still to come.
    left: usize,
    /// What has come of a value's length.
    length: Vec<u8>,
    /// Bytes of the value that are still to come.
    value_left: usize,
}

impl Row {
    /// A row of that many values begins, that many bytes long.
    pub fn begin(&mut self, values: u16, bytes: usize) {
        self.length.clear();
        (self.values, self.left, self.value_left) = (values, bytes, 0);
    }

    /// Whether these bytes of it are as they have to be.
    pub fn check(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        self.left = self.left.saturating_sub(bytes.len());
        while !bytes.is_empty() {
            if self.value_left > 0 {
                let (part, rest) = bytes.split_at(self.value_left.min(bytes.len()));
                self.value_left -= part.len();
                bytes = rest;
                continue;
            }
            let wanted = LENGTH_BYTES - self.length.len();
            let (part, rest) = bytes.split_at(wanted.min(bytes.len()));
            self.length.extend_from_slice(part);
            bytes = rest;
            if let [a, b, c, d] = *self.length.as_slice() {
                self.length.clear();
                self.value(i32::from_be_bytes([a, b, c, d]), bytes.len())?;
            }
        }
        let is_whole = self.values == 0 && self.value_left == 0 && self.length.is_empty();
        if self.left == 0 && !is_whole { Err(Violation::Malformed) } else { Ok(()) }
    }

    /// A value begins; that many bytes of what has come are left.
    fn value(&mut self, length: i32, here: usize) -> Result<(), Violation> {
        self.values = self.values.checked_sub(1).ok_or(Violation::Malformed)?;
        self.value_left = match length {
            -1 => 0,
            _ => usize::try_from(length).map_err(|_| Violation::Malformed)?,
        };
        if self.value_left > here + self.left { Err(Violation::Malformed) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(values: u16, bytes: &[u8], piece: usize) -> Result<(), Violation> {
        let mut row = Row::default();
        row.begin(values, bytes.len());
        bytes.chunks(piece).try_for_each(|chunk| row.check(chunk))
    }

    #[test]
    fn lengths_have_to_fit_the_row_however_it_is_cut() {
        let right = b"\0\0\0\x03abc\xff\xff\xff\xff\0\0\0\0\0\0\0\x01x";
        for piece in 1..=right.len() {
            assert_eq!(checked(4, right, piece), Ok(()), "{piece}");
            for lying in [3, 5] {
                assert_eq!(checked(lying, right, piece), Err(Violation::Malformed), "{piece}");
            }
        }
        for lying in [b"\0\0\x0f\xffa", b"\xff\xff\xff\xfea", b"\0\0\0\0a", b"\x7f\xff\xff\xffa"] {
            for piece in 1..=lying.len() {
                assert_eq!(checked(1, lying, piece), Err(Violation::Malformed), "{lying:?}");
            }
        }
    }
}
