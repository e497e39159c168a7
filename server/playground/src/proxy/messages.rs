//! Follows the messages of one side of PostgreSQL's protocol (manual: *Message Formats*), so that a fault can
//! begin at one of them.

/// Bytes of a header: the kind, and the length that counts itself.
const HEADER_BYTES: usize = 5;

/// Where one side is in its messages.
pub(super) struct Messages {
    header: Vec<u8>,
    /// Bytes of the present message that are still to come.
    rest: usize,
}

impl Messages {
    /// Those of a server.
    pub(super) fn of_server() -> Messages {
        Messages { header: Vec::new(), rest: 0 }
    }

    /// Those of a client, whose first, the start-up packet, says no kind.
    pub(super) fn of_client() -> Messages {
        Messages { header: vec![0], rest: 0 }
    }

    /// Takes in bytes; the place behind the first header in them of a message of one of these kinds.
    pub(super) fn find(&mut self, bytes: &[u8], kinds: &[u8]) -> Option<usize> {
        let (mut at, mut found) = (0, None);
        while let Some(byte) = bytes.get(at) {
            if self.rest > 0 {
                let passed = self.rest.min(bytes.len() - at);
                self.rest -= passed;
                at += passed;
                continue;
            }
            self.header.push(*byte);
            at += 1;
            let &[kind, a, b, c, d] = self.header.as_slice() else { continue };
            debug_assert_eq!(self.header.len(), HEADER_BYTES);
            self.rest = u32::from_be_bytes([a, b, c, d]).saturating_sub(4) as usize;
            self.header.clear();
            if found.is_none() && kinds.contains(&kind) {
                found = Some(at);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_wherever_the_pieces_end() {
        let sent = b"T\0\0\0\x06\0\0D\0\0\0\x08DDDDD\0\0\0\x04";
        for piece in 1..sent.len() {
            let mut messages = Messages::of_server();
            let mut places = Vec::new();
            for (number, part) in sent.chunks(piece).enumerate() {
                places.extend(messages.find(part, b"D").map(|at| number * piece + at));
            }
            assert_eq!(places.first(), Some(&12), "{piece}");
        }
    }

    #[test]
    fn the_start_up_packet_says_no_kind() {
        let mut messages = Messages::of_client();
        assert_eq!(messages.find(b"\0\0\0\x09QQQQ\0Q\0\0\0\x05\0", b"Q"), Some(14));
    }
}
