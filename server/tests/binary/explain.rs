//! EXPLAIN and EXPLAIN ANALYZE on a watched server: permissions, cancellation, and that a disconnected
//! client's statement is cancelled.

use std::path::Path;
use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};

use crate::common::{PASSWORD, Running, add_user, cookie, form_body};
use crate::explain_audit::{audit, until_ended};

/// A server with a table, and a login that may read and change it and nothing else.
pub async fn shop() -> playground::Server {
    let server = playground::server(17).await.unwrap();
    server
        .exec(
            "create role analyst login password 'a'; grant pg_monitor to analyst;
             create table orders (id serial primary key, customer int, note text);
             insert into orders (customer, note) select n % 100, 'note ' || n from generate_series(1, 2000) n;
             grant select, insert, update, delete on orders to analyst;
             create table secrets (word text); analyze",
        )
        .await
        .unwrap();
    server
}

/// A pgdeck that watches the server under the name `one`, with a user of each role named like it.
pub fn start_watching(dsn: &str, more: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgdeck.toml");
    std::fs::write(&file, format!("{more}\n[[servers]]\nname = \"one\"\ndsn = \"{dsn}\"\n"))
        .unwrap();
    let users = |data_dir: &Path| {
        for role in ["viewer", "analyst", "operator", "admin"] {
            add_user(data_dir, role, &["--role", role]);
        }
    };
    Running::start(&["--config", file.to_str().unwrap()], users)
}

pub async fn signed_in(pgdeck: &Running, name: &str) -> String {
    cookie(&pgdeck.sign_in(name, PASSWORD).await)
}

pub async fn call(pgdeck: &Running, cookie: &str, name: &str, body: &Value) -> Response {
    let request = pgdeck.post_as(&format!("/api/{name}"), "application/json");
    request.header("cookie", cookie).body(body.to_string()).send().await.unwrap()
}

pub async fn answer(pgdeck: &Running, cookie: &str, name: &str, body: &Value) -> Value {
    let text = call(pgdeck, cookie, name, body).await.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{name}: {text}"))
}

pub fn sheet(statement: &str, analyze: bool) -> Value {
    json!({
        "server": "one", "database": "", "statement": statement, "values": [], "analyze": analyze,
        "dml": false, "functions": false, "options": {"verbose": true, "buffers": true},
    })
}

