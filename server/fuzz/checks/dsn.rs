//! What must hold of connection strings: any text is read or refused in a sentence without a secret, and
//! what was written in one of libpq's five places is read alike from each.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{collections::BTreeMap, io};

use engine::Dsn;
use engine::dsn::{Environment, Files, TextFile};

/// Between connection string, service file, password file and variables.
const DIVIDER: char = '\u{c}';
/// A password that no other text has.
const SECRET: &str = "Zq7xK2pW";

/// The two files that a connection string may lead to.
struct Texts {
    service: String,
    passwords: String,
}

impl Files for Texts {
    fn read(&self, path: &Path) -> io::Result<TextFile> {
        let is_service = path.ends_with(".pg_service.conf");
        let text = if is_service { &self.service } else { &self.passwords };
        Ok(TextFile { text: text.clone(), mode: Some(0o600) })
    }

    fn exists(&self, path: &Path) -> bool {
        path.to_string_lossy().len().is_multiple_of(2)
    }
}

fn environment(service: &str, passwords: &str, vars: BTreeMap<String, String>) -> Environment {
    let files = Arc::new(Texts { service: service.to_owned(), passwords: passwords.to_owned() });
    Environment { vars, home: Some(PathBuf::from("/home")), user: Some("me".into()), files }
}

/// Whether the connection string can be used.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut parts = text.split(DIVIDER);
    let [dsn, service, passwords, vars] = [(); 4].map(|()| parts.next().unwrap_or_default());
    let vars = vars.lines().filter_map(|line| line.split_once('='));
    let vars = vars.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let env = environment(service, passwords, vars);
    let read = Dsn::parse(dsn, &env);
    match (&read, Dsn::parse(dsn, &env)) {
        (Ok(one), Ok(other)) => assert_eq!(*one, other),
        (one, other) => assert_eq!(one.is_ok(), other.is_ok()),
    }
    if let Ok(dsn) = &read {
        assert!(!dsn.host().is_empty() && !dsn.database().is_empty() && !dsn.host().contains(','));
        assert_eq!(dsn.with_database(dsn.database()), *dsn);
    }
    Dsn::holds_password(dsn);
    if !text.contains(SECRET) {
        shows_no_secret(&format!("password='{SECRET}' {dsn}"), &env);
        shows_no_secret(&format!("postgres://u:{SECRET}@{dsn}"), &env);
    }
    is_read_alike(&dsn.split(' ').chain([service, passwords]).collect::<Vec<_>>());
    read.is_ok()
}

fn shows_no_secret(text: &str, env: &Environment) {
    let shown = match Dsn::parse(text, env) {
        Ok(dsn) => {
            format!("{dsn:?} {} {} {:?}", dsn.description(), dsn.address(), dsn.warnings())
        }
        Err(error) => error.to_string(),
    };
    assert!(!shown.contains(SECRET), "{text}: {shown}");
    assert!(Dsn::holds_password(text) || Dsn::parse(text, env).is_err(), "{text}");
}

/// A password, user, host and database, written in each syntax.
fn is_read_alike(values: &[&str]) {
    let value = |at: usize| values.get(at).copied().unwrap_or_default();
    let (user, password, host, database) = (value(0), value(1), value(2), value(3));
    let pairs = [("user", user), ("password", password), ("host", host), ("dbname", database)];
    if host.contains(',') || pairs.iter().any(|(_, value)| value.contains('\0')) {
        return;
    }
    let bare = environment("", "", BTreeMap::new());
    let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
    let pair = |(key, value): &(&str, &str)| format!("{key} = '{}' ", quoted(value));
    let pairs_text: String = pairs.iter().map(pair).collect();
    let expected = Dsn::parse(&pairs_text, &bare).expect("pairs are read");
    assert_eq!(
        expected.database(),
        [database, user, "me"].into_iter().find(|v| !v.is_empty()).unwrap_or_default()
    );
    assert!(host.is_empty() || expected.host() == host);

    let [u, p, h, d] = pairs.map(|(_, value)| encoded(value));
    let uri = format!("postgres://{u}:{p}@{h}/{d}");
    assert_eq!(Dsn::parse(&uri, &bare).expect("a URI is read"), expected, "{uri}");

    let named =
        [("PGUSER", user), ("PGPASSWORD", password), ("PGHOST", host), ("PGDATABASE", database)];
    let vars = named.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let read = Dsn::parse("", &environment("", "", vars)).expect("variables are read");
    assert_eq!(read, expected);

    let is_line = |value: &str| !value.contains(['\n', '\r']) && value == value.trim();
    if !pairs.iter().all(|(_, value)| is_line(value)) {
        return;
    }
    let lines: String = pairs.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
    let with_service = environment(&format!("[x]\nuser=no\n[s]\n{lines}"), "", BTreeMap::new());
    let read = Dsn::parse("service=s", &with_service).expect("a service is read");
    assert_eq!(read, expected);

    let is_socket = ["/tmp", "/var/run/postgresql"].contains(&host);
    if password.is_empty() || host.starts_with('#') || is_socket {
        return;
    }
    let escaped = |value: &str| value.replace('\\', "\\\\").replace(':', "\\:");
    let host_line = if host.is_empty() { "localhost" } else { host };
    let line = [
        host_line,
        "5432",
        expected.database(),
        if user.is_empty() { "me" } else { user },
        password,
    ];
    let line = line.map(escaped).join(":");
    let with_passwords =
        environment("", &format!("#\nx:*:*:*\n{line}\n*:*:*:*:no\n"), BTreeMap::new());
    let without: String = pairs.iter().filter(|(key, _)| *key != "password").map(pair).collect();
    let read = Dsn::parse(&without, &with_passwords).expect("pairs are read");
    assert_eq!(read, expected, "{line}");
}

/// Percent-encoded, all but letters and digits.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        match byte.is_ascii_alphanumeric() {
            true => text.push(char::from(byte)),
            false => write!(text, "%{byte:02X}").expect("a string takes it"),
        }
        text
    })
}
