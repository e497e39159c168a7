//! Connections of either database, and transactions that write.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};

use super::query::query;
use super::sql;
use crate::partitions::Partitions;

/// A connection out of a pool, or a snapshot.
pub(crate) struct Conn {
    held: Held,
    /// PostgreSQL's partitions.
    partitions: Option<Arc<Partitions>>,
}

enum Held {
    Sqlite(PoolConnection<Sqlite>),
    SqliteSnapshot(Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresSnapshot(Transaction<'static, Postgres>),
}

/// What sqlx runs statements on.
pub(crate) enum Raw<'c> {
    /// SQLite's.
    Sqlite(&'c mut SqliteConnection),
    /// PostgreSQL's.
    Postgres(&'c mut PgConnection),
}

impl Conn {
    /// A connection to the file.
    pub(crate) fn sqlite(conn: PoolConnection<Sqlite>) -> Self {
        Self { held: Held::Sqlite(conn), partitions: None }
    }

    /// A snapshot of the file; it ends with the value.
    pub(crate) fn sqlite_snapshot(tx: Transaction<'static, Sqlite>) -> Self {
        Self { held: Held::SqliteSnapshot(tx), partitions: None }
    }

    /// A connection to the database.
    pub(crate) fn postgres(conn: PoolConnection<Postgres>, partitions: Arc<Partitions>) -> Self {
        Self { held: Held::Postgres(conn), partitions: Some(partitions) }
    }

    /// A snapshot of the database; it ends with the value.
    pub(crate) fn postgres_snapshot(
        tx: Transaction<'static, Postgres>,
        partitions: Arc<Partitions>,
    ) -> Self {
        Self { held: Held::PostgresSnapshot(tx), partitions: Some(partitions) }
    }

    /// What sqlx runs statements on.
    pub(crate) fn raw(&mut self) -> Raw<'_> {
        match &mut self.held {
            Held::Sqlite(conn) => Raw::Sqlite(conn),
            Held::SqliteSnapshot(tx) => Raw::Sqlite(tx),
            Held::Postgres(conn) => Raw::Postgres(conn),
            Held::PostgresSnapshot(tx) => Raw::Postgres(tx),
        }
    }

    /// The partitions, where it is PostgreSQL's.
    pub(crate) fn partitions(&self) -> Option<Arc<Partitions>> {
        self.partitions.clone()
    }
}

/// A transaction that writes. SQLite ends a transaction by itself when the disk is full, which sqlx's own
/// does not notice: it could never begin another. So a connection whose transaction failed is closed.
pub(crate) struct Write {
    conn: Conn,
    open: bool,
}

impl Write {
    /// Begins on this connection.
    pub(crate) async fn begin(mut conn: Conn) -> Result<Self, sqlx::Error> {
        query(sql::BEGIN).execute(&mut conn).await?;
        Ok(Self { conn, open: true })
    }

    /// Makes it last.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        query("commit").execute(&mut self.conn).await?;
        self.open = false;
        Ok(())
    }
}

impl Deref for Write {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        if let Some(partitions) = &self.conn.partitions {
            // Those that it made are gone with it.
            partitions.forget();
        }
        match &mut self.conn.held {
            Held::Sqlite(conn) => conn.close_on_drop(),
            Held::Postgres(conn) => conn.close_on_drop(),
            Held::SqliteSnapshot(_) | Held::PostgresSnapshot(_) => {}
        }
    }
}
