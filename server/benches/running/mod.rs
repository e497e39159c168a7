//! The released binary as a child: started, signed in to, asked for pages.
#![allow(dead_code, reason = "each benchmark uses its part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// pgdeck watching one server, and somebody who is signed in.
pub struct Running {
    child: Child,
    link: String,
    /// Of the session that the one-time link opened.
    pub cookie: String,
    /// From the start of the process to the first page.
    pub ready: Duration,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts the binary, redeems the one-time link and waits for the first page.
    pub fn start(dsn: &str, data: &Path) -> Result<Self> {
        Self::start_with(&[dsn], data, Stdio::null())
    }

    /// The same with these arguments; `log` takes what it logs.
    pub fn start_with(arguments: &[&str], data: &Path, log: Stdio) -> Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_pgdeck"))
            .arg("serve")
            .args(arguments)
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .env("PGDECK_AUDIT_ANCHOR", data.with_extension("anchor"))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("stdout")?).read_line(&mut line)?;
        let link = line.trim().strip_prefix("Open ").context("no Open line")?.to_owned();
        let mut running = Self { child, link, cookie: String::new(), ready: Duration::ZERO };
        running.cookie = running.sign_in()?;
        let page = running.get("/", &running.cookie)?;
        ensure!(page.contains("<h1"), "the first page is no page: {page}");
        running.ready = started.elapsed();
        Ok(running)
    }

    fn address(&self) -> &str {
        self.link.trim_start_matches("http://").split('/').next().unwrap_or_default()
    }

    /// The whole answer to a request.
    pub fn get(&self, path: &str, cookie: &str) -> Result<String> {
        let mut stream = self.open(path, cookie)?;
        let mut text = Vec::new();
        stream.read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// A connection on which the answer to a request comes.
    pub fn open(&self, path: &str, cookie: &str) -> Result<std::net::TcpStream> {
        let mut stream = std::net::TcpStream::connect(self.address())?;
        let host = self.address();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n")?;
        Ok(stream)
    }

    /// Signs in by the printed link; the cookie.
    fn sign_in(&self) -> Result<String> {
        let path = self.link.split(self.address()).nth(1).context("a link with a path")?;
        let answer = self.get(path, "")?;
        let set = answer.lines().find(|line| line.to_lowercase().starts_with("set-cookie:"));
        let value = set.and_then(|line| line.split_once(':')).context("no cookie")?.1;
        Ok(value.split(';').next().unwrap_or_default().trim().to_owned())
    }

    /// Resident memory now, MiB.
    pub fn resident_mb(&self) -> Result<f64> {
        status_mb(self.child.id(), "VmRSS:")
    }

    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

/// A line of a process's status in the kernel, MiB; for example `VmHWM:`, the most memory it ever had.
pub fn status_mb(pid: u32, line: &str) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let found = text.lines().find_map(|text| text.strip_prefix(line)).context("no such line")?;
    let kb: f64 = found.split_whitespace().next().context("a number")?.parse()?;
    Ok(kb / 1_024.0)
}
