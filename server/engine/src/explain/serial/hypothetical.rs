//! Hypothetical indexes (hypopg) of the session: made, and from version 1.4 on existing ones hidden. Nothing is
//! built or dropped.

use model::identifier::always_quoted;
use model::{Known, Reason};
use sqlx::postgres::PgArguments;

use super::{SerialPlanner, within};
use crate::connection::on_demand::Statement;
use crate::error::{quoted, quoted_literal};
use crate::explain::{HYPOTHETICAL_INDEXES, script};

/// What creates the extension.
const CREATE: &str = "create extension hypopg;";
/// What hiding an index needs (HypoPG's changelog, 1.4.0).
const NEEDS_1_4: &str = "Leaving an index out needs hypopg 1.4 or newer (alter extension hypopg update, once its package is newer).";

/// The extension where it is installed.
#[derive(sqlx::FromRow)]
struct Hypopg {
    #[sqlx(try_from = "model::text::Text")]
    version: String,
    #[sqlx(try_from = "model::text::Text")]
    schema: String,
    may_use: bool,
    can_hide: bool,
}

/// A hypothetical index.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothetical {
    /// Its OID, by which it is forgotten.
    pub oid: u32,
    /// Its name, as plans print it.
    pub name: String,
    /// Its size by hypopg's estimate, bytes.
    pub size_bytes: Option<f64>,
}

impl SerialPlanner {
    /// The version of hypopg; or what is missing for hypothetical indexes.
    pub async fn hypopg(&mut self) -> Known<String> {
        let mut rows: Vec<Hypopg> = self.read(HYPOTHETICAL_INDEXES, PgArguments::default()).await?;
        let missing = || Reason::MissingExtension { name: "hypopg".into(), sql: CREATE.into() };
        let found = rows.pop().ok_or_else(missing)?;
        if !found.may_use {
            let (schema, role) = (always_quoted(&found.schema), quoted(&self.role));
            let grant = format!(
                "grant usage on schema {schema} to {role}; grant execute on all functions in schema {schema} to {role};"
            );
            return Err(Reason::missing_grant("hypothetical indexes (hypopg)", grant));
        }
        (self.schema, self.can_hide) = (Some(found.schema), found.can_hide);
        Ok(found.version)
    }

    /// Makes an index hypothetically, for this session; or why there is none.
    ///
    /// Errors: the outer one ends the session.
    pub async fn create(&mut self, sql: &str) -> Result<Known<Hypothetical>, Reason> {
        let Some(schema) = &self.schema else { return Ok(Err(Reason::NotYet)) };
        let (schema, literal) = (always_quoted(schema), quoted_literal(sql));
        let text = format!(
            "select c.indexrelid || ' ' || {schema}.hypopg_relation_size(c.indexrelid) || ' ' || c.indexname from {schema}.hypopg_create_index({literal}) c"
        );
        let told = self.told(text).await?;
        Ok(told.and_then(|told| {
            let mut parts = told.splitn(3, ' ');
            let mut part = || parts.next().ok_or(Reason::NotYet);
            let (oid, size, name) = (part()?, part()?, part()?);
            let oid = oid.parse().map_err(|_| Reason::NotYet)?;
            Ok(Hypothetical { oid, name: name.to_owned(), size_bytes: size.parse().ok() })
        }))
    }

    /// Lets plans leave an existing index out, for this session; or why not.
    ///
    /// Errors: the outer one ends the session.
    pub async fn hide(&mut self, index: &str) -> Result<Known<()>, Reason> {
        let nothing = |message: &str| Err(Reason::Nothing { message: message.to_owned() });
        let Some(schema) = &self.schema else { return Ok(Err(Reason::NotYet)) };
        if !self.can_hide {
            return Ok(nothing(NEEDS_1_4));
        }
        let (schema, literal) = (always_quoted(schema), quoted_literal(index));
        let text = format!(
            "select case when exists (select 1 from pg_catalog.pg_constraint k where k.conindid = x.oid) then 'constraint' when {schema}.hypopg_hide_index(x.oid) then 'hidden' else 'none' end from (select pg_catalog.to_regclass({literal})::oid) x(oid)"
        );
        Ok(match self.told(text).await? {
            Ok(told) if told == "hidden" => Ok(()),
            Ok(told) if told == "constraint" => {
                nothing("It belongs to a constraint, so DROP INDEX refuses it.")
            }
            Ok(_) => nothing("There is no index of that name, or it is named twice."),
            Err(reason) => Err(reason),
        })
    }

    /// Forgets a hypothetical index.
    pub async fn forget(&mut self, oid: u32) -> Result<(), Reason> {
        let Some(schema) = &self.schema else { return Ok(()) };
        let text = format!("select {}.hypopg_drop_index({oid})", always_quoted(schema));
        self.command(text).await
    }

    /// Forgets all hypothetical indexes.
    pub async fn reset(&mut self) -> Result<(), Reason> {
        let Some(schema) = &self.schema else { return Ok(()) };
        let text = format!("select {}.hypopg_reset()", always_quoted(schema));
        self.command(text).await
    }

    /// The text that a statement of ours gives, in a transaction that is rolled back.
    async fn told(&mut self, text: String) -> Result<Known<String>, Reason> {
        self.command(self.begin()).await?;
        match self.session.run(&Statement::own(text), within()).await {
            Ok(told) => {
                self.command(script::ROLLBACK.to_owned()).await?;
                Ok(told.ok_or(Reason::NotYet))
            }
            Err(stop) => {
                let refused = self.refused::<String>(stop, script::ROLLBACK.to_owned()).await?;
                Ok(refused.map_err(|why| Reason::Nothing { message: why.message() }))
            }
        }
    }
}
