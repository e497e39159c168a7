//! Options of a server: settings, pg_hba.conf lines, TLS, preloaded libraries.

use crate::{Error, Server};

/// The settings file of a server, in its data directory.
pub(crate) const FILE: &str = "playground.conf";

/// A server to be started: `ServerOptions::new(17).setting("max_connections", "20").start().await?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    pub(crate) major: u16,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) preload: bool,
    pub(crate) hba: Vec<String>,
    pub(crate) tls: Option<(String, String)>,
}

impl ServerOptions {
    /// A server of this major with pg_stat_statements and auto_explain loaded.
    pub fn new(major: u16) -> ServerOptions {
        ServerOptions { major, settings: Vec::new(), preload: true, hba: Vec::new(), tls: None }
    }

    /// Sets a server setting; the last value of a name wins, also over the defaults here.
    pub fn setting(mut self, name: &str, value: &str) -> ServerOptions {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Loads no library: the server has no pg_stat_statements.
    pub fn without_preload(mut self) -> ServerOptions {
        self.preload = false;
        self
    }

    /// Puts a line before those of pg_hba.conf, such as `host all reader 127.0.0.1/32 reject`.
    pub fn hba(mut self, line: &str) -> ServerOptions {
        self.hba.push(line.to_owned());
        self
    }

    /// Switches TLS on with this certificate and key, both PEM.
    pub fn tls(mut self, certificate: &str, key: &str) -> ServerOptions {
        self.tls = Some((certificate.to_owned(), key.to_owned()));
        self
    }

    /// Starts it. Errors when the major is not installed or the server does not come up.
    pub async fn start(self) -> Result<Server, Error> {
        Server::start(self).await
    }

    /// The text of the settings file for a server on `port` with its socket in `socket_dir`.
    pub(crate) fn conf(&self, port: u16, socket_dir: &str) -> String {
        let mut lines = vec![
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", port.to_string()),
            ("unix_socket_directories", socket_dir.to_owned()),
            // Commits are not synced to disk: they survive a crash of the server, not of the machine.
            ("fsync", "off".to_owned()),
            ("synchronous_commit", "local".to_owned()),
            ("full_page_writes", "off".to_owned()),
            ("shared_buffers", "64MB".to_owned()),
            ("wal_level", "logical".to_owned()),
            ("max_wal_senders", "10".to_owned()),
            ("max_replication_slots", "10".to_owned()),
            ("hot_standby", "on".to_owned()),
            ("track_io_timing", "on".to_owned()),
            ("deadlock_timeout", "1s".to_owned()),
            ("log_destination", "stderr".to_owned()),
            ("logging_collector", "off".to_owned()),
            ("log_line_prefix", "%m [%p] %q%u@%d %a ".to_owned()),
            ("timezone", "UTC".to_owned()),
            ("log_timezone", "UTC".to_owned()),
        ];
        if self.preload {
            lines.push(("shared_preload_libraries", "pg_stat_statements,auto_explain".to_owned()));
        }
        if self.tls.is_some() {
            lines.push(("ssl", "on".to_owned()));
        }
        lines
            .into_iter()
            .chain(self.settings.iter().map(|(name, value)| (name.as_str(), value.clone())))
            .map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_settings_come_last_and_are_quoted() {
        let options = ServerOptions::new(17).setting("cluster_name", "it's ours").without_preload();
        let conf = options.conf(4711, "/tmp/x");
        assert!(conf.ends_with("cluster_name = 'it''s ours'\n"), "{conf}");
        assert!(!conf.contains("shared_preload_libraries"), "{conf}");
    }
}
