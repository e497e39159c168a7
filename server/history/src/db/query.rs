//! Statements that run on either database. Most have one text for both, with parameters `$1`, `$2`.

use std::borrow::Cow;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query as Bound;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use super::conn::{Conn, Raw};

/// The text of a statement in both languages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    /// SQLite's.
    pub(crate) sqlite: &'static str,
    /// PostgreSQL's.
    pub(crate) postgres: &'static str,
}

impl From<&'static str> for Sql {
    fn from(both: &'static str) -> Self {
        Self { sqlite: both, postgres: both }
    }
}

/// A parameter.
#[derive(Debug)]
pub(crate) enum Value<'q> {
    /// A whole number.
    Int(i64),
    /// Yes, no, or null.
    Flag(Option<bool>),
    /// A text.
    Text(Cow<'q, str>),
    /// Bytes.
    Bytes(&'q [u8]),
    /// Many numbers: a JSON array in SQLite, an array in PostgreSQL.
    Ints(Vec<i64>),
    /// Many texts, likewise.
    Texts(Vec<String>),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<Option<bool>> for Value<'_> {
    fn from(value: Option<bool>) -> Self {
        Self::Flag(value)
    }
}

impl<'q> From<&'q str> for Value<'q> {
    fn from(value: &'q str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl<'q> From<&'q String> for Value<'q> {
    fn from(value: &'q String) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl<'q> From<&'q Vec<u8>> for Value<'q> {
    fn from(value: &'q Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<Vec<i64>> for Value<'_> {
    fn from(value: Vec<i64>) -> Self {
        Self::Ints(value)
    }
}

impl From<Vec<String>> for Value<'_> {
    fn from(value: Vec<String>) -> Self {
        Self::Texts(value)
    }
}

/// A statement with its parameters.
#[derive(Debug)]
pub(crate) struct Query<'q> {
    sql: Sql,
    values: Vec<Value<'q>>,
}

/// A statement.
pub(crate) fn query<'q>(sql: impl Into<Sql>) -> Query<'q> {
    Query { sql: sql.into(), values: Vec::new() }
}

impl<'q> Query<'q> {
    /// Its next parameter.
    pub(crate) fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; gives how many rows it touched.
    pub(crate) async fn execute(self, conn: &mut Conn) -> Result<u64, sqlx::Error> {
        Ok(match conn.raw() {
            Raw::Sqlite(conn) => self.sqlite().execute(conn).await?.rows_affected(),
            Raw::Postgres(conn) => self.postgres().execute(conn).await?.rows_affected(),
        })
    }

    /// All rows.
    pub(crate) async fn fetch_all(self, conn: &mut Conn) -> Result<Vec<Row>, sqlx::Error> {
        Ok(match conn.raw() {
            Raw::Sqlite(conn) => {
                self.sqlite().fetch_all(conn).await?.into_iter().map(Row::Sqlite).collect()
            }
            Raw::Postgres(conn) => {
                self.postgres().fetch_all(conn).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional(self, conn: &mut Conn) -> Result<Option<Row>, sqlx::Error> {
        Ok(match conn.raw() {
            Raw::Sqlite(conn) => self.sqlite().fetch_optional(conn).await?.map(Row::Sqlite),
            Raw::Postgres(conn) => self.postgres().fetch_optional(conn).await?.map(Row::Postgres),
        })
    }

    /// The only row.
    pub(crate) async fn fetch_one(self, conn: &mut Conn) -> Result<Row, sqlx::Error> {
        self.fetch_optional(conn).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// The first column of the only row.
    pub(crate) async fn scalar<T: Cell>(self, conn: &mut Conn) -> Result<T, sqlx::Error> {
        self.fetch_one(conn).await?.try_get(0)
    }

    fn sqlite(self) -> Bound<'q, Sqlite, SqliteArguments> {
        let json =
            |text: Result<String, _>| text.unwrap_or_else(|_: serde_json::Error| "[]".into());
        self.values.into_iter().fold(sqlx::query(self.sql.sqlite), |bound, value| match value {
            Value::Int(value) => bound.bind(value),
            Value::Flag(value) => bound.bind(value),
            Value::Text(value) => bound.bind(value.into_owned()),
            Value::Bytes(value) => bound.bind(value),
            Value::Ints(value) => bound.bind(json(serde_json::to_string(&value))),
            Value::Texts(value) => bound.bind(json(serde_json::to_string(&value))),
        })
    }

    fn postgres(self) -> Bound<'q, Postgres, PgArguments> {
        self.values.into_iter().fold(sqlx::query(self.sql.postgres), |bound, value| match value {
            Value::Int(value) => bound.bind(value),
            Value::Flag(value) => bound.bind(value),
            Value::Text(value) => bound.bind(sound(value.into_owned())),
            Value::Bytes(value) => bound.bind(value),
            Value::Ints(value) => bound.bind(value),
            Value::Texts(value) => bound.bind(value.into_iter().map(sound).collect::<Vec<_>>()),
        })
    }
}

/// PostgreSQL takes every character of a text but one.
fn sound(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// A type that both databases have.
pub(crate) trait Cell:
    Type<Sqlite> + for<'r> Decode<'r, Sqlite> + Type<Postgres> + for<'r> Decode<'r, Postgres>
{
}

impl<T> Cell for T where
    T: Type<Sqlite> + for<'r> Decode<'r, Sqlite> + Type<Postgres> + for<'r> Decode<'r, Postgres>
{
}

/// A row of an answer.
pub(crate) enum Row {
    /// SQLite's.
    Sqlite(SqliteRow),
    /// PostgreSQL's.
    Postgres(PgRow),
}

impl Row {
    /// A column by its place.
    pub(crate) fn try_get<T: Cell>(&self, place: usize) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(place),
            Self::Postgres(row) => row.try_get(place),
        }
    }
}
