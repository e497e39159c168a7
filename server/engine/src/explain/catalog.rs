//! Reads tables, columns, indexes and planner settings of the relations in a plan, for the plan's rules.
//!
//! One short session, one read-only transaction per file, bounded in rows and time; no lock is waited
//! for. What the role may not see is a `Reason`.

use model::{Known, Reason, ServerId};
use serde::{Deserialize, Serialize};
use sqlx::Arguments;
use sqlx::postgres::{PgArguments, PgRow};

use super::run::dsn;
use super::{
    PLAN_COLUMNS, PLAN_EXTENDED, PLAN_INDEXES, PLAN_RELATIONS, PLAN_TYPES, PLANNER_SETTINGS,
};
use crate::capability::OLDEST_MAJOR;
use crate::connection::on_demand::OnDemand;
use crate::engine::Engine;
use crate::error::quoted;
use crate::sql::Query;

/// Relations we read for one plan; a plan of more partitions is judged by the first of them.
const RELATIONS: usize = 200;

/// A relation of a plan: its schema, where the plan says it (VERBOSE), and its name.
pub type Named = (Option<String>, String);

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Relation {
    /// Its schema.
    #[sqlx(try_from = "model::text::Text")]
    pub schema: String,
    /// Its name.
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    /// Size of the heap by relpages, bytes.
    pub size_bytes: f64,
    /// Rows as the planner knows them; None where it was never analysed.
    pub reltuples: Option<f64>,
    /// The share of its blocks that VACUUM marked as all-visible, 0 to 1; None of an empty table.
    #[serde(default)]
    pub all_visible: Option<f64>,
    /// Rows changed since the last ANALYZE.
    pub n_mod_since_analyze: Option<f64>,
    /// Seconds since the last ANALYZE; None if there was none.
    pub analyze_age_seconds: Option<f64>,
    /// Whether our role sees the statistics of any of its columns.
    pub may_select: bool,
    /// Schema of the topmost table that it is a part of.
    #[serde(default)]
    #[sqlx(try_from = "model::text::MaybeText")]
    pub root_schema: Option<String>,
    /// Name of that table.
    #[serde(default)]
    #[sqlx(try_from = "model::text::MaybeText")]
    pub root_name: Option<String>,
    /// Whether that is a partitioned table.
    #[serde(default)]
    pub root_partitioned: Option<bool>,
}

/// A column with its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct ColumnType {
    /// Schema of its table.
    #[sqlx(try_from = "model::text::Text")]
    pub schema: String,
    /// Its table.
    #[sqlx(try_from = "model::text::Text")]
    pub relation: String,
    /// Its name.
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    /// Its type without a modifier; of a domain, the type beneath it.
    #[sqlx(try_from = "model::text::Text")]
    pub data_type: String,
    /// pg_type.typtype of that.
    #[sqlx(try_from = "model::text::Text")]
    pub typtype: String,
    /// Whether B-trees order it.
    pub sortable: bool,
    /// Whether it is compared byte by byte.
    pub bytewise: bool,
    /// To how many bytes its values are aligned; 1 of a type of variable length.
    #[serde(default)]
    pub alignment: i32,
}

/// `pg_stats` of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Column {
    /// Schema of its table.
    #[sqlx(try_from = "model::text::Text")]
    pub schema: String,
    /// Its table.
    #[sqlx(try_from = "model::text::Text")]
    pub relation: String,
    /// Its name.
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    /// Distinct values; negative: as a share of the rows.
    pub n_distinct: f64,
    /// How far the order of the values is that of the table, −1 to 1.
    pub correlation: Option<f64>,
    /// Share of nulls.
    pub null_frac: f64,
    /// Share of the most common value.
    pub most_common_freq: Option<f64>,
    /// Average width of its values, bytes.
    #[serde(default)]
    pub avg_width: Option<f64>,
}

