//! TLS through the relay: what `sslmode` verifies, client certificates, and limits within an encrypted connection.

mod support;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use engine::Dsn;
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::sql::{Fill, SqlFile};
use model::{Cause, Known, Reason};
use playground::{Server, ServerOptions};
use support::Result;

const IS_ENCRYPTED: SqlFile = SqlFile {
    floor: 14,
    name: "ssl.14.sql",
    text: "select s.ssl::text as ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid()",
};
const LARGE: SqlFile =
    SqlFile { floor: 14, name: "large.14.sql", text: "select pg_catalog.repeat('x', 10000000)" };

const MANY: SqlFile = SqlFile {
    floor: 14,
    name: "many.14.sql",
    text: "select pg_catalog.cardinality(array[{numbers}]::int4[])",
};

/// Certificates made for one test.
struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// An authority, what it signed for 127.0.0.1 and for the role `certified`, and one that nobody trusts.
    fn make() -> Result<Self> {
        let it = Self { folder: tempfile::tempdir()? };
        // The server reads the authority's certificate as another user.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(it.folder.path(), open)?;
        it.authority("ca")?;
        it.authority("stranger")?;
        it.signed("server", "subjectAltName=IP:127.0.0.1")?;
        it.signed("certified", "extendedKeyUsage=clientAuth")?;
        Ok(it)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &str) -> Result {
        let mut command = Command::new("openssl");
        command.current_dir(self.folder.path()).args(arguments.split(' '));
        let output = command.output().context("openssl")?;
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc";

    fn authority(&self, name: &str) -> Result {
        let new = Self::NEW_KEY;
        self.openssl(&format!(
            "req -x509 {new} -days 30 -subj /CN={name} -keyout {name}.key -out {name}.pem"
        ))
    }

    fn signed(&self, name: &str, extension: &str) -> Result {
        let new = Self::NEW_KEY;
        std::fs::write(self.path("extension"), extension)?;
        self.openssl(&format!("req {new} -subj /CN={name} -keyout {name}.key -out {name}.csr"))?;
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -days 30 -extfile extension -out {name}.pem"
        ))
    }

    async fn server(&self) -> Result<Server> {
        let read = |name: &str| std::fs::read_to_string(self.path(name));
        let server = ServerOptions::new(17)
            .tls(&read("server.pem")?, &read("server.key")?)
            .setting("ssl_ca_file", &self.path("ca.pem").display().to_string())
            .hba("hostssl all certified 127.0.0.1/32 cert")
            .start()
            .await?;
        server.exec("create role watcher login password 'w'; create role certified login").await?;
        Ok(server)
    }
}

/// What the session says of its encryption, or why there is none.
async fn encrypted(dsn: &str) -> Result<Known<String>> {
    let dsn = Dsn::parse(dsn, &Environment::of_process())?;
    let opened = Observer::open(&dsn, &Budget::default(), Arc::new(Overhead::default())).await;
    let mut observer = match opened {
        Ok(observer) => observer,
        Err(reason) => return Ok(Err(reason)),
    };
    let answer =
        observer.read(&[IS_ENCRYPTED]).await.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    let rows = answer.into_iter().next().context("an answer")?;
    Ok(rows.and_then(|rows| rows.one::<(String,)>()).map(|row| row.0))
}

