//! Recognises what is no plan of PostgreSQL by words that only another system writes.

use crate::node::ParseError;
use crate::paste::Line;

/// Lines that are looked at.
const MOST_LINES: usize = 500;
/// Bytes of a line that are looked at: a whole document can stand in one.
const MOST_BYTES: usize = 4_000;

/// Words anywhere in a line, and whose they are.
const ANYWHERE: &[(&str, &str)] = &[
    ("\"r_loops\"", "MariaDB"),
    ("\"r_total_time_ms\"", "MariaDB"),
    ("\"EXPLAIN\": \"-> ", "MySQL"),
    ("\"query_block\"", "MySQL or MariaDB"),
    ("\"json_schema_version\"", "MySQL"),
    ("Plan hash value", "Oracle"),
    ("SELECT STATEMENT", "Oracle"),
    ("<ShowPlanXML", "SQL Server"),
    ("OBJECT:([", "SQL Server"),
    ("StmtText", "SQL Server"),
    (" USING INTEGER PRIMARY KEY", "SQLite"),
    (" USING COVERING INDEX ", "SQLite"),
    ("USE TEMP B-TREE", "SQLite"),
    ("Query Profiling Information", "DuckDB"),
    ("HASH_GROUP_BY", "DuckDB"),
    ("UNGROUPED_AGGREGATE", "DuckDB"),
    ("\"operator_timing\"", "DuckDB"),
    ("== Physical Plan ==", "Spark"),
    ("== Parsed Logical Plan ==", "Spark"),
    ("AdaptiveSparkPlan", "Spark"),
    ("ReadFromMergeTree", "ClickHouse"),
    ("ReadFromStorage", "ClickHouse"),
    ("ScanFilterProject[", "Trino or Presto"),
    ("TableScan[table", "Trino or Presto"),
    ("Trino version:", "Trino"),
    ("GlobalStats", "Snowflake"),
    ("partitionsTotal", "Snowflake"),
    ("winningPlan", "MongoDB"),
    ("queryPlanner", "MongoDB"),
    ("COLLSCAN", "MongoDB"),
    ("spans: FULL SCAN", "CockroachDB"),
    ("estimated row count:", "CockroachDB"),
    ("cop[tikv]", "TiDB"),
    ("STAGE DEPENDENCIES:", "Hive"),
    ("all-AMPs", "Teradata"),
    ("Access Path:", "Vertica"),
    ("Access Plan:", "Db2"),
    ("| E-rows", "openGauss in its table form"),
];

/// How a line starts behind what draws the tree.
const STARTS: &[(&str, &str)] = &[
    ("distribution: full", "CockroachDB"),
    ("distribution: local", "CockroachDB"),
    ("vectorized: ", "CockroachDB"),
    ("• ", "CockroachDB"),
    ("CO-ROUTINE ", "SQLite"),
    ("Expression (", "ClickHouse"),
    ("PLAN FRAGMENT ", "Doris, StarRocks or Impala"),
    ("physical_plan", "DataFusion"),
];

/// The names in DuckDB's boxes; PostgreSQL's plan advice has `SEQ_SCAN(t)`.
const DUCKDB: &[&str] = &[
    "SEQ_SCAN",
    "TABLE_SCAN",
    "PROJECTION",
    "HASH_JOIN",
    "READ_CSV",
    "READ_PARQUET",
    "TOP_N",
    "ORDER_BY",
    "STREAMING_LIMIT",
];

/// How a node of MySQL's tree starts behind its arrow.
const MYSQL: &[&str] = &[
    "Filter: ",
    "Sort: ",
    "Limit: ",
    "Limit/Offset: ",
    "Aggregate: ",
    "Aggregate using ",
    "Group aggregate: ",
    "Table scan on ",
    "Index scan on ",
    "Index lookup on ",
    "Index range scan on ",
    "Single-row ",
    "Covering index ",
    "Nested loop ",
    "Inner hash join",
    "Left hash join",
    "Stream results",
    "Rows fetched before ",
    "Zero rows",
    "Select #",
];

/// The refusal of a paste that is another system's, in one sentence. What was read as a plan can only
/// be MySQL's, whose nodes have arrows as well.
pub(super) fn refusal(lines: &[Line<'_>], is_plan: bool) -> Option<ParseError> {
    let looked_at = lines.iter().take(MOST_LINES);
    let system = |line| if is_plan { mysql(line) } else { mysql(line).or_else(|| system(line)) };
    let (line, system) =
        looked_at.filter(|line| !line.is_blank()).find_map(|line| Some((line, system(line)?)))?;
    // MariaDB says by other lines that it is no MySQL.
    let is_maria = |line: &Line<'_>| {
        let text = head(line);
        text.contains("\"r_") || text.contains("r_rows")
    };
    let system = if system.starts_with("MySQL or") && lines.iter().take(MOST_LINES).any(is_maria) {
        "MariaDB"
    } else {
        system
    };
    Some(ParseError {
        line: line.number,
        column: line.column.saturating_add(line.indent()),
        expected: format!("a plan of PostgreSQL; this is one of {system}, which is not read"),
    })
}

fn head<'a>(line: &'a Line<'_>) -> &'a str {
    let end =
        (0..=line.text.len().min(MOST_BYTES)).rev().find(|at| line.text.is_char_boundary(*at));
    line.text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// A line without what draws the tree.
fn bare(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || "|│├└─┌┐`+".contains(c))
}

fn mysql(line: &Line<'_>) -> Option<&'static str> {
    let body = bare(head(line));
    let node = body.strip_prefix("EXPLAIN: ").unwrap_or(body).strip_prefix("->")?.trim_start();
    MYSQL.iter().any(|start| node.starts_with(start)).then_some("MySQL")
}

fn system(line: &Line<'_>) -> Option<&'static str> {
    let text = head(line);
    let found = |(word, system): &(&str, &'static str)| text.contains(word).then_some(*system);
    if let Some(system) = ANYWHERE.iter().find_map(found) {
        return Some(system);
    }
    if text.contains("select_type") && (text.contains("possible_keys") || text.contains(':')) {
        return Some("MySQL or MariaDB");
    }
    if text.contains("Operation") && text.contains("| Id") {
        return Some("Oracle");
    }
    if text.contains("| field") && text.contains("description") {
        return Some("CockroachDB");
    }
    if text.contains("opcode") && text.contains("addr") {
        return Some("SQLite");
    }
    let body = bare(text);
    let starts = |(word, system): &(&str, &'static str)| body.starts_with(word).then_some(*system);
    if let Some(system) = STARTS.iter().find_map(starts) {
        return Some(system);
    }
    if DUCKDB.contains(&body.trim_end_matches(|c: char| c.is_whitespace() || "│|".contains(c))) {
        return Some("DuckDB");
    }
    // Before 3.24 there were numbers in front.
    let body = body.rsplit('|').next().unwrap_or(body).trim_start_matches('-');
    if let Some(rest) = body.strip_prefix("SEARCH ").filter(|rest| rest.contains(" USING ")) {
        return (!rest.starts_with("DEPTH ") && !rest.starts_with("BREADTH ")).then_some("SQLite");
    }
    if let Some(rest) = body.strip_prefix("SCAN ") {
        let words = rest.split_whitespace().count();
        return (words == 1
            || rest.starts_with("TABLE ")
            || (words > 2 && rest.contains(" USING ")))
        .then_some("SQLite");
    }
    let fragment = body.strip_prefix("Fragment ")?;
    (fragment.starts_with(|c: char| c.is_ascii_digit()) && fragment.contains(" ["))
        .then_some("Trino or Presto")
}
