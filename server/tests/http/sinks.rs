//! Hostile texts at every place where something leaves pgdeck: pages of a server whose every name is hostile (text,
//! attributes, titles, SVG, JSON in scripts), server functions' HTML, CSV, metrics. File names are constants.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use engine::metrics::Metrics;
use playground::Server;
use sqlx::PgConnection;

use crate::client::FORM;
use crate::in_process::InProcess;
use crate::payloads::{CANARY, PAYLOADS, markup_of};

/// Pages that are read, beyond those of the navigation.
const MOST_PAGES: usize = 160;

fn name(payload: &str) -> String {
    format!("\"{}\"", payload.replace('"', "\"\""))
}

/// A server on which tables, indexes, columns, roles, applications, statements and a database are hostile.
async fn hostile() -> (Server, Vec<PgConnection>) {
    let server = playground::server(17).await.unwrap();
    let mut sessions = Vec::new();
    let database = format!("create database {}", name("\"><x-canary>"));
    server.exec(&database).await.unwrap();
    for (at, payload) in PAYLOADS.iter().enumerate() {
        let (own, index, role) =
            (name(payload), name(&format!("{payload}i{at}")), name(&format!("{payload}r{at}")));
        let setup = format!(
            "create table {own} ({own} int, b text);
             create index {index} on {own} ({own});
             comment on table {own} is '{}';
             insert into {own} select n, 'x' from generate_series(1, 50) n;
             create role {role}",
            payload.replace('\'', "''")
        );
        let mut connection = server.connect().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(setup)).execute(&mut connection).await.unwrap();
        let text = payload.replace('\'', "''");
        let state = format!(
            "set application_name = '{text}'; set role {role}; reset role; begin;
             select '{text}' as {own}"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(state)).execute(&mut connection).await.unwrap();
        if at < 20 {
            sessions.push(connection);
        }
    }
    (server, sessions)
}

/// The addresses on a page that lead to other pages of the server.
fn links(html: &str) -> Vec<String> {
    let parts = html.split("href=\"").skip(1);
    let places = parts.filter_map(|part| part.split('"').next());
    let places = places.filter(|place| place.starts_with("/s/") || place.starts_with("/?"));
    places.map(|place| place.replace("&amp;", "&").replace("&quot;", "\"")).collect()
}

async fn page(pgdeck: &InProcess, cookie: &str, place: &str) -> String {
    let request = pgdeck.get(place).header("cookie", cookie);
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_hostile_server_calls_its_objects_is_text_everywhere() {
    let (server, _sessions) = hostile().await;
    let pgdeck = InProcess::watching(&[server.dsn()], &[]).await;
    let cookie = pgdeck.sign_in_by_link().await;
    let deadline = Instant::now() + Duration::from_secs(60);
    for place in ["activity", "tables", "indexes"] {
        while !page(&pgdeck, &cookie, &format!("/s/local/{place}")).await.contains("x-canary") {
            assert!(Instant::now() < deadline, "{place} never shows a hostile name");
            pgdeck.refresh("local");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    let mut open: VecDeque<String> = app::routes::PAGES
        .iter()
        .map(|page| page.path.replace(":server", "local").replace(":queryid", "1"))
        .filter(|place| place != "/sign-in")
        .collect();
    let mut seen: BTreeSet<String> = open.iter().cloned().collect();
    let (mut pages, mut hostile_pages) = (0, 0);
    while let Some(place) = open.pop_front().filter(|_| pages < MOST_PAGES) {
        let html = page(&pgdeck, &cookie, &place).await;
        let faults = markup_of(&html);
        assert!(faults.is_empty(), "{place}: {faults:?}");
        pages += 1;
        hostile_pages += usize::from(html.contains(CANARY));
        let new = links(&html).into_iter().filter(|place| seen.insert(place.clone()));
        open.extend(new.collect::<Vec<_>>());
    }
    assert!(hostile_pages > 20, "{hostile_pages} of {pages} pages show a hostile name");
    for (place, body) in [
        (
            "/api/locks",
            "server=local&ask[view]=table&ask[q]=&ask[pid]=&ask[open]=&ask[sort]=&ask[page]=0",
        ),
        ("/api/charts", "server=local&page=overview&range="),
    ] {
        let request = pgdeck.post_as(place, FORM).header("cookie", &cookie).body(body);
        let text = request.send().await.unwrap().text().await.unwrap();
        let faults = markup_of(&text.replace("\\\"", "\""));
        assert!(faults.is_empty(), "{place}: {faults:?}");
    }
    let metrics = page(&pgdeck, &cookie, "/metrics").await;
    assert!(metrics.lines().all(is_metric), "{metrics}");
    println!("{} payloads on {pages} pages, {hostile_pages} with hostile names", PAYLOADS.len());
}

/// Whether a line is a comment or a sample (Prometheus, "Exposition formats").
fn is_metric(line: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if let Some(comment) = line.strip_prefix("# ") {
        return comment.starts_with("HELP ") || comment.starts_with("TYPE ");
    }
    let Some((sample, value)) = line.rsplit_once(' ') else { return false };
    let (name, labels) = sample.split_once('{').unwrap_or((sample, "}"));
    let mut rest = labels;
    while let Some((key, after)) = rest.split_once("=\"") {
        let mut escaped = false;
        let end = after.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else { return false };
        if !is_name(key.trim_start_matches(',')) {
            return false;
        }
        rest = &after[end + 1..];
    }
    is_name(name) && rest == "}" && value.parse::<f64>().is_ok()
}

#[test]
fn labels_of_metrics_hold_any_text() {
    for payload in PAYLOADS {
        let mut metrics = Metrics::default();
        metrics.add(("pg_x", "gauge", "X."), &[("a", payload), ("b", payload)], 1.0);
        let text = metrics.finish();
        assert_eq!(text.lines().count(), 3, "{payload:?}: {text}");
        assert!(text.lines().all(is_metric), "{payload:?}: {text}");
    }
    assert!(!is_metric("x_canary{a=\"b\"} c"));
    assert!(!is_metric("pg_x{a=\"b\"} 1\"} 1") && is_metric("pg_x{a=\"\\\"} 1\"} 1"));
}

#[test]
fn no_cell_begins_a_formula_whatever_the_separator_is() {
    for payload in PAYLOADS {
        for row in [format!("x,{},y", app::csv::cell(payload)), app::csv::cell(payload)] {
            for separator in [',', ';', '\t', '|'] {
                for cell in cells(&row, separator) {
                    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                    assert!(!formula || separator == '|', "{payload:?} by {separator:?}: {cell:?}");
                }
            }
        }
    }
}

/// The cells of a text as a spreadsheet reads them: quotes count only where a cell begins.
fn cells(text: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut begins) = (false, true);
    for c in text.chars() {
        match c {
            '"' if begins => (quoted, begins) = (true, false),
            '"' if quoted => quoted = false,
            c if !quoted && (c == separator || c == '\n' || c == '\r') => {
                cells.push(String::new());
                begins = true;
            }
            c => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(c);
                }
                begins = false;
            }
        }
    }
    cells
}
