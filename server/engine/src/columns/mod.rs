//! What the planner knows of the columns of one table, read when a person asks, and which columns go together by a
//! sample of the table's blocks: hashes are compared on the server, and no value leaves it.

mod sample;

use std::sync::Arc;

use model::TableName;
use model::columns::{Column, Columns, Extended, Numbers, Together};
use model::{Known, Reason, ServerId};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;

use crate::capability::OLDEST_MAJOR;
use crate::clock::now_ms;
use crate::connection::on_demand::OnDemand;
use crate::engine::Engine;
use crate::error::quoted;
use crate::server::WatchedServer;
use crate::sql::{Query, sql};

sql! {
    TABLES = "tables" [14];
    COLUMNS = "columns" [14];
    NUMBERS_OF_VIEW = "numbers_of_view" [14];
    NUMBERS_OF_CATALOG = "numbers_of_catalog" [14];
    NUMBERS_OF_STATS = "numbers_of_stats" [14];
    EXTENDED = "extended" [14];
}

/// The table.
#[derive(sqlx::FromRow)]
struct TableRow {
    oid: i64,
    #[sqlx(try_from = "model::text::Text")]
    relkind: String,
    reltuples: Option<f64>,
    pages: i64,
    default_target: i32,
    may_select: bool,
    #[sqlx(try_from = "model::text::Text")]
    role: String,
    #[sqlx(try_from = "model::text::Text")]
    source: String,
}

/// A column as the catalog defines it.
#[derive(sqlx::FromRow)]
struct ColumnRow {
    attnum: i16,
    #[sqlx(try_from = "model::text::Text")]
    attname: String,
    #[sqlx(try_from = "model::text::Text")]
    data_type: String,
    attstattarget: Option<i32>,
    attoptions: Vec<String>,
    is_comparable: bool,
    is_indexed: bool,
    is_unique: bool,
}

/// The table as it was read.
struct Read {
    table: TableRow,
    rows: Vec<ColumnRow>,
    numbers: Vec<Numbers>,
    extended: Vec<Extended>,
}

impl Engine {
    /// What the planner knows of the columns of a table.
    pub async fn table_columns(&self, id: &ServerId, name: &TableName) -> Known<Columns> {
        let server = self.asked(id)?;
        let mut session = open(&server, &name.database).await?;
        let read = read(&mut session, name).await;
        session.close().await;
        read.map(|read| columns(&read, name))
    }

    /// Which columns of a table go together, by a sample of its blocks.
    pub async fn columns_together(&self, id: &ServerId, name: &TableName) -> Known<Together> {
        let server = self.asked(id)?;
        let busy = |_| Reason::Nothing {
            message: "Somebody else has something run on this server. Try again in a moment."
                .into(),
        };
        let slot = server.explains.slot_for_person().await.map_err(busy)?;
        let (spawner, name) = (Arc::clone(&server), name.clone());
        let task = spawner.spawn(async move {
            let mut session = open(&server, &name.database).await?;
            let answer = together(&mut session, &name).await;
            session.close().await;
            drop(slot);
            answer
        });
        task.await.unwrap_or_else(|_| Err(Reason::Broken { what: "Reading a sample".into() }))
    }

    fn asked(&self, id: &ServerId) -> Known<Arc<WatchedServer>> {
        self.server(id).ok_or_else(|| nothing("There is no server with that name."))
    }
}

async fn open(server: &WatchedServer, database: &str) -> Known<OnDemand> {
    let recorded = || nothing("This server is shown from a recording, which holds no columns.");
    let dsn = server.dsn.as_ref().ok_or_else(recorded)?;
    let dsn = match database {
        "" => dsn.clone(),
        database => dsn.with_database(database),
    };
    OnDemand::open(&dsn, &server.budget, server.overhead.clone()).await
}

async fn together(session: &mut OnDemand, name: &TableName) -> Known<Together> {
    let read = read(session, name).await?;
    let qualified = format!("{}.{}", quoted(&name.schema), quoted(&name.name));
    if read.table.relkind == "p" {
        let message = "A partitioned table holds no rows itself: look at one of its partitions.";
        return Err(nothing(message));
    }
    if !read.table.may_select {
        let what = format!("the rows of {qualified}");
        let role = quoted(&read.table.role);
        let sql = format!("grant select on {qualified} to {role};");
        return Err(Reason::missing_grant(what, sql));
    }
    sample::together(session, &qualified, &read).await
}

async fn read(session: &mut OnDemand, name: &TableName) -> Known<Read> {
    let mut arguments = PgArguments::default();
    let added = arguments.add(&name.schema).and_then(|()| arguments.add(&name.name));
    added.map_err(|_| nothing("A name of this kind cannot be asked for."))?;
    let mut tables: Vec<TableRow> = session.look(file(TABLES)?, arguments).await?;
    let missing = || nothing("There is no table of this name in the database.");
    let table = tables.pop().ok_or_else(missing)?;
    let of_table = || {
        let mut arguments = PgArguments::default();
        let added = arguments.add(table.oid);
        added.map(|()| arguments).map_err(|_| nothing("Its identity cannot be asked for."))
    };
    let numbers = match table.source.as_str() {
        "pgdeck.column_numbers" => NUMBERS_OF_VIEW,
        "pg_statistic" => NUMBERS_OF_CATALOG,
        _ => NUMBERS_OF_STATS,
    };
    let mut with_children = of_table()?;
    let added = with_children.add(table.relkind == "p");
    added.map_err(|_| nothing("Its kind cannot be asked for."))?;
    Ok(Read {
        rows: session.look(file(COLUMNS)?, of_table()?).await?,
        numbers: session.look(file(numbers)?, with_children).await?,
        extended: session.look(file(EXTENDED)?, of_table()?).await?,
        table,
    })
}

fn columns(read: &Read, name: &TableName) -> Columns {
    let of = |row: &ColumnRow| Column {
        attnum: row.attnum,
        attname: row.attname.clone(),
        data_type: row.data_type.clone(),
        attstattarget: row.attstattarget,
        attoptions: row.attoptions.clone(),
        numbers: read.of(row).copied().ok_or_else(|| why_none(read, row, name)),
    };
    Columns {
        at_ms: now_ms(),
        source: read.table.source.clone(),
        default_target: read.table.default_target,
        columns: read.rows.iter().map(of).collect(),
        extended: read.extended.clone(),
    }
}

impl Read {
    fn of(&self, row: &ColumnRow) -> Option<&Numbers> {
        self.numbers.iter().find(|numbers| numbers.attnum == row.attnum)
    }
}

/// Why nothing is known of a column.
fn why_none(read: &Read, row: &ColumnRow, name: &TableName) -> Reason {
    let qualified = format!("{}.{}", quoted(&name.schema), quoted(&name.name));
    match read.table.source.as_str() {
        _ if row.attstattarget == Some(0) => {
            nothing("Its statistics target is 0: ANALYZE leaves it out.")
        }
        "pgdeck.column_numbers" if read.table.relkind == "p" => {
            nothing("The view pgdeck.column_numbers tells what a table holds itself.")
        }
        "pg_stats" if !read.table.may_select => Reason::missing_grant(
            "the statistics of this table's columns",
            format!("grant select on {qualified} to {};", quoted(&read.table.role)),
        ),
        _ => nothing("ANALYZE has left nothing of it yet."),
    }
}

fn nothing(message: &str) -> Reason {
    Reason::Nothing { message: message.to_owned() }
}

fn file(query: Query) -> Known<crate::sql::SqlFile> {
    query.pick(OLDEST_MAJOR).ok_or(Reason::NotYet)
}