/// An index in its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Index {
    /// Schema of its table.
    #[sqlx(try_from = "model::text::Text")]
    pub schema: String,
    /// Its table.
    #[sqlx(try_from = "model::text::Text")]
    pub relation: String,
    /// Its name.
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    /// Its access method.
    #[sqlx(try_from = "model::text::Text")]
    pub method: String,
    /// Key columns and expressions in order.
    pub keys: Vec<String>,
    /// The operator class of each key.
    #[serde(default)]
    pub classes: Vec<String>,
    /// The direction of each key, as CREATE INDEX takes it.
    #[serde(default)]
    pub directions: Vec<String>,
    /// Columns of INCLUDE.
    pub include: Vec<String>,
    /// The predicate of a partial index.
    #[sqlx(try_from = "model::text::MaybeText")]
    pub predicate: Option<String>,
    /// Whether it is unique.
    pub indisunique: bool,
    /// Whether queries may use it.
    pub indisvalid: bool,
    /// Its size by relpages, bytes.
    pub size_bytes: f64,
}

/// CREATE STATISTICS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Extended {
    /// Schema of its table.
    #[sqlx(try_from = "model::text::Text")]
    pub schema: String,
    /// Its table.
    #[sqlx(try_from = "model::text::Text")]
    pub relation: String,
    /// Its name.
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Setting {
    /// Its name.
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    /// As SHOW prints it.
    #[sqlx(try_from = "model::text::MaybeText")]
    pub setting: Option<String>,
}

/// All of it; each part is known or not by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanCatalog {
    /// The tables found.
    pub relations: Known<Vec<Relation>>,
    /// Statistics of columns; unknown when the role may read none of the tables.
    pub columns: Known<Vec<Column>>,
    /// Columns with their types.
    pub types: Known<Vec<ColumnType>>,
    /// Indexes.
    pub indexes: Known<Vec<Index>>,
    /// Extended statistics.
    pub extended: Known<Vec<Extended>>,
    /// Planner settings, by name.
    pub settings: Known<Vec<Setting>>,
}

impl Engine {
    /// Reads what the rules want to know of a plan's relations. Error: the server cannot be asked.
    pub async fn plan_catalog(
        &self,
        server: &ServerId,
        database: Option<&str>,
        named: &[Named],
    ) -> Result<PlanCatalog, Reason> {
        let missing = || Reason::Nothing { message: "There is no server with that name.".into() };
        let server = self.server(server).ok_or_else(missing)?;
        let dsn = dsn(&server, database)?;
        let mut session = OnDemand::open(&dsn, &server.budget, server.overhead.clone()).await?;
        let named = named.get(..RELATIONS).unwrap_or(named);
        let relations = read(&mut session, PLAN_RELATIONS, Some(named)).await;
        let columns = read(&mut session, PLAN_COLUMNS, Some(named)).await;
        let catalog = PlanCatalog {
            columns: columns.and_then(|columns| seen(columns, &relations)),
            relations,
            types: read(&mut session, PLAN_TYPES, Some(named)).await,
            indexes: read(&mut session, PLAN_INDEXES, Some(named)).await,
            extended: read(&mut session, PLAN_EXTENDED, Some(named)).await,
            settings: read(&mut session, PLANNER_SETTINGS, None).await,
        };
        session.close().await;
        Ok(catalog)
    }
}

/// No statistics of a table that the role may not read is not the same as none at all.
fn seen(columns: Vec<Column>, relations: &Known<Vec<Relation>>) -> Known<Vec<Column>> {
    let hidden = relations.as_ref().ok().and_then(|all| all.iter().find(|one| !one.may_select));
    match hidden {
        Some(table) if columns.is_empty() => {
            let name = format!("{}.{}", quoted(&table.schema), quoted(&table.name));
            let what = format!("the column statistics of {name}");
            Err(Reason::missing_grant(what, format!("grant select on {name} to current_user;")))
        }
        _ => Ok(columns),
    }
}

async fn read<T>(session: &mut OnDemand, query: Query, named: Option<&[Named]>) -> Known<Vec<T>>
where
    T: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
{
    let file = query.pick(OLDEST_MAJOR).ok_or(Reason::NotYet)?;
    let mut arguments = PgArguments::default();
    if let Some(named) = named {
        let (schemas, names): (Vec<Option<String>>, Vec<String>) = named.iter().cloned().unzip();
        let added = arguments.add(schemas).and_then(|()| arguments.add(names));
        added.map_err(|_| Reason::NotSupported { what: "names of this kind".into() })?;
    }
    session.look(file, arguments).await
}
