//! One temporary PostgreSQL server: start, stop, crash, restart, SIGSTOP and SIGCONT, removal.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sqlx::PgConnection;

use crate::client::{connect, dsn, exec_at};
use crate::install::{self, Install};
use crate::options::{FILE, ServerOptions};
use crate::process::Process;
use crate::user::{self, User};
use crate::{Error, cleanup, files, permissions, port, template};

/// How long a start may take on a busy machine, in seconds.
const START_SECONDS: u64 = 60;
/// Retries when another process takes the port first.
const PORT_TRIES: u32 = 8;

/// Starts a server of this major. Errors when it is not installed or does not come up.
pub async fn server(major: u16) -> Result<Server, Error> {
    ServerOptions::new(major).start().await
}

/// A running PostgreSQL server. Dropping it ends it at once and removes its files.
#[derive(Debug)]
pub struct Server {
    process: Option<Process>,
    pub(crate) home: PathBuf,
    pub(crate) install: Install,
    pub(crate) options: ServerOptions,
    pub(crate) user: Option<User>,
    pub(crate) password: String,
    port: u16,
}

impl Server {
    /// Copies the template of its major and starts it.
    pub(crate) async fn start(options: ServerOptions) -> Result<Server, Error> {
        let mut server = blocking(move || {
            cleanup::run_once();
            let user = user::unprivileged()?;
            let install = permissions::executable_install(install::find(options.major)?, user)?;
            let template = template::for_install(&install, user)?;
            let server = Server::home(install, options, user, template.password)?;
            files::copy(&template.data, &server.data_dir(), user, &|_| false)?;
            Ok(server)
        })
        .await?;
        server.prepare()?;
        server.come_up().await?;
        Ok(server)
    }

    /// A server with a directory but without data, not running.
    pub(crate) fn home(
        install: Install,
        options: ServerOptions,
        user: Option<User>,
        password: String,
    ) -> Result<Server, Error> {
        let home = files::fresh(&format!("pg{}", install.major), user)?;
        cleanup::claim(&home);
        Ok(Server { process: None, home, install, options, user, password, port: 0 })
    }

    /// Writes pg_hba.conf and the TLS files of the options.
    fn prepare(&self) -> Result<(), Error> {
        let data = self.data_dir();
        if !self.options.hba.is_empty() {
            let path = data.join("pg_hba.conf");
            let old = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
            files::write(&path, &format!("{}\n{old}", self.options.hba.join("\n")), self.user)?;
        }
        if let Some((certificate, key)) = &self.options.tls {
            files::write(&data.join("server.crt"), certificate, self.user)?;
            files::write(&data.join("server.key"), key, self.user)?;
        }
        Ok(())
    }

    /// Starts the process on a free port and waits until it accepts connections.
    pub(crate) async fn come_up(&mut self) -> Result<(), Error> {
        let fixed = self.port;
        for _ in 0..PORT_TRIES {
            let port = if fixed == 0 { port::free()? } else { fixed };
            match self.try_port(port).await {
                Ok(()) => return Ok(()),
                Err(Error::Program { log, .. }) if log.contains("could not bind") => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::NoPort(PORT_TRIES))
    }

    async fn try_port(&mut self, port: u16) -> Result<(), Error> {
        let data = self.data_dir();
        files::write(&data.join(FILE), &self.options.conf(port, &self.socket_dir()), self.user)?;
        let mut command = Command::new(self.install.bin.join("postgres"));
        command.arg("-D").arg(&data);
        let mut process = Process::start(command, self.user, &self.log_path())?;
        let until = Instant::now() + Duration::from_secs(START_SECONDS);
        while !ready(&data, process.pid()) {
            if !process.running() {
                return Err(process.failed(format!("PostgreSQL {}", self.major())));
            }
            if Instant::now() > until {
                return Err(Error::Timeout("the start of PostgreSQL".to_owned(), START_SECONDS));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.port = port;
        self.process = Some(process);
        Ok(())
    }

    /// Its major version.
    pub fn major(&self) -> u16 {
        self.install.major
    }

    /// Its TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of its postmaster; 0 while it is stopped.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().map_or(0, Process::pid)
    }

    /// Its data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.home.join("data")
    }

    /// The directory of its Unix socket: only its own system user and root get there, and both are trusted.
    pub fn socket_dir(&self) -> String {
        self.home.display().to_string()
    }

    /// The DSN of a superuser: `postgres://postgres:…@127.0.0.1:port/postgres`.
    pub fn dsn(&self) -> String {
        self.dsn_for("postgres", &self.password, "postgres")
    }

    /// The DSN of a role for a database.
    pub fn dsn_for(&self, role: &str, password: &str, database: &str) -> String {
        dsn(role, password, self.port, database)
    }

    /// The DSN of a superuser for a database.
    pub fn dsn_to(&self, database: &str) -> String {
        self.dsn_for("postgres", &self.password, database)
    }

    /// The server's log so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    fn log_path(&self) -> PathBuf {
        self.home.join("server.log")
    }

    /// Opens a connection as superuser to the database `postgres`.
    pub async fn connect(&self) -> Result<PgConnection, Error> {
        connect(&self.dsn()).await
    }

    /// Runs statements as superuser, several separated by `;` if need be, each for itself.
    pub async fn exec(&self, sql: &str) -> Result<(), Error> {
        exec_at(&self.dsn(), sql).await
    }

    /// Stops it like `pg_ctl stop -m fast`; its files go when the value is dropped here.
    pub async fn stop(mut self) {
        self.end().await;
    }

    pub(crate) async fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal_family(Signal::CONT);
            process.end(Signal::INT).await;
        }
    }

    /// Immediate shutdown, like a crash; [`Server::restart`] starts it again with crash recovery.
    pub async fn crash(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end(Signal::QUIT).await;
        }
    }

    /// Stops it and starts it again on the same port, with the settings it was given.
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.end().await;
        self.come_up().await
    }

    /// Stops every process of the server with SIGSTOP: connections stay open and nothing responds.
    pub fn freeze(&self) {
        if let Some(process) = &self.process {
            process.signal_family(Signal::STOP);
        }
    }

    /// Ends [`Server::freeze`].
    pub fn thaw(&self) {
        if let Some(process) = &self.process {
            process.signal_family(Signal::CONT);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.take());
        files::remove(&self.home);
    }
}

/// The eighth line of postmaster.pid is the state: `ready`, or `standby` while it replays.
fn ready(data: &Path, pid: u32) -> bool {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(pid.to_string().as_str())
        && matches!(lines.nth(6), Some("ready" | "standby"))
}

/// Runs file work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Error::Unknown(format!("a playground task ended early: {error}"))),
    }
}
