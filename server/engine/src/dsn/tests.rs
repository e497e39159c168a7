//! Tests of DSN parsing, by examples of what libpq does.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::postgres::PgSslMode;

use super::{Dsn, Environment, Files, TextFile, application_name};

struct Fake(BTreeMap<&'static str, (&'static str, u32)>);

impl Files for Fake {
    fn read(&self, path: &Path) -> io::Result<TextFile> {
        let (text, mode) = path
            .to_str()
            .and_then(|path| self.0.get(path))
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(TextFile { text: (*text).into(), mode: Some(*mode) })
    }

    fn exists(&self, path: &Path) -> bool {
        path.to_str().is_some_and(|path| self.0.contains_key(path))
    }
}

fn env(vars: &[(&str, &str)], files: &[(&'static str, &'static str, u32)]) -> Environment {
    Environment {
        vars: vars.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        home: Some(PathBuf::from("/home/me")),
        user: Some("me".into()),
        files: Arc::new(Fake(
            files.iter().map(|(path, text, mode)| (*path, (*text, *mode))).collect(),
        )),
    }
}

fn parse(text: &str) -> Dsn {
    Dsn::parse(text, &env(&[], &[])).unwrap()
}

fn error(text: &str) -> String {
    Dsn::parse(text, &env(&[], &[])).unwrap_err().to_string()
}

#[test]
fn a_dsn_with_a_password_is_told_from_one_without() {
    for (text, holds) in [
        ("postgres://joe:S3cret@db/x", true),
        ("postgres://joe@db/x?password=S3cret", true),
        ("host=db password = 'S3cret'", true),
        ("host=db password='S3cret", true),
        ("postgres://joe@db/password", false),
        ("host=db user=joe", false),
        ("", false),
    ] {
        assert_eq!(Dsn::holds_password(text), holds, "{text}");
    }
}

#[test]
fn uri_and_pairs_say_the_same() {
    for text in [
        "postgres://joe:s%20t@db1:6432/shop",
        "host=db1 port=6432 user=joe dbname=shop password='s t'",
    ] {
        let dsn = parse(text);
        assert_eq!(dsn.address(), "db1:6432/shop");
        assert_eq!(dsn.password.as_deref(), Some("s t"));
        let options = dsn.options();
        assert_eq!(options.get_host(), "db1");
        assert_eq!(options.get_port(), 6432);
        assert_eq!(options.get_username(), "joe");
        assert_eq!(options.get_database(), Some("shop"));
        assert_eq!(options.get_application_name(), Some(application_name()));
        assert!(application_name().starts_with("pgdeck "));
    }
}

#[test]
fn defaults_are_libpqs() {
    let dsn = parse("");
    assert_eq!((dsn.address().as_str(), dsn.user.as_str()), ("localhost:5432/me", "me"));
    assert!(matches!(dsn.tls.mode, PgSslMode::Prefer));
    let with_socket = env(&[], &[("/var/run/postgresql/.s.PGSQL.5432", "", 0o777)]);
    assert_eq!(Dsn::parse("user=a", &with_socket).unwrap().address(), "/var/run/postgresql:5432/a");
}

#[test]
fn the_dsn_beats_the_service_and_the_service_beats_variables() {
    let env = env(
        &[
            ("PGHOST", "from-env"),
            ("PGPORT", "1111"),
            ("PGUSER", "env-user"),
            ("PGSERVICE", "shop"),
        ],
        &[("/home/me/.pg_service.conf", "[shop]\nport=2222\ndbname=service-db\n", 0o644)],
    );
    let dsn = Dsn::parse("dbname=mine", &env).unwrap();
    assert_eq!((dsn.address().as_str(), dsn.user.as_str()), ("from-env:2222/mine", "env-user"));
}

#[test]
fn a_database_name_is_never_read_as_a_dsn() {
    let dsn = parse("host=db1 user=a dbname='host=evil password=x'");
    assert_eq!(dsn.options().get_host(), "db1");
    assert_eq!(dsn.options().get_database(), Some("host=evil password=x"));
}

#[test]
fn the_password_file_is_used_only_when_it_is_private() {
    const PASS: &str = "db1:*:*:joe:right\nlocalhost:*:*:*:local\n";
    let private = env(&[], &[("/home/me/.pgpass", PASS, 0o600)]);
    assert_eq!(
        Dsn::parse("postgres://joe@db1", &private).unwrap().password.as_deref(),
        Some("right")
    );
    assert_eq!(Dsn::parse("host=/tmp", &private).unwrap().password.as_deref(), Some("local"));
    let open = env(&[], &[("/home/me/.pgpass", PASS, 0o644)]);
    let dsn = Dsn::parse("postgres://joe@db1", &open).unwrap();
    assert_eq!(dsn.password, None);
    assert!(dsn.warnings()[0].contains("chmod 0600"), "{:?}", dsn.warnings());
}

#[test]
fn tls_modes_are_libpqs() {
    let env = env(&[], &[("/ca.pem", "", 0o644), ("/home/me/.postgresql/root.crt", "", 0o644)]);
    let tls = |text: &str| Dsn::parse(text, &env).unwrap().tls;
    assert!(matches!(tls("sslmode=disable").mode, PgSslMode::Disable));
    assert!(matches!(tls("sslmode=require").mode, PgSslMode::Require));
    assert!(matches!(tls("sslmode=require sslrootcert=/ca.pem").mode, PgSslMode::VerifyCa));
    assert!(matches!(tls("sslrootcert=system").mode, PgSslMode::VerifyFull));
    assert_eq!(tls("sslmode=verify-full").root, Some("/home/me/.postgresql/root.crt".into()));
    assert_eq!(tls("sslmode=prefer").root, None);
}

#[test]
fn faults_name_the_key_and_what_to_do() {
    assert!(error("hots=db1").contains("unknown key \"hots\""));
    assert!(error("host=a,b").contains("several hosts"));
    assert!(error("port=0").contains("1 to 65535"));
    assert!(error("port=x").contains("1 to 65535"));
    assert!(error("sslmode=maybe").contains("verify-full"));
    assert!(error("mysql://h/x").contains("postgres://"));
    assert!(error("sslrootcert=/no.pem").contains("/no.pem"));
    assert!(error("sslcert=/x").contains("lacks sslkey"));
    assert!(error("service=nowhere").contains("[nowhere]"));
    assert!(error("require_auth=scram-sha-256").contains("not supported"));
    assert!(error("nonsense").contains("character 1"));
}

#[test]
fn the_password_is_never_shown() {
    let dsn = parse("postgres://joe:hunter2@db1/shop");
    assert!(!format!("{dsn:?} {}", dsn.address()).contains("hunter2"));
    let env = env(&[("PGPASSWORD", "hunter2")], &[]);
    assert!(!format!("{env:?}").contains("hunter2"));
}

#[test]
fn a_value_may_hold_a_uri() {
    let dsn = parse("host=h user=u password='a://b' dbname=c://d");
    assert_eq!((dsn.password.as_deref(), dsn.database()), (Some("a://b"), "c://d"));
    assert!(error("mysql://h/d").contains("scheme is not PostgreSQL's"));
}
