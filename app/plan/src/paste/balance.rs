//! Counts brackets and quotes over lines.

/// What is open at the end of a line.
#[derive(Clone, Copy, Default)]
pub(super) struct Balance {
    /// Round brackets.
    pub depth: i32,
    /// A literal.
    pub single: bool,
    /// A quoted name.
    pub double: bool,
}

impl Balance {
    /// Reads a line.
    pub(super) fn push(&mut self, text: &str) {
        let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let bytes = text.as_bytes();
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                // Separates thousands: `2'210`.
                b'\''
                    if !self.single
                        && at > 0
                        && digit(bytes.get(at.saturating_sub(1)))
                        && digit(bytes.get(at.saturating_add(1))) => {}
                b'\'' if !self.double => self.single = !self.single,
                b'"' if !self.single => self.double = !self.double,
                b'(' if !self.single && !self.double => self.depth = self.depth.saturating_add(1),
                b')' if !self.single && !self.double => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether anything is.
    pub(super) fn is_open(self) -> bool {
        self.depth > 0 || self.single || self.double
    }
}
