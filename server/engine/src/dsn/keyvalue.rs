//! Parser of `key=value` connection strings as libpq reads them: values may be quoted, a backslash
//! takes the next character as it is. Knows the syntax; never what a key means.

use super::error::DsnError;

/// The pairs of a `key=value` text, in order.
///
/// Errors name the character position; the text around it is not repeated, for it may be a password.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, DsnError> {
    let mut rest = text.char_indices().peekable();
    let mut found = Vec::new();
    loop {
        while rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let Some(&(start, _)) = rest.peek() else { return Ok(found) };
        let mut key = String::new();
        while let Some((_, c)) = rest.next_if(|(_, c)| *c != '=' && !c.is_whitespace()) {
            key.push(c);
        }
        while rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        if rest.next_if(|(_, c)| *c == '=').is_none() {
            return Err(DsnError::new(format!(
                "The DSN has no = after the word at character {}; write it as postgres://user@host:port/database \
                 or as key=value pairs, with values that contain spaces in single quotes.",
                position(text, start)
            )));
        }
        while rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let quoted = rest.next_if(|(_, c)| *c == '\'');
        let mut value = String::new();
        let mut closed = quoted.is_none();
        while let Some(&(_, c)) = rest.peek() {
            if quoted.is_none() && c.is_whitespace() {
                break;
            }
            rest.next();
            match c {
                '\'' if quoted.is_some() => {
                    closed = true;
                    break;
                }
                '\\' => value.extend(rest.next().map(|(_, escaped)| escaped)),
                c => value.push(c),
            }
        }
        if !closed {
            return Err(DsnError::new(format!(
                "The quote of the DSN's key {key:?} that opens at character {} is never closed; \
                 write \\' for a quote inside a value.",
                position(text, quoted.map_or(start, |(at, _)| at))
            )));
        }
        found.push((key, value));
    }
}

/// Counted from one, in characters.
fn position(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        pairs(text).unwrap()
    }

    #[test]
    fn spaces_around_the_sign_do_not_count() {
        let pairs = read(" host = db1  user=me ");
        assert_eq!(pairs, [("host".into(), "db1".into()), ("user".into(), "me".into())]);
    }

    #[test]
    fn escapes_work_in_and_out_of_quotes() {
        assert_eq!(read(r"password='a \'b\' \\c'"), [("password".into(), r"a 'b' \c".into())]);
        assert_eq!(read(r"password=a\ b"), [("password".into(), "a b".into())]);
        assert_eq!(read("password='' host=x")[0], ("password".into(), String::new()));
    }

    #[test]
    fn a_missing_sign_is_told_by_position_and_not_repeated() {
        let error = pairs("host=a secretword").unwrap_err().to_string();
        assert!(error.contains("character 8"), "{error}");
        assert!(!error.contains("secretword"));
        let error = pairs("password='open").unwrap_err().to_string();
        assert!(error.contains("\"password\"") && error.contains("character 10"), "{error}");
    }
}
