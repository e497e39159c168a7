//! The command line: exit codes, and a one-line message for each usage error.

use std::net::TcpListener;

use crate::common::{UNREACHABLE, add_user, outcome, pgdeck, run};

/// pgdeck exits with this code and one line on standard error that contains all the words.
fn refused(arguments: &[&str], code: i32, words: &[&str]) {
    let (ended, out, message) = run(arguments);
    assert_eq!((ended, out.as_str()), (code, ""), "{arguments:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    for word in words {
        assert!(message.contains(word), "{arguments:?}: {word:?} is missing in: {message}");
    }
    assert!(!message.contains("hunter2"), "a password is shown: {message}");
}

#[test]
fn bad_usage_ends_with_64() {
    refused(&["serve", "--nonsense"], 64, &["--nonsense", "--help"]);
    refused(&["frobnicate"], 64, &["frobnicate"]);
    refused(&[], 64, &["--help"]);
    refused(&["serve"], 64, &["no server to watch", "postgres://"]);
    refused(&["serve", UNREACHABLE, "--listen", "everywhere"], 64, &["--listen", "127.0.0.1:8432"]);
    refused(&["serve", UNREACHABLE, "--config", "/nowhere.toml"], 64, &["/nowhere.toml"]);
}

#[test]
fn help_and_version_are_no_mistake() {
    let (code, out, message) = run(&["--help"]);
    assert_eq!((code, message.as_str()), (0, ""));
    assert!(out.contains("serve") && out.contains("demo"));
    assert_eq!(run(&["--version"]).0, 0);
}

#[test]
fn a_malformed_dsn_names_what_is_wrong() {
    refused(
        &["serve", "postgres://u:hunter2/x@h/d"],
        64,
        &["DSN 1", "port is not a number", "%2F"],
    );
    refused(&["serve", "hots=db1"], 64, &["\"hots\""]);
    refused(&["serve", "host=a", "password='hunter2"], 64, &["DSN 2", "never closed"]);
    refused(&["check", "mysql://h/x"], 64, &["postgres://"]);
    refused(&["record", "nonsense"], 64, &["key=value"]);
    refused(&["check", "host=a", "postgres://u:hunter2@h/d"], 64, &["takes only one DSN"]);
    refused(&["serve", "--recording", "postgres://u:hunter2@h/d"], 64, &["not a DSN"]);
}

#[test]
fn a_configuration_mistake_names_key_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pgdeck.toml");
    for (text, words) in [
        ("data_dir = \"/x\"\nlistn = \"x\"\n", ["line 2", "listn"]),
        ("\nlisten = 5\n", ["line 2", "listen"]),
        ("[[servers]]\nname = \"a\"\nport = 5\n", ["line 3", "port"]),
        ("[rules.\"activity/nothing\"]\nlimit = 5\n", ["line 1", "activity/nothing"]),
    ] {
        std::fs::write(&path, text).unwrap();
        refused(&["serve", UNREACHABLE, "--config", path.to_str().unwrap()], 64, &words);
    }
}

#[test]
fn what_the_machine_refuses_ends_with_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    refused(
        &["serve", UNREACHABLE, "--listen", &address, "--data-dir", data_dir],
        1,
        &[&address, "already", "--listen"],
    );
    refused(&["demo", "--listen", &address], 1, &[&address, "already"]);
    // A file stands where the directory should be: not even root can write there.
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let blocked = file.join("data");
    let arguments =
        ["serve", UNREACHABLE, "--listen", "127.0.0.1:0", "--data-dir", blocked.to_str().unwrap()];
    refused(&arguments, 1, &["data directory", "--data-dir"]);
}

#[test]
fn a_public_address_needs_users() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let arguments = ["serve", UNREACHABLE, "--listen", "0.0.0.0:0", "--data-dir", data_dir];
    refused(&arguments, 64, &["pgdeck user add", data_dir]);
}

#[test]
fn verifying_opens_an_existing_log_only() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong");
    let path = wrong.to_str().unwrap();
    refused(&["audit", "verify", "--data-dir", path], 64, &["no database of pgdeck", path]);
    refused(&["user", "list", "--data-dir", path], 64, &["no database of pgdeck", path]);
    assert!(!wrong.exists(), "nothing is made");
    let data_dir = folder.path().join("data");
    add_user(&data_dir, "eve", &["--role", "viewer"]);
    let (code, said, _) = run(&["audit", "verify", "--data-dir", data_dir.to_str().unwrap()]);
    assert!(code == 0 && said.contains("2 records is intact"), "{code} {said}");
}

/// Both are warnings: the server is down, and the path is too long for a control socket, without which
/// pgdeck runs as well.
#[test]
fn a_log_that_is_no_terminal_has_no_colours() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("x".repeat(120));
    let data_dir = data_dir.to_str().unwrap();
    let mut child =
        pgdeck(&["serve", UNREACHABLE, "--listen", "127.0.0.1:0", "--data-dir", data_dir])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
    let log = std::io::BufReader::new(child.stderr.take().unwrap());
    // That the server cannot be reached is logged as well, before or after.
    let mut said = Vec::new();
    for line in std::io::BufRead::lines(log).map(Result::unwrap) {
        said.push(line);
        if said.iter().any(|line| line.contains("login-link will not work")) && said.len() >= 2 {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(said.iter().any(|line| line.contains("not connected")), "{said:?}");
    assert!(said.iter().all(|line| !line.contains('\u{1b}')), "{said:?}");
}

#[test]
fn users_are_added_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    add_user(&data_dir, "eve", &["--role", "viewer", "--role", "analyst", "--server", "shop"]);
    let data_dir = data_dir.to_str().unwrap();
    let (code, out, _) = run(&["user", "list", "--data-dir", data_dir]);
    assert_eq!((code, out.as_str()), (0, "eve\tviewer,analyst\tshop\n"));
    refused(&["user", "remove", "bob", "--data-dir", data_dir], 64, &["bob", "user list"]);
    assert_eq!(run(&["user", "remove", "eve", "--data-dir", data_dir]).0, 0);
    // Standard input is empty: that is no password.
    refused(
        &["user", "add", "eve", "--role", "viewer", "--data-dir", data_dir],
        64,
        &["fewer than 12"],
    );
    refused(
        &["user", "add", "eve", "--role", "king", "--data-dir", data_dir],
        64,
        &["viewer, analyst"],
    );
}

#[test]
fn check_of_a_server_that_is_down_ends_with_3() {
    refused_check(&["check", UNREACHABLE], "");
    let (code, out, message) = run(&["check", UNREACHABLE, "--json"]);
    assert_eq!(code, 3, "{message}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["findings", "major", "not_checked", "server"]);
    assert_eq!(report["findings"], serde_json::json!([]));
}

fn refused_check(arguments: &[&str], stdout: &str) {
    let (code, out, message) = outcome(pgdeck(arguments).output().unwrap());
    assert_eq!((code, out.as_str()), (3, stdout), "{message}");
    assert!(message.contains("127.0.0.1:1") && !message.contains("hunter2"), "{message}");
}