/// Waits until pgdeck has read the server; the preview then.
pub async fn preview(pgdeck: &Running, cookie: &str, sheet: &Value) -> Value {
    for _ in 0..600 {
        let answered = answer(pgdeck, cookie, "explain_preview", &json!({ "sheet": sheet })).await;
        if answered["Err"]["Unknown"] != json!("NotYet") {
            return answered;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("pgdeck has not read the server within a minute");
}

/// The name of the run that a preview offers; where it offers none, one that was never given.
pub fn run_of(previewed: &Value) -> String {
    previewed["Ok"]["run"].as_str().map_or_else(|| "0".repeat(32), str::to_owned)
}

/// Previews and executes; the response.
pub async fn explain(pgdeck: &Running, cookie: &str, sheet: &Value) -> Value {
    let answered = preview(pgdeck, cookie, sheet).await;
    let run = answered["Ok"]["run"].as_str().unwrap_or_else(|| panic!("{answered}")).to_owned();
    answer(pgdeck, cookie, "explain_run", &json!({ "run": run, "sheet": sheet })).await
}

#[tokio::test]
async fn analysts_plan_operators_execute_and_nobody_else_does_either() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let (plan, analyze) =
        (sheet("select * from orders", false), sheet("select * from orders", true));
    let operator = signed_in(&pgdeck, "operator").await;
    preview(&pgdeck, &operator, &plan).await;
    for (name, plans, executes) in [
        ("", 401, 401),
        ("viewer", 403, 403),
        ("admin", 403, 403),
        ("analyst", 200, 403),
        ("operator", 200, 200),
    ] {
        let cookie = match name {
            "" => String::new(),
            name => signed_in(&pgdeck, name).await,
        };
        for (sheet, wanted) in [(&plan, plans), (&analyze, executes)] {
            let previewed =
                call(&pgdeck, &cookie, "explain_preview", &json!({ "sheet": sheet })).await;
            assert_eq!(previewed.status().as_u16(), wanted, "{name} previews {sheet}");
            let preview = previewed.text().await.unwrap();
            let run = run_of(&serde_json::from_str(&preview).unwrap());
            let body = json!({ "run": run, "sheet": sheet });
            let executed = call(&pgdeck, &cookie, "explain_run", &body).await;
            assert_eq!(executed.status().as_u16(), wanted, "{name} runs {sheet}");
            let result = executed.text().await.unwrap();
            let is_ok = |text: &str| text.starts_with("{\"Ok\"");
            assert_eq!(is_ok(&preview), wanted == 200, "{name} previews {sheet}: {preview}");
            assert_eq!(is_ok(&result), wanted == 200, "{name} runs {sheet}: {result}");
            let message = match wanted {
                401 => "SignedOut",
                403 => "Forbidden",
                _ => "",
            };
            assert!(
                preview.contains(message) && result.contains(message),
                "{name}: {preview} {result}"
            );
        }
    }
}

#[tokio::test]
async fn a_run_gives_a_plan_with_its_statement_and_what_the_catalog_says() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let operator = signed_in(&pgdeck, "operator").await;
    let request = sheet("select * from orders where customer = 7", true);
    let answered = explain(&pgdeck, &operator, &request).await;
    let result = &answered["Ok"];
    let parsed = plan::parse(result["explained"]["plan"].as_str().unwrap()).unwrap();
    assert!(parsed.not_understood.is_empty(), "{:?}", parsed.not_understood);
    assert_eq!(parsed.plans[0].query.as_deref(), Some("select * from orders where customer = 7"));
    assert!(parsed.plans[0].execution_ms().is_some(), "it was executed");
    let catalog = &result["consulted"]["Ok"]["catalog"];
    assert_eq!(catalog["relations"][0]["name"], "orders");
    assert_eq!(catalog["relations"][0]["indexes"][0]["name"], "orders_pkey");
    assert_eq!(catalog["settings"]["work_mem"], "4MB");
}

#[tokio::test]
async fn errors_and_refusals_reach_only_those_who_may_ask() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let analyst = signed_in(&pgdeck, "analyst").await;
    let bad = sheet("select 'S3cret'::int", false);
    let answered = explain(&pgdeck, &analyst, &bad).await;
    assert_eq!(answered["Err"]["Failed"]["sqlstate"], "22P02");
    // The value here is the analyst's own; that of a column would read the same.
    assert!(!answered.to_string().contains("S3cret"), "the message holds a value: {answered}");
    assert_eq!(answered["Err"]["Failed"]["at"], json!({ "line": 1, "column": 8 }));
    for name in ["viewer", "admin"] {
        let cookie = signed_in(&pgdeck, name).await;
        let body = json!({ "run": "0".repeat(32), "sheet": bad });
        let refused = call(&pgdeck, &cookie, "explain_run", &body).await.text().await.unwrap();
        assert!(!refused.contains("S3cret") && refused.contains("Forbidden"), "{name}: {refused}");
    }
    let denied = explain(&pgdeck, &analyst, &sheet("select * from secrets", false)).await;
    assert_eq!(denied["Err"]["Failed"]["sqlstate"], "42501");
    let drop = json!({ "sheet": sheet("select 1;\ndrop table orders", false) });
    let refused = answer(&pgdeck, &analyst, "explain_preview", &drop).await;
    assert_eq!(refused["Err"]["Refused"]["Several"]["at"], json!({ "line": 2, "column": 1 }));
}

#[tokio::test]
async fn get_and_cross_site_requests_are_refused() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let operator = signed_in(&pgdeck, "operator").await;
    for name in
        ["explain_preview", "explain_run", "explain_cancel", "explain_catalog", "explain_servers"]
    {
        let path = format!("/api/{name}");
        let got = pgdeck.get(&path).header("cookie", &operator).send().await.unwrap();
        assert!(!got.status().is_success(), "{name} by GET: {}", got.status());
        let foreign = pgdeck.post_without_origin(&path).header("sec-fetch-site", "cross-site");
        let foreign = foreign.header("cookie", &operator).body("{}").send().await.unwrap();
        assert_eq!(foreign.status().as_u16(), 403, "{name} from elsewhere");
    }
}

