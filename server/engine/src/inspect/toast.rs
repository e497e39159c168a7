//! The TOAST table of a table, and how large the values of one row are: sizes only, which needs SELECT.

use model::inspect::heap::Item;
use model::inspect::{Asked, Column, NotInspected, Toast, ValueSize, is_out_of_line};
use model::{Known, Reason};
use serde::Deserialize;
use sqlx::Arguments;

use super::COLUMNS;
use super::relation::{Relation, bytes, oid};
use crate::error::quoted;
use crate::measure::session::{Session, Stopped, bound};

#[derive(sqlx::FromRow)]
struct ColumnRow {
    #[sqlx(try_from = "model::text::Text")]
    attname: String,
    #[sqlx(try_from = "model::text::Text")]
    storage: String,
}

/// The size of a value as the statement tells it.
#[derive(Deserialize)]
struct SizeOf {
    place: usize,
    bytes: Option<u64>,
    compression: Option<String>,
}

/// The TOAST table; None where there is none. `chosen` is the row whose values are asked for.
pub async fn read(
    session: &mut Session,
    relation: &Relation,
    asked: &Asked,
    chosen: Option<&Item>,
) -> Result<Option<Toast>, NotInspected> {
    let row = &relation.row;
    let Some(toast) = row.toast_oid else { return Ok(None) };
    let columns: Vec<ColumnRow> =
        session.rows(&COLUMNS, "", bound(|to| to.add(relation.oid))?).await?;
    let columns: Vec<Column> =
        columns.into_iter().map(|row| Column { name: row.attname, storage: row.storage }).collect();
    let bytes = bytes(session, oid(toast)?).await?;
    let values = match chosen {
        Some(item) => values(session, relation, asked, item, &columns).await?,
        None => nothing("Choose a row version above to see how large its values are."),
    };
    let (schema, name) = (row.toast_nspname.clone(), row.toast_relname.clone());
    Ok(Some(Toast { schema, name, bytes, columns, values }))
}

fn nothing<T>(message: &str) -> Known<T> {
    Err(Reason::Nothing { message: message.into() })
}

/// Sizes of the values of one row version, which must be visible to a new snapshot. A lock ends the look.
async fn values(
    session: &mut Session,
    relation: &Relation,
    asked: &Asked,
    item: &Item,
    columns: &[Column],
) -> Result<Known<Vec<ValueSize>>, Stopped> {
    let row = &relation.row;
    if !row.usage || !row.can_select {
        let (schema, name, role) = (quoted(&asked.schema), quoted(&asked.name), quoted(&row.role));
        let sql = format!(
            "grant usage on schema {schema} to {role};\ngrant select on {schema}.{name} to {role};"
        );
        let what = "this table. With SELECT the role may read its rows; pgdeck asks for the sizes of values only";
        return Ok(Err(Reason::missing_grant(what, sql)));
    }
    let Some(tuple) = &item.tuple else {
        return Ok(nothing("No row version lies there."));
    };
    let Some(sql) = statement(asked, item.lp, columns) else {
        return Ok(nothing("The table has no column of variable length."));
    };
    let Some(text) = session.text(sql).await? else {
        return Ok(nothing(
            "A new snapshot does not see this row version: it is dead, or not committed. PostgreSQL tells the sizes of visible ones only.",
        ));
    };
    let undecodable = |_| Reason::Undecodable { what: "sizes of values".into(), column: None };
    let sizes: Vec<SizeOf> = match serde_json::from_str(&text).map_err(undecodable) {
        Ok(sizes) => sizes,
        Err(reason) => return Ok(Err(reason)),
    };
    let size = |size: SizeOf| {
        let column = columns.get(size.place)?.name.clone();
        let is_out_of_line = is_out_of_line(size.bytes.unwrap_or_default(), tuple, item.length);
        Some(ValueSize { column, bytes: size.bytes, compression: size.compression, is_out_of_line })
    };
    Ok(Ok(sizes.into_iter().filter_map(size).collect()))
}

/// Asks for the sizes of all columns of one row version, as JSON; None without columns.
fn statement(asked: &Asked, lp: u16, columns: &[Column]) -> Option<String> {
    let size = |(place, column): (usize, &Column)| {
        let name = quoted(&column.name);
        format!("({place}, pg_column_size(r.{name}), pg_column_compression(r.{name}))")
    };
    let sizes: Vec<String> = columns.iter().enumerate().map(size).collect();
    (!sizes.is_empty()).then(|| {
        format!(
            "select json_agg(json_build_object('place', s.place, 'bytes', s.bytes, 'compression', s.compression) order by s.bytes desc nulls last, s.place)::text
  from only {}.{} r
 cross join lateral (values {}) s(place, bytes, compression)
 where r.ctid = '({},{lp})'::tid",
            quoted(&asked.schema),
            quoted(&asked.name),
            sizes.join(", "),
            asked.block
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_nothing_else_is_put_in() {
        let asked =
            Asked { schema: "a\"b".into(), name: "t; --".into(), block: 7, ..Asked::default() };
        let column = |name: &str| Column { name: name.into(), storage: "extended".into() };
        let sql = statement(&asked, 3, &[column("x\" y")]).unwrap();
        assert!(sql.contains("from only \"a\"\"b\".\"t; --\" r"), "{sql}");
        assert!(sql.contains("pg_column_size(r.\"x\"\" y\")"), "{sql}");
        assert!(sql.ends_with("where r.ctid = '(7,3)'::tid"), "{sql}");
        assert_eq!(statement(&asked, 3, &[]), None);
    }
}
