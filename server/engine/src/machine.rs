//! The cores of a server's machine, where that is pgdeck's own. PostgreSQL does not tell; an address
//! that looks local may be a tunnel or a container, so the process behind our session must be visible.

use std::net::IpAddr;
use std::path::Path;

/// The title of a session's process, as far as it does not change.
pub struct ProcessTitle<'a> {
    /// The backend's process id.
    pub pid: i32,
    /// The role that signed in.
    pub role: &'a str,
    /// The database.
    pub database: &'a str,
    /// The client's port; None for a Unix socket.
    pub client_port: Option<i32>,
}

/// Whether that host is this machine, as far as its name tells.
pub fn is_local(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.starts_with(['/', '@'])
        || host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The cores of this machine, if the session's process runs on it.
pub fn cores(title: &ProcessTitle<'_>) -> Option<u32> {
    let path = Path::new("/proc").join(title.pid.to_string()).join("cmdline");
    let cmdline = std::fs::read(path).ok()?;
    if !title.is(&String::from_utf8_lossy(&cmdline)) {
        return None;
    }
    let cores = std::thread::available_parallelism().ok()?;
    u32::try_from(cores.get()).ok()
}

impl ProcessTitle<'_> {
    /// Whether a process with that command line is the session: `postgres: shop web 127.0.0.1(4711) idle`.
    fn is(&self, cmdline: &str) -> bool {
        let client = match self.client_port {
            Some(port) => format!("({port})"),
            None => "[local]".to_owned(),
        };
        let session = format!("{} {} ", self.role, self.database);
        let after = cmdline.strip_prefix("postgres: ").and_then(|title| title.split_once(&session));
        after.is_some_and(|(_, rest)| {
            rest.split(['\0', ' ']).next().is_some_and(|at| at.ends_with(&client))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_and_loopback_are_local() {
        for local in ["/var/run/postgresql", "@abstract", "localhost", "127.0.0.2", "::1", "[::1]"]
        {
            assert!(is_local(local), "{local}");
        }
        for other in ["db1.example.org", "10.0.0.1", "localhost.example.org", "fe80::1"] {
            assert!(!is_local(other), "{other}");
        }
    }

    #[test]
    fn a_process_is_the_session_only_with_its_role_database_and_port() {
        let title =
            ProcessTitle { pid: 1, role: "watcher", database: "shop", client_port: Some(4_711) };
        assert!(title.is("postgres: watcher shop 127.0.0.1(4711) SELECT\0\0"));
        assert!(title.is("postgres: main: watcher shop ::1(4711) idle"));
        for other in [
            "postgres: watcher shop 127.0.0.1(14711) idle",
            "postgres: watcher other 127.0.0.1(4711) idle",
            "postgres: watcher shop [local] idle",
            "vim watcher shop 127.0.0.1(4711)",
            "",
        ] {
            assert!(!title.is(other), "{other}");
        }
        let socket = ProcessTitle { client_port: None, ..title };
        assert!(socket.is("postgres: watcher shop [local] idle\0"));
        assert_eq!(cores(&ProcessTitle { pid: -1, ..socket }), None);
    }
}
