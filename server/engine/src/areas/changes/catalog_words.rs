//! A relation and what DDL did to it, in words.

use std::collections::BTreeMap;

use model::identifier::quote_ident;

use super::rows::RelationRow;

/// What stands between the parts of an item, and between items, in the answers of `relations.14.sql`.
const PART: char = '\u{1f}';
const ITEM: char = '\u{1e}';

/// What people call it: `orders`, `shop.orders`.
pub fn qualified(schema: &str, name: &str) -> String {
    match schema {
        "public" => quote_ident(name),
        _ => format!("{}.{}", quote_ident(schema), quote_ident(name)),
    }
}

/// `Table orders`, `Index orders_pkey on orders`.
pub fn called(row: &RelationRow) -> String {
    let (word, of) = match (row.kind.as_str(), &row.of_table) {
        ("i" | "I", _) => ("Index", " on "),
        ("r" | "f" | "p", Some(_)) => ("Partition", " of "),
        ("p", None) => ("Partitioned table", ""),
        ("f", None) => ("Foreign table", ""),
        ("v", _) => ("View", ""),
        ("m", _) => ("Materialized view", ""),
        _ => ("Table", ""),
    };
    let table = row.of_table.as_ref().map(|table| format!("{of}{}", quote_ident(table)));
    format!("{word} {}{}", qualified(&row.schema, &row.name), table.unwrap_or_default())
}

/// Whether it is an index.
pub fn is_index(row: &RelationRow) -> bool {
    matches!(row.kind.as_str(), "i" | "I")
}

/// A line for each difference between two states of a relation.
pub fn altered(was: &RelationRow, is: &RelationRow) -> Vec<String> {
    let mut found = Vec::new();
    if (&was.schema, &was.name) != (&is.schema, &is.name) {
        found.push(format!("renamed from {}", qualified(&was.schema, &was.name)));
    }
    if was.of_table != is.of_table && !is_index(is) {
        found.push(match (&was.of_table, &is.of_table) {
            (_, Some(_)) => "attached".to_owned(),
            (of, None) => format!("detached from {}", quote_ident(of.as_deref().unwrap_or("?"))),
        });
    }
    if let (Some(was), Some(is)) = (&was.columns, &is.columns) {
        found.extend(columns(was, is));
    }
    // A partition's are not read.
    if was.of_table == is.of_table {
        found.extend(named("constraint", &was.constraints, &is.constraints, constraint));
        found.extend(named("trigger", &was.triggers, &is.triggers, trigger));
    }
    if let (Some(was), Some(is)) = (&was.definition, &is.definition)
        && was != is
    {
        found.push("definition replaced".to_owned());
    }
    if was.options != is.options {
        let or_default = |options: &Option<String>| {
            options.clone().filter(|text| !text.is_empty()).unwrap_or_else(|| "defaults".to_owned())
        };
        let (was, is) = (or_default(&was.options), or_default(&is.options));
        found.push(format!("storage parameters {was} → {is}"));
    }
    if was.flags != is.flags {
        found.push(flags(was.flags.as_deref(), is.flags.as_deref()));
    }
    let called = called(is);
    found.into_iter().map(|what| format!("{called}: {what}")).collect()
}

/// By their number: a column that is renamed stays the same.
fn columns(was: &str, is: &str) -> Vec<String> {
    let by_number = |text: &str| -> BTreeMap<String, (String, String)> {
        let column = |item: &str| {
            let mut parts = item.splitn(3, PART).map(str::to_owned);
            Some((parts.next()?, (parts.next()?, parts.next()?)))
        };
        text.split(ITEM).filter_map(column).collect()
    };
    let (was, is) = (by_number(was), by_number(is));
    let mut found = Vec::new();
    for (number, (name, kind)) in &is {
        let quoted = quote_ident(name);
        let Some((old_name, old_kind)) = was.get(number) else {
            found.push(format!("column {quoted} {kind} added"));
            continue;
        };
        if old_name != name {
            found.push(format!("column {} renamed to {quoted}", quote_ident(old_name)));
        }
        if old_kind != kind {
            found.push(format!("column {quoted} {old_kind} → {kind}"));
        }
    }
    let gone = was.iter().filter(|(number, _)| !is.contains_key(*number));
    found.extend(gone.map(|(_, (name, _))| format!("column {} dropped", quote_ident(name))));
    found
}

