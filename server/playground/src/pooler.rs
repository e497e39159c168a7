//! PgBouncer in front of a server, with its own configuration.
//!
//! `auth_query` reads the SCRAM verifiers from the server, so every role of the server can log in.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::client;
use crate::process::Process;
use crate::server::Server;
use crate::{Error, cleanup, files, port, user};

const PLACES: [&str; 3] = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
const START_SECONDS: u64 = 20;
const PORT_TRIES: u32 = 5;

/// PgBouncer's `pool_mode`: when a server connection returns to the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// When the client disconnects.
    Session,
    /// After each transaction.
    Transaction,
    /// After each statement.
    Statement,
}

/// Configuration of a pooler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolerOptions {
    /// When server connections return to the pool.
    pub mode: PoolMode,
    /// Server connections per role and database.
    pub pool_size: u16,
    /// Start-up parameters that are accepted and dropped; others that PgBouncer cannot track are refused.
    pub ignore_startup_parameters: String,
}

impl PoolerOptions {
    /// A pool of five that accepts what common drivers send.
    pub fn new(mode: PoolMode) -> PoolerOptions {
        PoolerOptions {
            mode,
            pool_size: 5,
            ignore_startup_parameters: "extra_float_digits".to_owned(),
        }
    }

    /// Starts it. Errors when PgBouncer is not installed or does not come up.
    pub async fn start(self, server: &Server) -> Result<Pooler, Error> {
        Pooler::launch(server, self).await
    }
}

/// A running PgBouncer. Dropping it ends it and removes its files.
#[derive(Debug)]
pub struct Pooler {
    process: Option<Process>,
    home: PathBuf,
    password: String,
    port: u16,
}

impl Pooler {
    /// Starts PgBouncer with a pool of five. Errors when it is not installed or does not come up.
    pub async fn start(server: &Server, mode: PoolMode) -> Result<Pooler, Error> {
        PoolerOptions::new(mode).start(server).await
    }

    /// Whether PgBouncer is installed.
    pub fn installed() -> bool {
        program().is_some()
    }

    async fn launch(server: &Server, options: PoolerOptions) -> Result<Pooler, Error> {
        let program = program().ok_or(Error::NoProgram {
            program: "pgbouncer",
            remedy: "install the package pgbouncer, or do without the pooler",
        })?;
        let user = user::unprivileged()?;
        let home = files::fresh("pooler", user)?;
        let mut pooler = Pooler { process: None, home, password: server.password.clone(), port: 0 };
        cleanup::claim(&pooler.home);
        let users = format!("\"postgres\" \"{}\"\n", server.password);
        files::write(&pooler.home.join("users.txt"), &users, user)?;
        for _ in 0..PORT_TRIES {
            pooler.port = port::free()?;
            let ini = pooler.home.join("pgbouncer.ini");
            files::write(&ini, &pooler.ini(server.port(), &options), user)?;
            let mut command = Command::new(&program);
            command.arg(&ini);
            let process = Process::start(command, user, &pooler.log_path())?;
            match pooler.wait_for(process).await {
                Err(Error::Program { log, .. }) if log.contains("in use") => {}
                outcome => return outcome.map(|()| pooler),
            }
        }
        Err(Error::NoPort(PORT_TRIES))
    }

    async fn wait_for(&mut self, mut process: Process) -> Result<(), Error> {
        let until = Instant::now() + Duration::from_secs(START_SECONDS);
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if !process.running() {
                return Err(process.failed("PgBouncer".to_owned()));
            }
            if Instant::now() > until {
                return Err(Error::Timeout("the start of PgBouncer".to_owned(), START_SECONDS));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.process = Some(process);
        Ok(())
    }

    fn ini(&self, server_port: u16, options: &PoolerOptions) -> String {
        let mode = match options.mode {
            PoolMode::Session => "session",
            PoolMode::Transaction => "transaction",
            PoolMode::Statement => "statement",
        };
        let home = self.home.display();
        let (port, size, ignore) =
            (self.port, options.pool_size, &options.ignore_startup_parameters);
        format!(
            "[databases]\n* = host=127.0.0.1 port={server_port} auth_user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir = {home}\n\
             auth_type = scram-sha-256\nauth_file = {home}/users.txt\n\
             auth_query = select usename, passwd from pg_catalog.pg_shadow where usename = $1\n\
             admin_users = postgres\nstats_users = pgdeck\n\
             pool_mode = {mode}\ndefault_pool_size = {size}\nmax_client_conn = 200\n\
             ignore_startup_parameters = {ignore}\nserver_round_robin = 1\n"
        )
    }

    fn log_path(&self) -> PathBuf {
        self.home.join("pgbouncer.log")
    }

    /// Its TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The DSN of a superuser through the pooler.
    pub fn dsn(&self) -> String {
        self.dsn_for("postgres", &self.password, "postgres")
    }

    /// The DSN of a role for a database through the pooler; `pgbouncer` is its own console.
    pub fn dsn_for(&self, role: &str, password: &str, database: &str) -> String {
        client::dsn(role, password, self.port, database)
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    /// Ends it; clients are cut off.
    pub async fn stop(mut self) {
        if let Some(mut process) = self.process.take() {
            process.end(Signal::TERM).await;
        }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.process.take());
        files::remove(&self.home);
    }
}

fn program() -> Option<PathBuf> {
    PLACES.into_iter().map(PathBuf::from).find(|place| place.is_file())
}
