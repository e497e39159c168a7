//! The log: one line per event, whatever text of a watched server or a client is in it.

use std::io::{self, Write};

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
    fn colours_stay_where_they_are_shown() {
        let mut line = OneLine { out: Vec::new(), has_colours: true };
        line.write_all(b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\n").unwrap();
        assert_eq!(line.out, b"\x1b[1;31mred\x1b[0m \\x1b]0;title\\x07 \\x1b[2J\n");
    }
}
