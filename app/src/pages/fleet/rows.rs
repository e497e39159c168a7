//! Rows of the fleet table: filter, sort and groups by label. Pure; `table.rs` renders them.

use model::server::ConnectionState;
use model::{ServerSummary, Severity};

use super::card::kind_and_version;
use crate::ui::filter;
use crate::ui::sort::{self, Column};

/// The columns: id in filters and sort links, heading, whether it is numeric.
pub const COLUMNS: [Column; 9] = [
    ("name", "Server", false),
    ("state", "State", false),
    ("findings", "Findings", true),
    ("waiting", "Waiting for a lock", true),
    ("active", "Active", true),
    ("connections", "Connections", true),
    ("transactions", "Transactions", true),
    ("lag", "Replication lag", true),
    ("version", "Version", false),
];

/// A row of the table: a server, or the heading of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The server's name; None for a heading.
    pub id: Option<String>,
    /// The heading of a group: its label's value and how many servers it has.
    pub heading: String,
}

/// The labels by which servers can be filtered and grouped, each once.
pub fn labels(servers: &[ServerSummary]) -> Vec<String> {
    let all = servers.iter().flat_map(|server| server.labels.iter().map(|(name, _)| name.clone()));
    all.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// The servers that match `q`, in the order of `sort` (else in that of the navigation: those in
/// trouble first), under headings where `group` is a label.
pub fn rows(servers: &[ServerSummary], q: &str, sort: &str, group: &str) -> Vec<Row> {
    let labels = labels(servers);
    let columns: Vec<&str> = ["name", "state", "version", "address"]
        .into_iter()
        .chain(labels.iter().map(String::as_str))
        .collect();
    let terms = filter::parse(q, &columns);
    let passes =
        |server: &&ServerSummary| filter::passes(&terms, &columns, |column| text(server, column));
    let kept: Vec<&ServerSummary> = servers.iter().filter(passes).collect();
    let kept = sorted(kept, sort);
    let row =
        |server: &&ServerSummary| Row { id: Some(server.id.to_string()), heading: String::new() };
    if !labels.iter().any(|label| label == group) {
        return kept.iter().map(row).collect();
    }
    let mut values: Vec<String> = kept.iter().map(|server| text(server, group)).collect();
    values.sort();
    values.dedup();
    let mut rows = Vec::new();
    for value in values {
        let of: Vec<_> = kept.iter().filter(|server| text(server, group) == value).collect();
        rows.push(Row { id: None, heading: heading(group, &value, &of) });
        rows.extend(of.into_iter().map(row));
    }
    rows
}

/// `env = prod: 12 servers, 1 critical`.
fn heading(label: &str, value: &str, of: &[&&ServerSummary]) -> String {
    let servers = crate::ui::format::plural(of.len() as i64, "server", "servers");
    let value = if value.is_empty() { "not set" } else { value };
    let critical = of
        .iter()
        .filter(|server| {
            matches!(server.worst, Some((Severity::Critical, _)))
                || matches!(server.link, ConnectionState::Lost { .. })
        })
        .count();
    match critical {
        0 => format!("{label} = {value}: {servers}"),
        n => format!("{label} = {value}: {servers}, {n} critical or unreachable"),
    }
}

/// The text of a column or label.
pub fn text(server: &ServerSummary, column: &str) -> String {
    match column {
        "name" => server.id.to_string(),
        "state" => state(server).to_owned(),
        "address" => server.address.clone(),
        "version" => server.facts.as_ref().map(kind_and_version).unwrap_or_default(),
        label => {
            let found = server.labels.iter().find(|(name, _)| name == label);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        }
    }
}

/// The state in a word, as in the filter `state:critical`.
pub fn state(server: &ServerSummary) -> &'static str {
    match (&server.link, server.worst) {
        (ConnectionState::Lost { .. }, _) => "unreachable",
        (ConnectionState::Connecting, _) => "connecting",
        (_, Some((severity, _))) if severity > Severity::Info => severity.as_str(),
        _ if server.blind > 0 => "not fully checked",
        _ => "fine",
    }
}

/// The number in a column; None is unknown.
pub fn number(server: &ServerSummary, column: &str) -> Option<f64> {
    let of = &server.headline;
    let count = |n: Option<i64>| n.map(|n| n as f64);
    match column {
        "findings" => Some(server.worst.map_or(0, |(_, count)| count) as f64),
        "waiting" => count(of.waiting_for_lock),
        "active" => count(of.active),
        "connections" => count(of.connections),
        "transactions" => of.transactions_per_s,
        "lag" => of.lag_ms,
        _ => None,
    }
}

/// Sorted by a column; unknown numbers stay last both ways.
fn sorted<'a>(servers: Vec<&'a ServerSummary>, by: &str) -> Vec<&'a ServerSummary> {
    let (column, descending) = sort::column(by);
    let Some((_, _, numeric)) = COLUMNS.iter().find(|(id, ..)| *id == column) else {
        return servers;
    };
    sort::sorted(servers, |a, b| {
        if *numeric {
            return sort::numbers(number(a, column), number(b, column), descending);
        }
        sort::turned(text(a, column).cmp(&text(b, column)), descending)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ServerId;
    use model::server::Headline;

    fn server(name: &str, env: &str, active: Option<i64>) -> ServerSummary {
        ServerSummary {
            id: ServerId::new(name),
            labels: vec![("env".into(), env.into())],
            address: String::new(),
            link: ConnectionState::Up,
            facts: None,
            worst: None,
            first: None,
            blind: 0,
            headline: Headline { active, ..Headline::default() },
        }
    }

    fn names(rows: &[Row]) -> Vec<&str> {
        rows.iter().map(|row| row.id.as_deref().unwrap_or(row.heading.as_str())).collect()
    }

    #[test]
    fn a_hundred_servers_are_filtered_sorted_and_grouped() {
        let all = [
            server("db1.example.com", "prod", Some(3)),
            server("db2.example.com", "test", None),
            server("db3.example.com", "prod", Some(9)),
        ];
        assert_eq!(
            names(&rows(&all, "env:prod", "-active", "")),
            ["db3.example.com", "db1.example.com"]
        );
        assert_eq!(names(&rows(&all, "", "active", "")).last(), Some(&"db2.example.com"));
        assert_eq!(names(&rows(&all, "", "-active", "")).last(), Some(&"db2.example.com"));
        assert_eq!(
            names(&rows(&all, "", "", "env")),
            [
                "env = prod: 2 servers",
                "db1.example.com",
                "db3.example.com",
                "env = test: 1 server",
                "db2.example.com"
            ]
        );
        assert!(rows(&all, "state:critical", "", "").is_empty());
    }
}
