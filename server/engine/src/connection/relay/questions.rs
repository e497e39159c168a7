//! Which protocol pgdeck's own questions belong to. In the simple one each answer describes its rows; in the
//! extended one they were described in an answer before, maybe to another question. Pure.

/// Kind and length.
const HEADER: usize = 5;

/// Where we are in what pgdeck sends once the session has begun.
#[derive(Default)]
pub struct Questions {
    header: Vec<u8>,
    /// Bytes of the message that are still to come.
    left: usize,
    is_simple: bool,
}

impl Questions {
    /// Whether the newest question is a simple query.
    pub fn is_simple(&self) -> bool {
        self.is_simple
    }

    /// pgdeck sends these bytes; whether a simple query begins in them.
    pub fn sent(&mut self, mut bytes: &[u8]) -> bool {
        let mut begins = false;
        while !bytes.is_empty() {
            let in_body = self.left > 0;
            let wanted = if in_body { self.left } else { HEADER - self.header.len() };
            let (part, rest) = bytes.split_at(wanted.min(bytes.len()));
            bytes = rest;
            if in_body {
                self.left -= part.len();
                continue;
            }
            self.header.extend_from_slice(part);
            if let [kind, a, b, c, d] = *self.header.as_slice() {
                let length = u32::from_be_bytes([a, b, c, d]);
                // The length counts itself.
                self.left = usize::try_from(length).unwrap_or(usize::MAX).saturating_sub(4);
                self.is_simple = kind == b'Q';
                begins |= self.is_simple;
                self.header.clear();
            }
        }
        begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_within_a_question_is_no_question() {
        let parse = b"P\0\0\0\x0cQQQQQQQQ";
        for piece in 1..=parse.len() {
            let mut questions = Questions::default();
            assert!(!parse.chunks(piece).any(|chunk| questions.sent(chunk)), "{piece}");
            assert!(!questions.is_simple(), "{piece}");
            assert!(questions.sent(b"Q\0\0\0\x05\0"));
            assert!(questions.is_simple(), "{piece}");
        }
    }
}
