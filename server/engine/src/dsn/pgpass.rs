//! The password file `.pgpass`, as libpq reads it. Never holds on to a password that was not asked
//! for.

use std::path::PathBuf;

use super::environment::Environment;

/// The connection a password is wanted for. `host` is `localhost` for the default socket.
pub(super) struct Wanted<'a> {
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
    pub user: &'a str,
}

/// The password for a connection, from `passfile` or the default file. A file that others can read
/// is not used; the sentence about that goes to `warnings`.
pub(super) fn password(
    wanted: &Wanted<'_>,
    passfile: Option<&str>,
    env: &Environment,
    warnings: &mut Vec<String>,
) -> Option<String> {
    let path = match passfile {
        Some(path) => PathBuf::from(path),
        None => env.home.as_ref()?.join(".pgpass"),
    };
    let file = env.files.read(&path).ok()?;
    if file.mode.is_some_and(|mode| mode & 0o077 != 0) {
        warnings.push(format!(
            "The password file {} is not used because others can read it; run chmod 0600 on it.",
            path.display()
        ));
        return None;
    }
    file.text.lines().find_map(|line| matching(line, wanted))
}

fn matching(line: &str, wanted: &Wanted<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let fields = split(line);
    let [host, port, database, user, password] = fields.as_slice() else { return None };
    let port_text = wanted.port.to_string();
    let pairs =
        [(host, wanted.host), (port, &port_text), (database, wanted.database), (user, wanted.user)];
    pairs
        .iter()
        .all(|(field, want)| field.text == *want || field.is_wildcard)
        .then(|| password.text.clone())
}

#[derive(Default)]
struct Field {
    text: String,
    is_wildcard: bool,
}

/// Splits at colons; a backslash takes the next character as it is. The password is the rest of the
/// line from the fifth field on.
fn split(line: &str) -> Vec<Field> {
    let mut fields = vec![Field::default()];
    let mut rest = line.trim_end_matches('\r').chars();
    while let Some(c) = rest.next() {
        if c == ':' && fields.len() < 5 {
            fields.push(Field::default());
            continue;
        }
        if let Some(field) = fields.last_mut() {
            field.is_wildcard = c == '*' && field.text.is_empty();
            field.text.extend(if c == '\\' { rest.next() } else { Some(c) });
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'_> = Wanted { host: "db1", port: 5432, database: "shop", user: "me" };

    #[test]
    fn the_first_matching_line_counts() {
        assert_eq!(matching("db1:5432:shop:me:secret", &WANTED).as_deref(), Some("secret"));
        assert_eq!(matching("*:*:*:*:any", &WANTED).as_deref(), Some("any"));
        assert_eq!(matching("db2:*:*:*:no", &WANTED), None);
        assert_eq!(matching("# *:*:*:*:no", &WANTED), None);
        assert_eq!(matching("db1:5432:shop:me", &WANTED), None);
    }

    #[test]
    fn colons_and_backslashes_can_be_escaped() {
        assert_eq!(matching(r"db1:*:*:*:a\:b\\c", &WANTED).as_deref(), Some(r"a:b\c"));
        let socket = Wanted { host: "/a:b", ..WANTED };
        assert_eq!(matching(r"/a\:b:*:*:*:x", &socket).as_deref(), Some("x"));
    }
}
