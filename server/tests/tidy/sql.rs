//! SQL files: their header and form, and that each is used.

use std::path::Path;

use crate::files::{files, none};

#[test]
fn sql_files_follow_the_form() {
    let mut faults = Vec::new();
    for (path, text) in files("server/engine/src", ".sql") {
        let header: Vec<&str> = text.lines().take(5).collect();
        for (line, key) in header.iter().zip(["rows", "since", "needs", "cost", "docs"]) {
            if !line.starts_with(&format!("-- {key}: ")) {
                faults.push(format!("{path}: the header lacks `-- {key}: …` in its place"));
            }
        }
        let body: String = text.lines().skip(5).collect::<Vec<_>>().join("\n");
        let first = body.split_whitespace().next().unwrap_or_default();
        let acts = path.contains("/actions/") && ["vacuum", "analyze"].contains(&first);
        if !["select", "with", "show"].contains(&first) && !acts {
            faults.push(format!("{path}: begins with {first:?}; only select, with and show read"));
        }
        if body.replace("count(*)", "").contains('*') && body.contains("select *") {
            faults.push(format!("{path}: names no columns; write them out instead of *"));
        }
        // All entries of an extension, as many as there are: to sort them would cost as much as to read them.
        let is_complete =
            header.first().is_some_and(|rows| rows.contains("all of them in no order"));
        let is_ordered = body.contains("order by") || is_complete;
        if !acts && (!is_ordered || !body.contains("limit ")) {
            faults.push(format!("{path}: an answer is ordered and limited"));
        }
        let outside: String = body.split('\'').step_by(2).collect();
        if outside.chars().any(|c| c.is_ascii_uppercase()) {
            faults.push(format!("{path}: SQL is lower case"));
        }
        for (keyword, next) in body.split_whitespace().zip(body.split_whitespace().skip(1)) {
            let named = next.starts_with("pg_") && ["from", "join"].contains(&keyword);
            if named && !next.starts_with("pg_catalog.") {
                faults.push(format!("{path}: {next} is not qualified with pg_catalog."));
            }
        }
        let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parts: Vec<&str> = name.split('.').collect();
        let is_floor = |floor: &str| floor.parse::<u16>().is_ok();
        let is_named = match parts.as_slice() {
            [_, floor, "sql"] => is_floor(floor),
            [_, "pgss-1", floor, "sql"] => is_floor(floor),
            _ => false,
        };
        if !is_named {
            faults
                .push(format!("{path}: is named <rows>.<floor>.sql, or <rows>.pgss-<version>.sql"));
        }
    }
    none(faults, "Correct these SQL files (CONTRIBUTING.md, “SQL files”):");
}

#[test]
fn every_sql_file_is_picked() {
    let code: String =
        files("server/engine/src", ".rs").into_iter().map(|(_, text)| text).collect();
    let unused = files("server/engine/src", ".sql").into_iter().filter_map(|(path, _)| {
        let name = Path::new(&path).file_name()?.to_string_lossy().into_owned();
        let rows = name.split('.').next()?.to_owned();
        (!code.contains(&format!("\"{rows}\""))).then_some(path)
    });
    none(
        unused.collect(),
        "Declare these with sql! { } beside the area that reads them, or delete them:",
    );
}
