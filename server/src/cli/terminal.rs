//! Sanitises text for a terminal or a log: removes control characters (escape sequences).

/// `text` without control characters: names and statements come from watched servers and must not
/// move the cursor or change its colours. What turns the direction of writing, or is not seen at
/// all, is spelled out.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => plain.push(' '),
            c if is_hidden(c) => plain.extend(c.escape_unicode()),
            '\u{a0}' => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

/// Whether a character changes what a terminal shows without being seen.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_turns_the_text() {
        assert_eq!(plain("a\u{1b}[31mb\rc\u{9b}d\u{a0}e"), "a [31mb c d e");
        assert_eq!(plain("x\u{202e}y\u{200b}"), "x\\u{202e}y\\u{200b}");
    }
}
