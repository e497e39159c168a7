//! Variable-length integers (LEB128), and zigzag for signed ones.

/// Appends a number: seven bits a byte, the lowest first.
pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number.
pub(crate) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, zigzag(value));
}

/// Small numbers of either sign become small numbers.
pub(crate) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The number of either sign again.
pub(crate) const fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

/// Bytes that are read from the front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads these.
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// The next bytes, so many.
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// A number.
    pub(crate) fn varint(&mut self) -> Option<u64> {
        match self.rest.split_first() {
            Some((first, rest)) if *first < 0x80 => {
                self.rest = rest;
                Some((*first).into())
            }
            _ => self.long(),
        }
    }

    /// A number of several bytes.
    fn long(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for (index, byte) in self.rest.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = self.rest.get(index + 1..)?;
                return Some(value);
            }
        }
        None
    }

    /// A number that is at most this: bounds what a decoder allocates.
    pub(crate) fn count(&mut self, most: usize) -> Option<usize> {
        usize::try_from(self.varint()?).ok().filter(|count| *count <= most)
    }

    /// A signed number.
    pub(crate) fn signed(&mut self) -> Option<i64> {
        self.varint().map(unzigzag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_magnitude_comes_back() {
        let mut values = vec![0, 1, -1, i64::MAX, i64::MIN];
        values.extend((0..63).flat_map(|bit| [1_i64 << bit, -(1_i64 << bit), (1 << bit) - 1]));
        let mut out = Vec::new();
        for value in &values {
            put_signed(&mut out, *value);
        }
        let mut reader = Reader::new(&out);
        let back: Vec<i64> = std::iter::from_fn(|| reader.signed()).collect();
        assert_eq!(back, values);
    }

    #[test]
    fn a_number_without_end_is_none() {
        assert_eq!(Reader::new(&[0x80; 20]).varint(), None);
        assert_eq!(Reader::new(&[]).varint(), None);
        assert_eq!(Reader::new(&[1]).take(2), None);
    }
}