/// Constraints or triggers, by name; `state` says what they are.
fn named(
    what: &str,
    was: &Option<String>,
    is: &Option<String>,
    state: fn(&str) -> String,
) -> Vec<String> {
    let by_name = |text: &Option<String>| -> BTreeMap<String, String> {
        let items = text.iter().flat_map(|text| text.split(ITEM));
        let pairs = items.filter_map(|item| item.split_once(PART));
        pairs.map(|(name, state)| (name.to_owned(), state.to_owned())).collect()
    };
    let (was, is) = (by_name(was), by_name(is));
    let mut found = Vec::new();
    for (name, now) in &is {
        let quoted = quote_ident(name);
        match was.get(name) {
            None => found.push(format!("{what} {quoted} added ({})", state(now))),
            Some(before) if before != now => {
                found.push(format!("{what} {quoted}: {} → {}", state(before), state(now)));
            }
            Some(_) => {}
        }
    }
    let gone = was.keys().filter(|name| !is.contains_key(*name));
    found.extend(gone.map(|name| format!("{what} {} dropped", quote_ident(name))));
    found
}

/// pg_constraint.contype, with what follows it.
fn constraint(state: &str) -> String {
    let (kind, rest) = state.split_at_checked(1).unwrap_or((state, ""));
    let word = match kind {
        "c" => "check",
        "f" => "foreign key",
        "p" => "primary key",
        "u" => "unique",
        "x" => "exclusion",
        "t" => "constraint trigger",
        other => other,
    };
    format!("{word}{rest}")
}

/// pg_trigger.tgenabled.
fn trigger(state: &str) -> String {
    match state {
        "D" => "disabled",
        "R" => "enabled on replicas",
        "A" => "enabled always",
        _ => "enabled",
    }
    .to_owned()
}

fn flags(was: Option<&str>, is: Option<&str>) -> String {
    let words = |text: Option<&str>| text.unwrap_or_default().trim().to_owned();
    let (was, is) = (words(was), words(is));
    match (was.as_str(), is.as_str()) {
        ("", is) => format!("now {is}"),
        (was, "") => format!("no longer {was}"),
        (was, is) => format!("{was} → {is}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &str) -> RelationRow {
        RelationRow {
            oid: 1,
            schema: "Shop".into(),
            name: "orders".into(),
            kind: "r".into(),
            of_table: None,
            columns: Some(columns.into()),
            constraints: None,
            triggers: None,
            definition: None,
            options: None,
            flags: None,
        }
    }

    #[test]
    fn each_difference_is_a_line() {
        let was = table(
            "1\u{1f}id\u{1f}integer not null\u{1e}2\u{1f}note\u{1f}text\u{1e}4\u{1f}old\u{1f}text",
        );
        let is = RelationRow {
            name: "order".into(),
            constraints: Some("a b\u{1f}f not valid".into()),
            triggers: Some("t\u{1f}D".into()),
            options: Some("fillfactor=70".into()),
            flags: Some("row security ".into()),
            ..table(
                "1\u{1f}id\u{1f}bigint not null\u{1e}2\u{1f}remark\u{1f}text\u{1e}5\u{1f}at\u{1f}date",
            )
        };
        assert!(altered(&was, &was).is_empty());
        let lines = altered(&was, &is);
        let rest: Vec<&str> =
            lines.iter().filter_map(|l| l.strip_prefix("Table \"Shop\".\"order\": ")).collect();
        assert_eq!(
            rest,
            [
                "renamed from \"Shop\".orders",
                "column id integer not null → bigint not null",
                "column note renamed to remark",
                "column at date added",
                "column old dropped",
                "constraint \"a b\" added (foreign key not valid)",
                "trigger t added (disabled)",
                "storage parameters defaults → fillfactor=70",
                "now row security",
            ]
        );
    }
}
