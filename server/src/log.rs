//! The log: one line per event, whatever text of a watched server or a client is in it, and no password of a
//! DSN.

use std::borrow::Cow;
use std::io::{self, Write};

/// What stands in the place of a password.
const HIDDEN: &str = "‹hidden›";

/// The text without what stands between `://` and `@`, and behind `password=`: whoever repeats a text that
/// may be a DSN in the wrong place repeats no password.
pub fn without_dsn_passwords(text: &str) -> Cow<'_, str> {
    if !text.contains("://") && !text.contains("password") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, mark)) = ["://", "password"]
        .iter()
        .filter_map(|mark| Some((rest.find(mark)?, *mark)))
        .min_by_key(|(at, _)| *at)
    {
        let (before, after) = rest.split_at(at + mark.len());
        out.push_str(before);
        rest = after;
        let end = match mark {
            // A password may hold any of `/?#`: the last `@` of the word ends it.
            "://" => word(after).rfind('@').filter(|at| *at > 0),
            _ => value_after_equals(after),
        };
        if let Some(hidden) = end.and_then(|end| after.get(end..)) {
            out.push_str(if mark == "://" { HIDDEN } else { "=‹hidden›" });
            rest = hidden;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What no white space or quote interrupts.
fn word(text: &str) -> &str {
    text.split([' ', '\t', '\n', '\r', '"', '\'', '`']).next().unwrap_or_default()
}

/// Where the value ends that follows an equals sign, as in key=value text.
fn value_after_equals(text: &str) -> Option<usize> {
    let value = text.trim_start().strip_prefix('=')?.trim_start();
    let start = text.len() - value.len();
    let length = match value.strip_prefix('\'') {
        Some(quoted) => quoted.find('\'').map_or(value.len(), |end| end + 2),
        None => word(value).find(['&', ',', ';', ')']).unwrap_or(word(value).len()),
    };
    (length > 0).then_some(start + length)
}

/// A writer that keeps each event on one line of plain text: control characters within it are spelled out.
pub struct OneLine<W> {
    /// Where the lines go.
    pub out: W,
    /// Whether the subscriber colours its events.
    pub has_colours: bool,
}

impl<W: Write> Write for OneLine<W> {
    /// The subscriber writes each event at once.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (text, end) = match event.strip_suffix(b"\n") {
            Some(text) => (text, &b"\n"[..]),
            None => (event, &b""[..]),
        };
        let text = String::from_utf8_lossy(text);
        let text = without_dsn_passwords(&text);
        let text = text.as_bytes();
        let mut line = Vec::with_capacity(event.len());
        for (at, byte) in text.iter().enumerate() {
            let after = text.get(at + 1..).unwrap_or_default();
            match byte {
                b'\n' => line.extend_from_slice(b"\\n"),
                b'\r' => line.extend_from_slice(b"\\r"),
                0x1b if self.has_colours && is_colour(after) => line.push(*byte),
                b'\t' => line.push(*byte),
                byte if byte.is_ascii_control() => write!(line, "\\x{byte:02x}")?,
                byte => line.push(*byte),
            }
        }
        line.extend_from_slice(end);
        self.out.write_all(&line)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether an escape sequence of this kind changes colours only (ECMA-48, "SGR").
fn is_colour(after_escape: &[u8]) -> bool {
    let Some(parameters) = after_escape.strip_prefix(b"[") else { return false };
    let end = parameters.iter().find(|byte| !byte.is_ascii_digit() && **byte != b';');
    end == Some(&b'm')
}

#[cfg(test)]
#[path = "../tests/support/payloads.rs"]
mod payloads;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_a_line_of_plain_text() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || OneLine { out: writer.clone(), has_colours: false })
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            for payload in payloads::PAYLOADS {
                tracing::error!(shown = %payload, debugged = ?payload, text = payload, "{payload}");
            }
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), payloads::PAYLOADS.len(), "{text}");
        assert!(text.lines().all(|line| line.contains(" ERROR ")), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{7}', '\r']), "{text}");
    }

    #[test]
    fn no_password_of_a_dsn_is_repeated() {
        for (text, shown) in [
            ("a postgres://joe:S3@db/x b", "a postgres://‹hidden›@db/x b"),
            ("\"postgres://joe:S/3?#@4@db/x\"", "\"postgres://‹hidden›@db/x\""),
            ("host=h password=S3 user=u", "host=h password=‹hidden› user=u"),
            ("host=h password = 'S 3' user=u", "host=h password=‹hidden› user=u"),
            ("password='S3", "password=‹hidden›"),
            ("https://db.example/x?password=S3&a=b", "https://db.example/x?password=‹hidden›&a=b"),
            ("the password is wrong", "the password is wrong"),
            ("http://127.0.0.1:8432/", "http://127.0.0.1:8432/"),
        ] {
            assert_eq!(without_dsn_passwords(text), shown);
        }
        let mut line = OneLine { out: Vec::new(), has_colours: false };
        line.write_all(b"cannot reach postgres://joe:S3@db/x\n").unwrap();
        assert_eq!(line.out, "cannot reach postgres://‹hidden›@db/x\n".as_bytes());
    }

    #[test]
    fn colours_stay_where_they_are_shown() {
        let mut line = OneLine { out: Vec::new(), has_colours: true };
        line.write_all(b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\n").unwrap();
        assert_eq!(line.out, b"\x1b[1;31mred\x1b[0m \\x1b]0;title\\x07 \\x1b[2J\n");
    }
}
