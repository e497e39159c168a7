//! A child process: start, signals, graceful and immediate shutdown.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::user::{self, User};
use crate::{Error, files};

/// Timeout of a graceful shutdown before the process is killed, in seconds.
const SHUTDOWN_SECONDS: u64 = 20;

/// A running child; dropping it ends it at once.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` as `user`, its output appended to `log`.
    pub fn start(mut command: Command, user: Option<User>, log: &Path) -> Result<Process, Error> {
        let open = || {
            OpenOptions::new().create(true).append(true).open(log).map_err(Error::file("open", log))
        };
        let (out, err) = (open()?, open()?);
        user::chown(log, user)?;
        user::drop_privileges(&mut command, user);
        // That user may lack permission to enter our working directory.
        command.current_dir("/").stdin(Stdio::null()).stdout(out).stderr(err);
        let program = command.get_program().to_owned();
        let child = command.spawn().map_err(Error::file("start", program))?;
        Ok(Process { child, log: log.to_owned() })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub fn running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal; nothing happens when it has ended.
    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Sends a signal to it and to the processes it started.
    pub fn signal_family(&self, signal: Signal) {
        self.signal(signal);
        let children = format!("/proc/{0}/task/{0}/children", self.pid());
        let children = std::fs::read_to_string(children).unwrap_or_default();
        for pid in children.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Graceful shutdown: sends `signal`, waits, and kills it after the timeout.
    pub async fn end(&mut self, signal: Signal) {
        self.signal(signal);
        let until = Instant::now() + Duration::from_secs(SHUTDOWN_SECONDS);
        while self.running() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.end_now();
    }

    /// Ends it from a place that cannot wait asynchronously.
    pub fn end_now(&mut self) {
        if !self.running() {
            return;
        }
        // SIGQUIT is PostgreSQL's immediate shutdown: it ends its children first.
        self.signal_family(Signal::CONT);
        self.signal(Signal::QUIT);
        for _ in 0..800 {
            if !self.running() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.signal_family(Signal::KILL);
        let _ = self.child.wait();
    }

    /// The end of its output, for an error.
    pub fn failed(&self, program: String) -> Error {
        Error::Program { program, log: files::tail(&self.log, 12) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end_now();
    }
}
