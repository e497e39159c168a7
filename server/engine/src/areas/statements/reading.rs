//! Where `pg_stat_statements` is, whether it runs and what is visible of it.

use model::server::Facts;
use model::statements::{Named, Settings};
use model::{Known, Reason};

use super::{DATABASE_NAMES, LOCATIONS, ROLE_NAMES};
use crate::connection::Observer;
use crate::error::{Error, monitor_grant, quoted};
use crate::sql::minor;

/// The first version 1.x that has `toplevel` and `pg_stat_statements_info`.
const OLDEST: u16 = 9;

/// Where the extension is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Location {
    #[sqlx(try_from = "model::text::MaybeText")]
    extversion: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    nspname: Option<String>,
    usage: bool,
    execute: bool,
    sees_all: bool,
    in_recovery: bool,
    #[sqlx(try_from = "model::text::MaybeText")]
    preloaded: Option<String>,
    #[sqlx(flatten)]
    pub settings: Settings,
}

/// An extension that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its schema.
    pub schema: String,
    /// x of its version 1.x.
    pub version: u16,
    pub in_recovery: bool,
}

/// What a tick reads first: where the extension is and, when `names` are wanted, who is who.
pub struct First {
    /// Where it is.
    pub location: Location,
    /// Roles and databases.
    pub names: Option<(Vec<Named>, Vec<Named>)>,
}

/// Reads where the extension is.
pub async fn first(observer: &mut Observer, facts: &Facts, names: bool) -> Result<First, Error> {
    let queries = [LOCATIONS, ROLE_NAMES, DATABASE_NAMES];
    let wanted = if names { queries.len() } else { 1 };
    let mut sets = crate::area::read(observer, facts, queries.get(..wanted).unwrap_or_default())
        .await?
        .into_iter();
    let location = sets.next().unwrap_or(Err(Reason::NotYet)).and_then(|rows| {
        let mut location: Location = rows.one()?;
        location.settings.unread = rows.missing("settings");
        Ok(location)
    });
    let location = location.map_err(|reason| Error::Query { query: "locations", reason })?;
    let mut named = || sets.next()?.and_then(|rows| rows.all()).ok();
    let names = named().zip(named());
    Ok(First { location, names })
}

impl Location {
    /// The extension's version as installed.
    pub fn version(&self, facts: &Facts) -> Known<String> {
        self.extversion.clone().ok_or_else(|| self.missing(facts))
    }

    /// The extension, or why it cannot be read.
    pub fn source(&self, facts: &Facts) -> Known<Source> {
        let (version, schema) = self
            .extversion
            .as_deref()
            .zip(self.nspname.clone())
            .ok_or_else(|| self.missing(facts))?;
        let minor = minor(version).filter(|minor| *minor >= OLDEST);
        let version = minor.ok_or_else(|| Reason::MissingExtension {
            name: format!("pg_stat_statements 1.{OLDEST}"),
            sql: "alter extension pg_stat_statements update;".into(),
        })?;
        if !self.may_be_loaded() {
            return Err(self.not_loaded());
        }
        let role = quoted(&facts.role);
        if !self.usage {
            let sql = format!("grant usage on schema {} to {role};", quoted(&schema));
            return Err(Reason::missing_grant("the schema of pg_stat_statements", sql));
        }
        if !self.execute {
            let schema = quoted(&schema);
            let sql = format!(
                "grant execute on function {schema}.pg_stat_statements(boolean), {schema}.pg_stat_statements_info() to {role};"
            );
            return Err(Reason::missing_grant("pg_stat_statements", sql));
        }
        Ok(Source { schema, version, in_recovery: self.in_recovery })
    }

    /// A library that is loaded has settings; where those are not told, only a reading can tell.
    fn may_be_loaded(&self) -> bool {
        self.settings.max_entries.is_some() || self.settings.unread.is_some()
    }

    fn missing(&self, facts: &Facts) -> Reason {
        if !self.may_be_loaded() {
            return self.not_loaded();
        }
        if facts.in_recovery {
            return Reason::MissingExtension {
                name: "pg_stat_statements".into(),
                sql: format!(
                    "create extension pg_stat_statements; in database {} of the primary",
                    quoted(&facts.database)
                ),
            };
        }
        Reason::MissingExtension {
            name: "pg_stat_statements".into(),
            sql: "create extension pg_stat_statements;".into(),
        }
    }

    /// A library takes effect with a start of the server only; those that are there stay.
    fn not_loaded(&self) -> Reason {
        let others = self.preloaded.as_deref().map(str::trim).filter(|list| !list.is_empty());
        let list = others
            .map_or("pg_stat_statements".to_owned(), |list| format!("{list}, pg_stat_statements"));
        let create = if self.extversion.is_none() {
            ", then create extension pg_stat_statements;"
        } else {
            ""
        };
        Reason::MissingExtension {
            name: "pg_stat_statements".into(),
            sql: format!(
                "shared_preload_libraries = '{list}' in postgresql.conf and a restart of the server{create}"
            ),
        }
    }

    /// Whether the entries of other roles are visible.
    pub fn others(&self, facts: &Facts, hidden: i64) -> Known<()> {
        if self.sees_all && hidden == 0 {
            return Ok(());
        }
        let sql = monitor_grant(facts);
        Err(Reason::Hidden { what: "The statement of some entries".into(), sql })
    }
}
