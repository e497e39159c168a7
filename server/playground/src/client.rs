//! Client side: DSNs of playground servers, connections, running statements.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::Error;

/// The DSN of a role for a database.
pub(crate) fn dsn(role: &str, password: &str, port: u16, database: &str) -> String {
    format!(
        "postgres://{}:{}@127.0.0.1:{port}/{}",
        escape(role),
        escape(password),
        escape(database)
    )
}

/// Percent-encodes the reserved characters of a URI.
fn escape(word: &str) -> String {
    word.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(byte.into())
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// Opens a connection to any DSN of a playground. Errors when the server refuses it.
pub async fn connect(dsn: &str) -> Result<PgConnection, Error> {
    connect_as(dsn, "playground").await
}

/// Opens a connection under this application name.
#[expect(clippy::disallowed_methods, reason = "the server is our own, not one that pgdeck watches")]
pub(crate) async fn connect_as(dsn: &str, application: &str) -> Result<PgConnection, Error> {
    let options: PgConnectOptions = dsn.parse().map_err(Error::sql("connect"))?;
    options.application_name(application).connect().await.map_err(Error::sql("connect"))
}

/// Runs statements over a connection of their own.
pub(crate) async fn exec_at(dsn: &str, sql: &str) -> Result<(), Error> {
    let mut connection = connect(dsn).await?;
    run(&mut connection, sql).await?;
    let _ = connection.close().await;
    Ok(())
}

/// Runs statements over this connection with the simple protocol.
pub(crate) async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), Error> {
    let safe = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::raw_sql(safe).execute(connection).await.map(drop).map_err(Error::sql(sql))
}

/// A random password: 32 hexadecimal digits.
pub(crate) fn secret() -> Result<String, Error> {
    use std::io::Read;
    let mut bytes = [0_u8; 16];
    let source = "/dev/urandom";
    let mut file = std::fs::File::open(source).map_err(Error::file("read", source))?;
    file.read_exact(&mut bytes).map_err(Error::file("read", source))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dsn_parts_are_escaped() {
        assert_eq!(dsn("a b", "p@ss/w", 5, "d?b"), "postgres://a%20b:p%40ss%2Fw@127.0.0.1:5/d%3Fb");
    }
}
