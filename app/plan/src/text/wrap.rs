//! Rejoins wrapped lines of FORMAT TEXT: a line with unbalanced brackets or quotes continues in the
//! next one.

/// A line and what is still open in it. Each character is looked at once.
#[derive(Default)]
pub(super) struct Logical {
    /// The text so far.
    pub text: String,
    /// Number of its first line in the paste, and of its last.
    pub lines: (usize, usize),
    /// Column of its first character in the paste.
    pub column: usize,
    /// Characters before the text proper.
    pub indent: usize,
    /// Characters of the last physical line.
    pub width: usize,
    /// Whether the last physical line carries psql's wrap mark.
    pub wraps: bool,
    /// Whether the end of the last physical line is missing.
    pub cut: bool,
    /// Round brackets open.
    pub depth: i64,
    /// Within a literal.
    pub single: bool,
    /// Within a quoted name.
    pub double: bool,
}

impl Logical {
    /// Whether a bracket or quote is open.
    pub(super) fn is_open(&self) -> bool {
        self.depth > 0 || self.single || self.double
    }

    /// Whether a quote is open.
    pub(super) fn in_quotes(&self) -> bool {
        self.single || self.double
    }

    pub(super) fn push(&mut self, text: &str) {
        let mut before = ' ';
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                // Switzerland's separator of thousands.
                '\'' if !self.single
                    && before.is_ascii_digit()
                    && chars.peek().is_some_and(char::is_ascii_digit) => {}
                '\'' if !self.double => self.single = !self.single,
                '"' if !self.single => self.double = !self.double,
                '(' if !self.in_quotes() => self.depth += 1,
                ')' if !self.in_quotes() => self.depth -= 1,
                _ => {}
            }
            before = c;
        }
        self.text.push_str(text);
    }
}
