//! EXPLAIN as something a person does to a server: only what was previewed is run, and all of it is in the
//! audit log.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::{Running, form_body};
use crate::explain::{
    answer, call, explain, preview, run_of, sheet, shop, signed_in, start_watching,
};

/// The entries of the audit log, newest first.
pub async fn audit(pgdeck: &Running, cookie: &str) -> Vec<Value> {
    let request = pgdeck.post("/api/audit").header("cookie", cookie);
    let answer = request.body("query[text]=&query[before]=0").send().await.unwrap();
    let page: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    page["entries"].as_array().unwrap().clone()
}

/// Waits until nothing of the log is under way.
pub async fn until_ended(pgdeck: &Running, cookie: &str) {
    for _ in 0..1_200 {
        if audit(pgdeck, cookie).await.iter().all(|entry| entry["end"] != "UnderWay") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("an entry is still under way after a minute");
}

#[tokio::test]
async fn a_run_needs_its_own_preview_and_is_done_once() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let (operator, analyst) =
        (signed_in(&pgdeck, "operator").await, signed_in(&pgdeck, "analyst").await);
    let request = sheet("select * from orders", false);
    let run = run_of(&preview(&pgdeck, &operator, &request).await);
    let other = sheet("select * from orders where id = 1", false);
    for (cookie, run, sheet) in [
        (&operator, "0".repeat(32), &request),
        (&analyst, run.clone(), &request),
        (&operator, run.clone(), &other),
        (&operator, run.clone(), &sheet("select * from orders", true)),
    ] {
        let body = json!({ "run": run, "sheet": sheet });
        let refused = call(&pgdeck, cookie, "explain_run", &body).await;
        assert_eq!(refused.status().as_u16(), 409, "{body}");
    }
    assert!(audit(&pgdeck, &operator).await.is_empty(), "nothing was done");
    let body = json!({ "run": run, "sheet": request });
    assert!(answer(&pgdeck, &operator, "explain_run", &body).await["Ok"].is_object());
    assert_eq!(call(&pgdeck, &operator, "explain_run", &body).await.status().as_u16(), 409);
    // The form that a page elsewhere would send in a person's name.
    let form = [
        ("step", "run"),
        ("run", "00112233445566778899aabbccddeeff"),
        ("server", "one"),
        ("mode", "analyze"),
        ("dml", "on"),
        ("functions", "on"),
        ("statement", "update orders set note = 'changed'"),
    ];
    let request = pgdeck.form("/plan", &operator, form_body(&form));
    let html = request.send().await.unwrap().text().await.unwrap();
    assert!(html.contains("This is not what was previewed"), "{html}");
    assert_eq!(audit(&pgdeck, &operator).await.len(), 1, "only the run that was previewed");
}

#[tokio::test]
async fn what_is_done_to_a_server_is_in_the_audit_log() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let (operator, admin) =
        (signed_in(&pgdeck, "operator").await, signed_in(&pgdeck, "admin").await);
    explain(&pgdeck, &operator, &sheet("select 'T1PLAN' from orders", false)).await;
    explain(&pgdeck, &operator, &sheet("select 'T2RUN' from orders", true)).await;
    explain(&pgdeck, &operator, &sheet("select 'S3cret'::int", true)).await;
    let tables = json!({ "server": "one", "database": "", "tables": [] });
    answer(&pgdeck, &operator, "explain_catalog", &tables).await;
    until_ended(&pgdeck, &operator).await;
    let entries = audit(&pgdeck, &operator).await;
    let words: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), entry["sql"].as_str().unwrap()))
        .collect();
    assert_eq!(
        words,
        [
            ("read catalog", ""),
            ("explain analyze", "select 'S3cret'::int"),
            ("explain analyze", "select 'T2RUN' from orders"),
            ("explain", "select 'T1PLAN' from orders"),
        ]
    );
    for entry in &entries {
        let known = [&entry["who"], &entry["server"], &entry["object"], &entry["touched"]];
        assert_eq!(known, ["operator", "one", "database postgres", "analyst"], "{entry}");
    }
    assert_eq!(entries[1]["end"]["Ended"]["outcome"], "refused", "{}", entries[1]);
    assert!(entries[1]["end"]["Ended"]["says"].as_str().unwrap().contains("22P02"));
    assert_eq!(entries[2]["end"]["Ended"]["says"], "Executed and rolled back.");
    // The words of an error may hold data; statements are for those who may see them.
    let seen = |all: &[Value]| serde_json::to_string(all).unwrap().matches("S3cret").count();
    assert_eq!(seen(&entries), 1, "in the statement only: {entries:?}");
    let mut hidden = audit(&pgdeck, &admin).await;
    // What was done to pgdeck itself belongs to no server.
    hidden.retain(|entry| entry["server"] != "");
    assert_eq!((hidden.len(), seen(&hidden)), (4, 0));
    let csv = pgdeck.get("/audit.csv").header("cookie", &admin).send().await.unwrap();
    assert!(!csv.text().await.unwrap().contains("T1PLAN"));
    let data_dir = pgdeck.data_dir.to_str().unwrap();
    let (code, said, _) = crate::common::run(&["audit", "verify", "--data-dir", data_dir]);
    assert!(code == 0 && said.contains("records is intact"), "{said}");
}