#[tokio::test]
async fn sslmode_verifies_what_it_says() -> Result {
    let certificates = Certificates::make()?;
    let server = certificates.server().await?;
    let (port, path) = (server.port(), |name: &str| certificates.path(name).display().to_string());
    let (ca, stranger) = (path("ca.pem"), path("stranger.pem"));
    let dsn = |host: &str, role: &str, tls: &str| {
        format!("host={host} port={port} user={role} password=w dbname=postgres {tls}")
    };
    let mut seen = 0;
    for (host, tls, works) in [
        ("127.0.0.1", "sslmode=prefer".to_owned(), true),
        ("127.0.0.1", "sslmode=require".to_owned(), true),
        ("127.0.0.1", format!("sslmode=require sslrootcert={stranger}"), false),
        ("127.0.0.1", "sslmode=verify-ca".to_owned(), false),
        ("127.0.0.1", format!("sslmode=verify-ca sslrootcert={ca}"), true),
        ("127.0.0.1", format!("sslmode=verify-full sslrootcert={ca}"), true),
        ("127.0.0.1", format!("sslmode=verify-full sslrootcert={stranger}"), false),
        // The certificate is for 127.0.0.1 only.
        ("localhost", format!("sslmode=verify-ca sslrootcert={ca}"), true),
        ("localhost", format!("sslmode=verify-full sslrootcert={ca}"), false),
    ] {
        match encrypted(&dsn(host, "watcher", &tls)).await? {
            Ok(shown) => assert!(works && shown == "true", "{host} {tls}: {shown}"),
            Err(Reason::Unreachable { cause: Cause::Tls | Cause::Network, .. }) if !works => {}
            Err(reason) => anyhow::bail!("{host} {tls}: {reason:?}"),
        }
        seen += 1;
    }
    assert_eq!(
        encrypted(&dsn("127.0.0.1", "watcher", "sslmode=disable")).await?,
        Ok("false".into())
    );
    // A Unix socket carries no TLS.
    let socket = server.socket_dir();
    assert_eq!(encrypted(&dsn(&socket, "postgres", "sslmode=prefer")).await?, Ok("false".into()));
    let refused = encrypted(&dsn(&socket, "postgres", "sslmode=require")).await?;
    assert!(matches!(refused, Err(Reason::Unreachable { cause: Cause::Tls, .. })), "{refused:?}");
    let pair = format!(
        "sslmode=require sslcert={} sslkey={}",
        path("certified.pem"),
        path("certified.key")
    );
    assert_eq!(encrypted(&dsn("127.0.0.1", "certified", &pair)).await?, Ok("true".into()));
    let without = encrypted(&dsn("127.0.0.1", "certified", "sslmode=require")).await?;
    assert!(matches!(&without, Err(reason) if reason.message().contains("28000")), "{without:?}");
    println!("{} ways to connect", seen + 5);
    Ok(())
}

async fn opened(server: &Server, sslmode: &str) -> Result<Observer> {
    let dsn = server.dsn_for("watcher", "w", "postgres") + "?sslmode=" + sslmode;
    let dsn = Dsn::parse(&dsn, &Environment::empty())?;
    let overhead = Arc::new(Overhead::default());
    let opened = Observer::open(&dsn, &Budget::default(), overhead).await;
    opened.map_err(|reason| anyhow::anyhow!("{reason:?}"))
}

#[tokio::test]
async fn limits_hold_within_tls() -> Result {
    let certificates = Certificates::make()?;
    let server = certificates.server().await?;
    for tls in ["require", "disable"] {
        let mut observer = opened(&server, tls).await?;
        let answer = observer.read(&[LARGE]).await.map(drop);
        let told = matches!(&answer, Err(Reason::Unreachable { message, .. })
            if message.starts_with("The server sent a row of 9.54"));
        assert!(told, "{tls}: {answer:?}");
    }
    Ok(())
}

/// The end of a question that is sent in parts must not wait until the server has acknowledged the part before.
#[tokio::test]
async fn a_long_question_is_answered_as_soon_as_a_short_one() -> Result {
    let certificates = Certificates::make()?;
    let server = certificates.server().await?;
    for tls in ["require", "disable"] {
        let mut observer = opened(&server, tls).await?;
        // 33 kB, several times what the relay carries at once.
        let numbers: Vec<i64> = (2_000_000_000..2_000_003_000).collect();
        let mut medians = [0.0; 2];
        for (numbers, median) in [&numbers[..1], &numbers].into_iter().zip(&mut medians) {
            let mut times = Vec::new();
            // The first ones a server acknowledges at once.
            for _ in 0..50 {
                let asked = Instant::now();
                let fill = Fill { numbers, ..Fill::default() };
                let answers = observer.read_with(&[MANY], fill).await;
                assert!(matches!(answers.as_deref(), Ok([Ok(_)])), "{tls}");
                times.push(asked.elapsed().as_secs_f64());
            }
            times.sort_by(f64::total_cmp);
            *median = times[times.len() / 2];
        }
        let ratio = medians[1] / medians[0];
        println!("{tls}: {:.2} ms, {ratio:.1} times a short one", medians[1] * 1e3);
        // PostgreSQL parses it for some ten times as long; waiting for 40 ms would make it two hundred.
        assert!(ratio < 60.0, "{tls}: {ratio}");
    }
    Ok(())
}
