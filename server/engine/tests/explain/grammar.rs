//! Every statement that a rule on plans prints for copying is read by PostgreSQL's own parser, and
//! names only the plan's tables and columns that its table has: on all recorded plans, and on plans
//! with conditions and names as good as random.

mod made;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plan::Catalog;
use plan::rules::{Limits, RULES, judge, judge_with};
use serde_json::Value;

use made::{COLUMNS, Made, Random, TABLES};

/// The names in statements: relations, and columns of keys, of expressions and of statistics.
#[derive(Default)]
struct Names {
    relations: BTreeSet<String>,
    columns: BTreeSet<String>,
}

/// Reads statements with PostgreSQL's parser.
fn names(sql: &str) -> Result<Names, String> {
    let parsed = pg_query::parse(sql, 0).map_err(|error| error.to_string())?;
    if parsed.protobuf.stmts.is_empty() {
        return Err("there is no statement".into());
    }
    let tree = serde_json::to_value(&parsed.protobuf.stmts).map_err(|error| error.to_string())?;
    let mut names = Names::default();
    let mut open = vec![&tree];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                if let Some(relation) = fields.get("relname").and_then(Value::as_str) {
                    names.relations.insert(relation.to_owned());
                }
                for (kind, body) in fields {
                    let name = match kind.as_str() {
                        "IndexElem" | "StatsElem" | "AlterTableCmd" => {
                            body.get("name").and_then(Value::as_str)
                        }
                        "ColumnRef" => {
                            let of = |field: &Value| field.pointer("/node/String/sval").cloned();
                            let fields = body.get("fields").and_then(Value::as_array);
                            let last = fields.and_then(|fields| fields.last()).and_then(of);
                            names
                                .columns
                                .extend(last.as_ref().and_then(Value::as_str).map(str::to_owned));
                            None
                        }
                        _ => None,
                    };
                    names.columns.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
                }
                open.extend(fields.values());
            }
            _ => {}
        }
    }
    Ok(names)
}

/// What is wrong with a statement, if anything is.
fn fault(sql: &str, table: &str, columns: &[String]) -> Option<String> {
    let names = match names(sql) {
        Ok(names) => names,
        Err(error) => return Some(format!("{sql}\n  {error}")),
    };
    let others = ["other_table", "an \"index\""];
    let table =
        names.relations.iter().find(|name| *name != table && !others.contains(&name.as_str()));
    let column = names.columns.iter().find(|name| !columns.contains(name));
    let foreign = names.relations.contains("other_table") && !names.columns.is_empty();
    match (table, column) {
        (Some(table), _) => Some(format!("{sql}\n  the relation {table} is not in the plan")),
        // A subquery's own condition may be on the other table's column.
        (_, Some(column)) if !(foreign && column == "O id") => {
            Some(format!("{sql}\n  {column} is no column of the table"))
        }
        _ => None,
    }
}

/// Limits under which everything is a finding.
fn least() -> Limits {
    let mut limits = Limits::new();
    for rule in RULES {
        for limit in rule.about.limits.iter().filter(|limit| limit.name.starts_with("min_")) {
            let known = RULES.iter().map(|rule| (rule.id, rule.about));
            limits.set(known, (rule.id, limit.name), 0.001).expect("the limit exists");
        }
    }
    limits
}

#[test]
fn statements_on_plans_with_any_names_are_sound_sql() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let (mut faults, mut printed, limits) = (vec![], BTreeSet::new(), least());
    for _ in 0..1_000 {
        let table = random.one(&TABLES).to_owned();
        let mut columns: Vec<String> = (0..4).map(|_| random.one(&COLUMNS).to_owned()).collect();
        columns.dedup();
        let verbose = random.below(2) == 0;
        let of_its_own = Random(random.0);
        let mut made = Made { table, columns, verbose, random: of_its_own };
        let text = made.plan();
        let parsed = plan::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let catalog = made.catalog();
        for plan in &parsed.plans {
            let derived = plan::derive(plan);
            let (alone, _) = judge(plan, &derived, &limits);
            let (with, _) = judge_with(plan, &derived, &limits, Some(&catalog));
            for sql in alone.into_iter().chain(with).filter_map(|one| one.finding.remedy.sql) {
                let fault = fault(&sql, &made.table, &made.columns);
                faults.extend(fault.map(|fault| format!("{fault}\n{text}")));
                printed.insert(sql);
            }
        }
    }
    assert!(printed.len() > 400, "{} statements", printed.len());
    let count = faults.len();
    assert_eq!(
        count,
        0,
        "of {}:\n{}",
        printed.len(),
        faults.iter().take(12).cloned().collect::<String>()
    );
}

/// The recorded plans.
fn recorded() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../app/plan/fixtures")];
    let mut files = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
            let path = entry.path();
            match path.extension().and_then(|ext| ext.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("md" | "catalog") => {}
                _ => files.push(path),
            }
        }
    }
    files
}

#[test]
fn statements_on_recorded_plans_are_sound_sql() {
    let (mut printed, mut faults, limits) = (BTreeSet::new(), vec![], least());
    for path in recorded() {
        let text = std::fs::read(&path).expect("the file can be read");
        let text = String::from_utf8_lossy(&text);
        let catalog = std::fs::read_to_string(path.with_extension("catalog")).ok();
        let catalog: Option<Catalog> = catalog.and_then(|text| serde_json::from_str(&text).ok());
        for plan in plan::parse(&text).map(|parsed| parsed.plans).unwrap_or_default() {
            let (found, _) = judge_with(&plan, &plan::derive(&plan), &limits, catalog.as_ref());
            // What is printed of the tables: all names that may stand in a statement.
            let relations: BTreeSet<&str> =
                plan.nodes.iter().filter_map(|node| node.relation.as_deref()).collect();
            for sql in found.into_iter().filter_map(|one| one.finding.remedy.sql) {
                match names(&sql) {
                    Err(error) => faults.push(format!("{}: {sql}: {error}\n", path.display())),
                    Ok(names) => {
                        let told = |name: &String| {
                            relations.contains(name.as_str())
                                || catalog.is_some()
                                || name.starts_with("pg_")
                        };
                        let known = |name: &String| {
                            text.contains(name.as_str())
                                || text.contains(&name.replace('"', "\"\""))
                        };
                        // A catalog may name the parent, and columns that the plan does not print.
                        let of_table = names.relations.iter().find(|name| !told(name));
                        let of_column = names.columns.iter().find(|name| !known(name));
                        let of_system = names.relations.iter().any(|name| name.starts_with("pg_"));
                        let printed = catalog.is_none() && !of_system;
                        let strange = of_table.or(of_column.filter(|_| printed));
                        faults.extend(
                            strange.map(|name| format!("{}: {sql}: {name}\n", path.display())),
                        );
                    }
                }
                printed.insert(sql);
            }
        }
    }
    assert!(printed.len() > 50, "{} statements", printed.len());
    assert_eq!(faults, [] as [String; 0]);
}
