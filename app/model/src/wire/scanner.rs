//! JSON scanner (RFC 8259): tokens, strings, numbers, and skipping. Knows no types, so that the
//! browser part has it once.

use std::borrow::Cow;

use super::Unreadable;

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// Without sign, fraction or exponent.
    Whole(u64),
    /// A negative whole number.
    Negative(i64),
    /// With a fraction or an exponent, or too large for the others.
    Real(f64),
}

/// A place in a text.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Text<'a> {
    /// The next byte that is no blank, which is not taken.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.byte()?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes this byte, or says that it was expected.
    pub(super) fn take(&mut self, wanted: u8, message: &'static str) -> Result<(), Unreadable> {
        if self.peek() != Some(wanted) {
            return Err(self.expected(message));
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn expected(&self, message: &'static str) -> Unreadable {
        Unreadable { what: message, name: "", at: self.at }
    }

    /// Whether another item follows in a list or map that ends with `end`; takes the comma before it,
    /// or the end.
    pub(super) fn another(&mut self, first: &mut bool, end: u8) -> Result<bool, Unreadable> {
        match self.peek() {
            Some(byte) if byte == end => {
                self.at += 1;
                return Ok(false);
            }
            _ if *first => *first = false,
            Some(b',') => self.at += 1,
            _ => return Err(self.expected("a comma or the end of a list")),
        }
        Ok(true)
    }

    /// `null`, `true` or `false`.
    pub(super) fn word(&mut self) -> Result<Option<bool>, Unreadable> {
        self.peek();
        for (word, value) in [("null", None), ("true", Some(true)), ("false", Some(false))] {
            if self
                .text
                .as_bytes()
                .get(self.at..)
                .is_some_and(|rest| rest.starts_with(word.as_bytes()))
            {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.expected("a value"))
    }

    /// A string; borrowed where nothing in it is escaped.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Unreadable> {
        self.take(b'"', "a string")?;
        let mut whole = String::new();
        loop {
            let from = self.at;
            while self.byte().is_some_and(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            let part = self.text.get(from..self.at).unwrap_or_default();
            let end = self.byte();
            self.at += 1;
            match end {
                Some(b'"') if whole.is_empty() => return Ok(Cow::Borrowed(part)),
                Some(b'"') => return Ok(Cow::Owned(whole + part)),
                Some(b'\\') => whole.push_str(part),
                _ => return Err(self.expected("the end of a string")),
            }
            whole.push(self.escaped()?);
        }
    }

    /// What stands behind a backslash.
    fn escaped(&mut self) -> Result<char, Unreadable> {
        let byte = self.byte();
        self.at += 1;
        Ok(match byte {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                let mut code = self.hex()?;
                // Beyond the first plane a character is two escapes.
                if (0xD800..0xDC00).contains(&code)
                    && self.text.get(self.at..self.at + 2) == Some("\\u")
                {
                    self.at += 2;
                    let second = self.hex()?.wrapping_sub(0xDC00);
                    // What is no second half leaves no character either.
                    code = if second < 0x400 {
                        0x1_0000 + ((code & 0x3FF) << 10) + second
                    } else {
                        code
                    };
                }
                char::from_u32(code).ok_or_else(|| self.expected("both halves of a character"))?
            }
            _ => return Err(self.expected("an escape")),
        })
    }

    fn hex(&mut self) -> Result<u32, Unreadable> {
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| !digits.starts_with('+'));
        let code = u32::from_str_radix(digits.unwrap_or_default(), 16)
            .map_err(|_| self.expected("four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }

    /// A number. Reals are exact up to 2^53 · 10^±22, within a few units in the last place beyond: the tables of the
    /// standard library's reader would be a tenth of what a page loads. What is larger than any double is infinite.
    pub(super) fn number(&mut self) -> Result<Number, Unreadable> {
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let (mut digits, mut scale, mut real, from) = (0_u64, 0_i32, false, self.at);
        while let Some(byte) = self.byte() {
            match byte {
                b'0'..=b'9' => {
                    let next =
                        digits.checked_mul(10).and_then(|d| d.checked_add(u64::from(byte - b'0')));
                    match next {
                        Some(next) => {
                            digits = next;
                            scale -= i32::from(real);
                        }
                        // Beyond 19 digits only the size counts.
                        None => scale += i32::from(!real),
                    }
                }
                b'.' if !real => real = true,
                _ => break,
            }
            self.at += 1;
        }
        // No zero before other digits, and digits on both sides of the point (RFC 8259, section 6).
        let written = self.text.as_bytes().get(from..self.at).unwrap_or_default();
        if matches!(written, [] | [b'.', ..] | [.., b'.'] | [b'0', b'0'..=b'9', ..]) {
            return Err(self.expected("a value"));
        }
        let exponent = self.exponent()?;
        if real || scale != 0 || exponent.is_some() {
            let size = scaled(digits as f64, scale.saturating_add(exponent.unwrap_or(0)));
            return Ok(Number::Real(if negative { -size } else { size }));
        }
        Ok(match (negative, 0_i64.checked_sub_unsigned(digits)) {
            (false, _) => Number::Whole(digits),
            (true, Some(number)) => Number::Negative(number),
            (true, None) => Number::Real(-(digits as f64)),
        })
    }

    fn exponent(&mut self) -> Result<Option<i32>, Unreadable> {
        if !matches!(self.byte(), Some(b'e' | b'E')) {
            return Ok(None);
        }
        self.at += 1;
        let negative = self.byte() == Some(b'-');
        self.at += usize::from(matches!(self.byte(), Some(b'-' | b'+')));
        let (mut exponent, from) = (0_i32, self.at);
        while let Some(byte @ b'0'..=b'9') = self.byte() {
            exponent = exponent.saturating_mul(10).saturating_add(i32::from(byte - b'0'));
            self.at += 1;
        }
        if self.at == from {
            return Err(self.expected("an exponent"));
        }
        Ok(Some(if negative { -exponent } else { exponent }))
    }

    /// Skips a value of whatever kind, however deep. Whether it is JSON is not judged beyond where it ends.
    pub(super) fn skip(&mut self) -> Result<(), Unreadable> {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'"') => drop(self.string()?),
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                Some(b'}' | b']') => {
                    depth = depth.checked_sub(1).ok_or_else(|| self.expected("a value"))?;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                Some(b'-' | b'0'..=b'9') => drop(self.number()?),
                _ => drop(self.word()?),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

/// `digits · 10^scale`. Powers up to 10^22 are exact in a double, and so is the one division or
/// multiplication by them (Clinger, “How to read floating point numbers accurately”, 1990).
fn scaled(digits: f64, scale: i32) -> f64 {
    const EXACT: i32 = 22;
    if digits == 0.0 {
        return digits;
    }
    let (mut size, mut left) = (digits, scale.clamp(-400, 400));
    while left != 0 {
        let step = left.clamp(-EXACT, EXACT);
        let power = (0..step.abs()).fold(1.0_f64, |power, _| power * 10.0);
        size = if step < 0 { size / power } else { size * power };
        left -= step;
    }
    size
}
