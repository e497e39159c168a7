//! Standbys: streaming replication from a running server, also a standby, through a physical replication
//! slot, or restored from its archive.
//!
//! The npm builds have no `pg_basebackup`, so the copy is made between the server's own backup functions.

use std::path::Path;

use sqlx::{PgConnection, Row};

use crate::options::{FILE, ServerOptions};
use crate::server::{self, Server};
use crate::{Error, files};

impl Server {
    /// Starts a hot standby of this server. `name` becomes its application_name, its cluster_name and,
    /// in lower case letters, digits and `_`, the name of its slot on the primary.
    pub async fn standby(&self, name: &str) -> Result<Server, Error> {
        let slot: String = name
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let conninfo = format!(
            "host=127.0.0.1 port={} user=postgres password={} application_name={name}",
            self.port(),
            self.password
        );
        let options = self
            .options
            .clone()
            .setting("primary_conninfo", &conninfo)
            .setting("primary_slot_name", &slot)
            .setting("cluster_name", name);
        self.exec(&format!("select pg_create_physical_replication_slot('{slot}', true)")).await?;
        self.follow(options).await
    }

    /// Starts a hot standby that streams from nobody: it restores what this server archives with
    /// [`Server::ARCHIVE`].
    pub async fn archive_standby(&self, name: &str) -> Result<Server, Error> {
        let restore = format!("cp {}/archive/%f %p", self.home.display());
        let options =
            self.options.clone().setting("restore_command", &restore).setting("cluster_name", name);
        self.follow(options).await
    }

    /// The `archive_command` of a server that has an archive of its own, beside its data directory.
    pub const ARCHIVE: &'static str = "mkdir -p ../archive && cp %p ../archive/%f";

    async fn follow(&self, options: ServerOptions) -> Result<Server, Error> {
        let mut standby =
            Server::home(self.install.clone(), options, self.user, self.password.clone())?;
        self.copy_into(&standby).await?;
        files::write(&standby.data_dir().join("standby.signal"), "", standby.user)?;
        standby.come_up().await?;
        Ok(standby)
    }

    /// Makes this standby a primary. Errors when it is none or does not become one within a minute.
    pub async fn promote(&self) -> Result<(), Error> {
        let mut connection = self.connect().await?;
        let sql = "select pg_promote(true, 60)";
        let promoted: bool =
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.map_err(Error::sql(sql))?;
        if promoted { Ok(()) } else { Err(Error::Timeout("the promotion".to_owned(), 60)) }
    }

    async fn copy_into(&self, standby: &Server) -> Result<(), Error> {
        // The session that starts a backup has to be the one that stops it.
        let mut session = self.connect().await?;
        let start = if self.major() >= 15 {
            "select pg_backup_start('playground', true)::text"
        } else {
            "select pg_start_backup('playground', true, false)::text"
        };
        sqlx::query(start).execute(&mut session).await.map_err(Error::sql(start))?;
        let (from, to, user) = (self.data_dir(), standby.data_dir(), self.user);
        server::blocking(move || files::copy(&from, &to, user, &|path| leave_out(path))).await?;
        let label = stop_backup(&mut session, self.major()).await?;
        files::write(&standby.data_dir().join("backup_label"), &label, user)
    }
}

async fn stop_backup(session: &mut PgConnection, major: u16) -> Result<String, Error> {
    let stop = if major >= 15 {
        "select labelfile from pg_backup_stop(false)"
    } else {
        "select labelfile from pg_stop_backup(false, false)"
    };
    let row = sqlx::query(stop).fetch_one(session).await.map_err(Error::sql(stop))?;
    row.try_get(0).map_err(Error::sql(stop))
}

/// What pg_basebackup leaves out too; the folders themselves are needed.
fn leave_out(path: &Path) -> bool {
    const EMPTY: [&str; 8] = [
        "pg_dynshmem",
        "pg_notify",
        "pg_replslot",
        "pg_serial",
        "pg_snapshots",
        "pg_stat_tmp",
        "pg_subtrans",
        "pg_wal",
    ];
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    (path.components().count() == 1 && EMPTY.contains(&name))
        || matches!(name, "postmaster.pid" | "postmaster.opts" | "pg_internal.init")
        || name == FILE
        || name.starts_with("pgsql_tmp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_what_belongs_to_the_running_server() {
        assert!(leave_out(Path::new("pg_wal")));
        assert!(leave_out(Path::new("base/pgsql_tmp")));
        assert!(leave_out(Path::new("postmaster.pid")));
        assert!(!leave_out(Path::new("pg_xact")));
        assert!(!leave_out(Path::new("base/5/1259")));
    }
}
