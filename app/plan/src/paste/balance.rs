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
        let bytes = text.as_bytes();
        let is_digit =
            |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                // It separates thousands: 41'000.
                b'\''
                    if !self.single
                        && is_digit(at.checked_sub(1))
                        && is_digit(at.checked_add(1)) => {}
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
