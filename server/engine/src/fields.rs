//! Decodes numbers that a query sends as one record, `row(…)::text`: of a hundred thousand rows of many columns most
//! are zero or null, and those take no more than a comma.

use std::borrow::Cow;
use std::str::{FromStr, Split};

use sqlx::postgres::PgRow;
use sqlx::{Row, ValueRef};

/// The fields of a record of numbers and words, which hold no comma.
pub struct Fields<'a>(Split<'a, char>);

impl<'a> Fields<'a> {
    /// Those of a record.
    pub fn of(record: &'a str) -> Result<Self, sqlx::Error> {
        let inner = record.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        inner.map(|inner| Self(inner.split(','))).ok_or_else(unreadable)
    }

    /// The next one, without the quotes that a field with spaces has.
    pub fn next(&mut self) -> Result<&'a str, sqlx::Error> {
        Ok(self.0.next().ok_or_else(unreadable)?.trim_matches('"'))
    }

    /// Whether the next one is there.
    pub fn is_set(&mut self) -> Result<bool, sqlx::Error> {
        Ok(!self.next()?.is_empty())
    }

    /// A number, or its zero where it was left out.
    pub fn number<T: FromStr + Default>(&mut self) -> Result<T, sqlx::Error> {
        Ok(self.maybe()?.unwrap_or_default())
    }

    /// A number where there is one.
    pub fn maybe<T: FromStr>(&mut self) -> Result<Option<T>, sqlx::Error> {
        match self.next()? {
            "" => Ok(None),
            field => field.parse().map(Some).map_err(|_| unreadable()),
        }
    }

    /// A list of numbers, separated by spaces.
    pub fn list<T: FromStr>(&mut self) -> Result<Vec<T>, sqlx::Error> {
        let numbers = self.next()?.split(' ').filter(|number| !number.is_empty());
        numbers.map(|number| number.parse().map_err(|_| unreadable())).collect()
    }

    /// A number of pages: of a partitioned table that was analysed it is −1 (`do_analyze_rel`, analyze.c).
    pub fn pages(&mut self) -> Result<u32, sqlx::Error> {
        Ok(u32::try_from(self.number::<i64>()?).unwrap_or_default())
    }

    /// `reltuples` where it was counted, and whether it is no number.
    pub fn reltuples(&mut self) -> Result<(Option<f64>, bool), sqlx::Error> {
        let rows: f64 = self.number()?;
        Ok((Some(rows).filter(|rows| rows.is_finite() && *rows >= 0.0), !rows.is_finite()))
    }
}

/// What is not as it was asked for.
pub fn unreadable() -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: "numbers".into(),
        source: "not as they were asked for".into(),
    }
}

/// A column as text, whatever its encoding; None for NULL.
pub fn text(row: &PgRow, at: usize) -> Result<Option<String>, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    if raw.is_null() {
        return Ok(None);
    }
    let bytes = raw.as_bytes().map_err(|_| unreadable())?;
    Ok(Some(String::from_utf8_lossy(bytes).into_owned()))
}

/// The name of an access method. Those that PostgreSQL brings are not copied for each of a hundred thousand relations.
pub fn access_method(name: &str) -> Cow<'static, str> {
    let known = ["heap", "btree", "hash", "gin", "gist", "spgist", "brin"];
    let found = known.into_iter().find(|known| *known == name);
    found.map_or_else(|| Cow::Owned(name.to_owned()), Cow::Borrowed)
}

/// A column that is a number.
pub fn number<T: FromStr>(row: &PgRow, at: usize) -> Result<Option<T>, sqlx::Error> {
    text(row, at)?.map(|text| text.parse().map_err(|_| unreadable())).transpose()
}
