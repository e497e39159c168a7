//! The server the fixtures are recorded on, and statements run in separate sessions as psql would.

use std::path::{Path, PathBuf};

use playground::{Server, ServerOptions};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};

/// A recording ends with the error it meets.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The options for a server as PostgreSQL is by default, without what the playground sets for other
/// tests, and without what would make two recordings differ.
pub fn options(major: u16, shared_buffers: &str) -> ServerOptions {
    let settings = [
        ("shared_buffers", shared_buffers),
        ("jit", "off"),
        ("autovacuum", "off"),
        ("track_io_timing", "off"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("wal_level", "replica"),
        ("log_line_prefix", "%m [%p] "),
    ];
    settings
        .into_iter()
        .fold(ServerOptions::new(major).without_preload(), |options, (name, value)| {
            options.setting(name, value)
        })
}

/// A file of `app/plan/record`.
pub fn source(name: &str) -> Result<String> {
    let path = sources().join(name);
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The folder of statements and tables.
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../app/plan/record")
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, text)?)
}

/// Runs statements one by one in a separate session and gives the rows as `psql -At` prints
/// them: one column, a line each.
pub async fn rows(server: &Server, statements: &[&str]) -> Result<String> {
    let mut connection = server.connect().await?;
    let mut text = String::new();
    for statement in statements.iter().filter(|statement| !statement.trim().is_empty()) {
        for row in fetch(&mut connection, statement).await? {
            text.push_str(row.try_get_unchecked::<&str, _>(0)?);
            text.push('\n');
        }
    }
    connection.close().await?;
    Ok(text)
}

async fn fetch(connection: &mut PgConnection, statement: &str) -> Result<Vec<PgRow>> {
    let query = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()));
    query.fetch_all(connection).await.map_err(|error| format!("{statement}: {error}").into())
}

/// Runs statements one by one in a separate session and goes on behind those that fail.
pub async fn try_each(server: &Server, statements: &[String]) -> Result<()> {
    let mut connection = server.connect().await?;
    for statement in statements {
        let _ = fetch(&mut connection, statement).await;
    }
    Ok(connection.close().await?)
}

/// Runs a file of `app/plan/record` that holds one statement per line.
pub async fn run_file(server: &Server, name: &str) -> Result<()> {
    let text = source(name)?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    rows(server, &lines).await.map(drop)
}

/// The plan of a statement, in a transaction that is rolled back.
pub async fn explain(
    server: &Server,
    settings: &str,
    options: &str,
    statement: &str,
) -> Result<String> {
    let statement = statement.trim_end().trim_end_matches(';');
    let explain = format!("explain ({options}) {statement}");
    rows(server, &["begin", settings, &explain, "rollback"]).await
}