#[tokio::test]
async fn a_superuser_explains_only_where_the_administrator_wrote_so() {
    let server = shop().await;
    let request = sheet("select count(*) from orders", true);
    let planned = sheet("select count(*) from orders", false);
    let strict = start_watching(&server.dsn(), "");
    let operator = signed_in(&strict, "operator").await;
    let answered = preview(&strict, &operator, &request).await;
    assert!(answered["Err"]["Refused"]["Superuser"]["role"].is_string(), "{answered}");
    let run = json!({ "run": "0".repeat(32), "sheet": request });
    let answered = answer(&strict, &operator, "explain_run", &run).await;
    assert!(answered["Declined"]["says"].is_string(), "no preview, no run: {answered}");
    let answered = preview(&strict, &operator, &planned).await;
    assert!(answered["Err"]["Refused"]["Superuser"]["role"].is_string(), "{answered}");
    let free = start_watching(&server.dsn(), "explain_analyze = \"allow_superuser\"");
    let operator = signed_in(&free, "operator").await;
    let answered = explain(&free, &operator, &request).await;
    assert_eq!(answered["Ok"]["explained"]["executed"], true, "{answered}");
}

#[tokio::test]
async fn somebody_elses_run_is_not_cancelled_and_ones_own_is() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let (operator, analyst) =
        (signed_in(&pgdeck, "operator").await, signed_in(&pgdeck, "analyst").await);
    let slow = sheet("select count(*) from generate_series(1, 1000000000)", true);
    let run = preview(&pgdeck, &operator, &slow).await["Ok"]["run"].clone();
    let body = json!({ "run": run, "sheet": slow });
    let running = answer(&pgdeck, &operator, "explain_run", &body);
    let cancelling = async {
        until_busy(&server, 1).await;
        let cancel = json!({ "server": "one", "run": run });
        let others = answer(&pgdeck, &analyst, "explain_cancel", &cancel).await;
        let busy = explain(&pgdeck, &analyst, &sheet("select 1", false)).await;
        (others, busy, answer(&pgdeck, &operator, "explain_cancel", &cancel).await)
    };
    let (ended, (others, busy, own)) = tokio::join!(running, cancelling);
    assert_eq!(others, json!({ "Ok": "NotYours" }));
    assert_eq!(busy, json!({ "Err": { "Refused": "Busy" } }));
    assert_eq!(own, json!({ "Ok": "Sent" }));
    assert_eq!(ended["Err"]["Cancelled"]["by"], "operator", "{ended}");
    until_busy(&server, 0).await;
}

#[tokio::test]
async fn a_statement_is_cancelled_when_its_client_disconnects() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let operator = signed_in(&pgdeck, "operator").await;
    let slow = "select count(*) from generate_series(1, 1000000000)";
    let run = preview(&pgdeck, &operator, &sheet(slow, true)).await["Ok"]["run"].clone();
    let form = [
        ("step", "run"),
        ("run", run.as_str().unwrap()),
        ("server", "one"),
        ("mode", "analyze"),
        ("statement", slow),
        ("verbose", "on"),
        ("buffers", "on"),
    ];
    let request = pgdeck.form("/plan", &operator, form_body(&form));
    let waiting = tokio::spawn(request.send());
    until_busy(&server, 1).await;
    let entry = audit(&pgdeck, &operator).await.remove(0);
    assert_eq!((&entry["action"], &entry["end"]), (&json!("explain analyze"), &json!("UnderWay")));
    waiting.abort();
    until_busy(&server, 0).await;
    until_ended(&pgdeck, &operator).await;
    let entry = audit(&pgdeck, &operator).await.remove(0);
    let says = entry["end"]["Ended"]["says"].as_str().unwrap();
    assert!(says.contains("The page was closed"), "{entry}");
}

/// Waits until so many sessions of pgdeck run a user's statement.
async fn until_busy(server: &playground::Server, wanted: i64) {
    const BUSY: &str = "select count(*) from pg_stat_activity where state = 'active' and query like '/* pgdeck % explain%'";
    let mut connection = server.connect().await.unwrap();
    for _ in 0..1_200 {
        let busy: i64 = sqlx::query_scalar(BUSY).fetch_one(&mut connection).await.unwrap();
        if busy == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not {wanted} busy sessions within a minute");
}
