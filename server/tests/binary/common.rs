//! A pgdeck of its own for each test: the real binary, a data directory that goes with it, and a
//! watched server that does not answer, for nothing here may depend on one.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;

use reqwest::{Client, RequestBuilder, Response, redirect};

/// Nothing listens on port 1.
pub const NOBODY: &str = "postgres://reader:hunter2@127.0.0.1:1/shop";

/// The binary with nothing of this machine's surroundings.
pub fn pgdeck(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgdeck"));
    command.args(arguments).env_clear().env("USER", "tester").stdin(Stdio::null());
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

/// Adds a user whose password is `correct horse battery`.
pub fn add_user(data_dir: &Path, name: &str, more: &[&str]) {
    let data_dir = data_dir.to_str().unwrap();
    let mut command = pgdeck(&["user", "add", name, "--data-dir", data_dir]);
    let mut child = command.args(more).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"correct horse battery\n")
        .unwrap();
    assert!(child.wait().unwrap().success());
}

/// A running `pgdeck serve`.
pub struct Running {
    child: Mutex<Child>,
    _folder: Option<tempfile::TempDir>,
    /// Its data directory.
    pub data_dir: PathBuf,
    /// `http://127.0.0.1:port`.
    pub url: String,
    /// What it printed after `Open `.
    pub link: String,
    client: Client,
}

impl Running {
    /// Starts one; `prepare` may fill the data directory first.
    pub fn start(arguments: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        prepare(&data_dir);
        let mut all = arguments.to_vec();
        if !arguments.contains(&"--recording") {
            all.push(NOBODY);
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

    /// Starts one on what another has left.
    pub fn in_folder(file: &str, data_dir: &Path) -> Self {
        Self::serve(&["--config", file], data_dir)
    }

    fn serve(arguments: &[&str], data_dir: &Path) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--data-dir"];
        all.push(data_dir.to_str().unwrap());
        all.extend(arguments);
        let mut child = pgdeck(&all).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let link = line.trim().strip_prefix("Open ").expect("the Open line").to_owned();
        let url = link.split("/login").next().unwrap().trim_end_matches('/').to_owned();
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        let (child, data_dir) = (Mutex::new(child), data_dir.to_owned());
        Self { child, _folder: None, data_dir, url, link, client }
    }

    /// A `GET` without a cookie.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A `POST` as a browser sends it from one of our pages.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.bare_post(path).header("sec-fetch-site", "same-origin")
    }

    /// A `POST` from one of our pages that has yet to say what it carries.
    pub fn plain_post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).header("sec-fetch-site", "same-origin")
    }

    /// A `POST` that says nothing of where it comes from.
    pub fn bare_post(&self, path: &str) -> RequestBuilder {
        let form = "application/x-www-form-urlencoded";
        self.client.post(format!("{}{path}", self.url)).header("content-type", form)
    }

    /// Follows the printed link; the cookie as `name=value`.
    pub async fn sign_in_by_link(&self) -> String {
        let path = self.link.strip_prefix(&self.url).unwrap();
        let answer = self.get(path).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
        cookie(&answer)
    }

    /// Sends the sign-in form.
    pub async fn sign_in(&self, name: &str, password: &str) -> Response {
        let body = format!("name={name}&password={}", password.replace(' ', "+"));
        self.post("/login").body(body).send().await.unwrap()
    }

    /// Asks it to end, as a service manager does; its exit code.
    pub fn terminate(self) -> i32 {
        let mut child = self.child.lock().unwrap();
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        child.wait().unwrap().code().unwrap()
    }

    /// Kills it as the kernel does when memory is short: it gets no chance to write anything.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Where an answer sends the browser.
pub fn location(answer: &Response) -> &str {
    answer.headers().get("location").map_or("", |value| value.to_str().unwrap())
}

/// The cookie an answer sets, as `name=value`.
pub fn cookie(answer: &Response) -> String {
    let set = answer.headers().get("set-cookie").expect("a cookie").to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}
