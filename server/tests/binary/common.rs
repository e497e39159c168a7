//! Starts the pgdeck binary for a test, with a temporary data directory and a watched server that is down.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;

pub use crate::client::{Http, PASSWORD, UNREACHABLE, cookie, form_body, location, with_token};

/// The binary with an empty environment.
pub fn pgdeck(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgdeck"));
    command.args(arguments).env_clear().env("USER", "tester").stdin(Stdio::null());
    // Beside the data directory: tests leave nothing in anybody's home.
    if let Some(at) = arguments.iter().position(|argument| *argument == "--data-dir") {
        let data_dir = Path::new(arguments.get(at + 1).copied().unwrap_or_default());
        command.env("PGDECK_AUDIT_ANCHOR", data_dir.with_extension("anchor"));
    }
    command
}

/// Runs to its end: exit code, standard output, standard error.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    outcome(pgdeck(arguments).output().unwrap())
}

/// An output as exit code and texts.
pub fn outcome(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Adds a user whose password is [`PASSWORD`].
pub fn add_user(data_dir: &Path, name: &str, more: &[&str]) {
    let data_dir = data_dir.to_str().unwrap();
    let mut command = pgdeck(&["user", "add", name, "--data-dir", data_dir]);
    let mut child = command.args(more).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("{PASSWORD}\n").as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
}

/// The file next to the data directory that receives standard error.
fn log_path(data_dir: &Path) -> PathBuf {
    data_dir.with_extension("log")
}

/// A running `pgdeck serve`.
pub struct Running {
    child: Mutex<Child>,
    _folder: Option<tempfile::TempDir>,
    /// Its data directory.
    pub data_dir: PathBuf,
    http: Http,
}

impl Running {
    /// Starts one; `prepare` may fill the data directory first.
    pub fn start(arguments: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        prepare(&data_dir);
        let mut all = arguments.to_vec();
        if !arguments.contains(&"--recording") {
            all.push(UNREACHABLE);
        }
        let mut running = Self::serve(&all, &data_dir);
        running._folder = Some(folder);
        running
    }

    /// Starts one that watches the servers of a configuration file.
    pub fn configured(file: &str, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        prepare(&data_dir);
        let mut running = Self::serve(&["--config", file], &data_dir);
        running._folder = Some(folder);
        running
    }

    /// Starts one on the data directory of another.
    pub fn in_folder(file: &str, data_dir: &Path) -> Self {
        Self::serve(&["--config", file], data_dir)
    }

    /// The same with the log at its finest level.
    pub fn traced(file: &str, data_dir: &Path) -> Self {
        Self::serve_with(&["--config", file], data_dir, &[("PGDECK_LOG", "trace")])
    }

    /// One that may open so many files.
    pub fn with_files(file: &str, data_dir: &Path, files: u32) -> Self {
        let limited = ["prlimit", &format!("--nofile={files}")].map(str::to_owned);
        Self::serve_as(&["--config", file], data_dir, &[], &limited)
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    fn serve(arguments: &[&str], data_dir: &Path) -> Self {
        Self::serve_with(arguments, data_dir, &[])
    }

    fn serve_with(arguments: &[&str], data_dir: &Path, env: &[(&str, &str)]) -> Self {
        Self::serve_as(arguments, data_dir, env, &[])
    }

    /// `under` is the command line of a program that becomes pgdeck.
    fn serve_as(
        arguments: &[&str],
        data_dir: &Path,
        env: &[(&str, &str)],
        under: &[String],
    ) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--data-dir"];
        all.push(data_dir.to_str().unwrap());
        all.extend(arguments);
        let stderr = std::fs::File::options().create(true).append(true).open(log_path(data_dir));
        let mut command = pgdeck(&all);
        if let [program, limits @ ..] = under {
            let mut limited = Command::new(program);
            limited.args(limits).arg(command.get_program()).args(command.get_args());
            limited
                .env_clear()
                .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            limited.stdin(Stdio::null());
            command = limited;
        }
        let mut child = command
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(stderr.unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let link = line.trim().strip_prefix("Open ").expect("the Open line").to_owned();
        let (child, data_dir) = (Mutex::new(child), data_dir.to_owned());
        Self { child, _folder: None, data_dir, http: Http::new(link) }
    }

    /// Sends SIGTERM, as a service manager does, and waits for the graceful shutdown; exit code and log.
    pub fn terminate(self) -> (i32, String) {
        self.signal("-TERM")
    }

    /// Sends SIGHUP, on which the configuration is read again.
    pub fn hang_up(&self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(log_path(&self.data_dir)).unwrap()
    }

    /// Sends that signal and waits for the end; exit code (-1: killed by it) and log.
    pub fn signal(self, signal: &str) -> (i32, String) {
        let mut child = self.child.lock().unwrap();
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let code = child.wait().unwrap().code().unwrap_or(-1);
        (code, std::fs::read_to_string(log_path(&self.data_dir)).unwrap())
    }

    /// The most memory that the process ever held, and what of it are pages of its own file, MiB. Unoptimised,
    /// that file is several times as large as a release's.
    pub fn peak_mib(&self) -> (u64, u64) {
        let status = format!("/proc/{}/status", self.child.lock().unwrap().id());
        let status = std::fs::read_to_string(status).unwrap();
        let mib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
        };
        (mib("VmHWM:"), mib("RssFile:"))
    }

    /// Sends SIGKILL: it gets no chance to write anything.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl std::ops::Deref for Running {
    type Target = Http;

    fn deref(&self) -> &Http {
        &self.http
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", std::fs::read_to_string(log_path(&self.data_dir)).unwrap_or_default());
        }
        // It may have ended already.
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
