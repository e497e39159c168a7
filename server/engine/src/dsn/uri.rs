//! Parser of `postgres://` URIs as libpq reads them, into the same pairs as `key=value` text. Knows
//! the syntax; never what a key means.

use super::error::DsnError;

/// A `/` or `@` inside a password cuts the URI in the wrong place: the usual cause of trouble.
const ESCAPE: &str = "write %2F, %40, %3A, %23 and %25 for /, @, :, # and % inside a password";

/// What follows `postgres://` or `postgresql://`, or None when `text` is no such URI.
pub(super) fn body(text: &str) -> Option<&str> {
    text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))
}

/// Whether `text` begins as a URI does, whatever its scheme (RFC 3986, section 3.1). A value of a
/// `key=value` text may hold a URI too.
pub(super) fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// The pairs that the body of a URI stands for.
///
/// Errors name the part; values are not repeated, for a part may hold a piece of a password.
pub(super) fn pairs(body: &str) -> Result<Vec<(String, String)>, DsnError> {
    let mut found = Vec::new();
    let (before_query, query) = body.split_once('?').unwrap_or((body, ""));
    let stop = before_query.find(['@', '/']);
    let after_user = match stop {
        Some(at) if before_query[at..].starts_with('@') => {
            let (user, password) = match before_query[..at].split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (&before_query[..at], None),
            };
            push(&mut found, "user", user, "user name")?;
            if let Some(password) = password {
                push(&mut found, "password", password, "password")?;
            }
            &before_query[at + 1..]
        }
        _ => before_query,
    };
    let (authority, database) = match after_user.split_once('/') {
        Some((authority, database)) => (authority, database),
        None => (after_user, ""),
    };
    if authority.contains(',') {
        return Err(DsnError::new(
            "The DSN names several hosts; pgdeck watches one server per DSN, so give each host a DSN of its own.",
        ));
    }
    let (host, port) = host_and_port(authority)?;
    push(&mut found, "host", host, "host")?;
    if let Some(port) = port {
        push(&mut found, "port", port, "port")?;
    }
    push(&mut found, "dbname", database, "database name")?;
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let Some((key, value)) = part.split_once('=') else {
            return Err(DsnError::new(format!(
                "The DSN's part after ? has no = in one of its pairs; write key=value joined by &, and {ESCAPE}."
            )));
        };
        let key = decode(key, "key")?;
        // JDBC's spelling, which libpq accepts too.
        match (key.as_str(), value) {
            ("ssl", "true") => found.push(("sslmode".into(), "require".into())),
            _ => found.push((key, decode(value, "value after ?")?)),
        }
    }
    Ok(found)
}

fn host_and_port(authority: &str) -> Result<(&str, Option<&str>), DsnError> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(open) => open.split_once(']').ok_or_else(|| {
            DsnError::new("The DSN's IPv6 address has no closing ]; write it like [::1]:5432.")
        })?,
        None => match authority.find(':') {
            Some(at) => authority.split_at(at),
            None => (authority, ""),
        },
    };
    if rest.is_empty() {
        return Ok((host, None));
    }
    let Some(port) = rest.strip_prefix(':') else {
        return Err(DsnError::new(
            "The DSN has text between ] and the port; write it like [::1]:5432.",
        ));
    };
    if !port.is_empty() && !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DsnError::new(format!(
            "The DSN's port is not a number; if a password is meant to stand there, {ESCAPE}."
        )));
    }
    Ok((host, Some(port).filter(|port| !port.is_empty())))
}

fn push(
    found: &mut Vec<(String, String)>,
    key: &str,
    value: &str,
    part: &str,
) -> Result<(), DsnError> {
    if !value.is_empty() {
        found.push((key.into(), decode(value, part)?));
    }
    Ok(())
}

fn decode(text: &str, part: &str) -> Result<String, DsnError> {
    let bad = || {
        DsnError::new(format!(
            "The DSN's {part} has a % that two hexadecimal digits do not follow; {ESCAPE}."
        ))
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16)).ok_or_else(bad);
        let value = digit()? * 16 + digit()?;
        match u8::try_from(value) {
            Ok(0) | Err(_) => {
                return Err(DsnError::new(format!(
                    "The DSN's {part} contains %00, which PostgreSQL does not allow."
                )));
            }
            Ok(byte) => bytes.push(byte),
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| DsnError::new(format!("The DSN's {part} is not UTF-8 after %-decoding.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str) -> String {
        let pairs = pairs(body(uri).unwrap()).unwrap();
        pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    }

    fn error(uri: &str) -> String {
        pairs(body(uri).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn every_part_is_optional() {
        assert_eq!(read("postgres://"), "");
        assert_eq!(read("postgresql://db1"), "host=db1");
        assert_eq!(read("postgres:///shop"), "dbname=shop");
        assert_eq!(read("postgres://me@/shop?host=/tmp"), "user=me dbname=shop host=/tmp");
        assert_eq!(
            read("postgres://me:p%40ss@db1:6432/shop?sslmode=require&connect_timeout=3"),
            "user=me password=p@ss host=db1 port=6432 dbname=shop sslmode=require connect_timeout=3"
        );
    }

    #[test]
    fn sockets_and_ipv6_are_hosts() {
        assert_eq!(read("postgres://%2Fvar%2Frun/shop"), "host=/var/run dbname=shop");
        assert_eq!(read("postgres://[::1]:5433/x"), "host=::1 port=5433 dbname=x");
        assert_eq!(read("postgres://h?ssl=true"), "host=h sslmode=require");
    }

    #[test]
    fn faults_are_named_without_repeating_a_secret() {
        assert!(error("postgres://a,b/x").contains("several hosts"));
        assert!(error("postgres://[::1").contains("closing ]"));
        assert!(error("postgres://me:hun%zz@h/x").contains("password has a %"));
        assert!(error("postgres://h/x%00").contains("%00"));
        let cut = error("postgres://me:hunter2/rest@h/x");
        assert!(cut.contains("port is not a number") && !cut.contains("hunter2"), "{cut}");
    }
}
