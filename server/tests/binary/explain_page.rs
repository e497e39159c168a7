//! "Run it on a server" without JavaScript (form posts), and its purpose: a finding whose remedy, once
//! applied, improves the plan.

use plan::rules::{Judged, Limits, judge_with};
use serde_json::Value;

use crate::common::{Running, form_body};
use crate::explain::{explain, preview, sheet, shop, signed_in, start_watching};

/// Posts the form of `/plan`; the page.
async fn form(pgdeck: &Running, cookie: &str, pairs: &[(&str, &str)]) -> String {
    let request = pgdeck.form("/plan", cookie, form_body(pairs));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    answer.text().await.unwrap().replace("<!>", "")
}

/// The value of a hidden field of a page.
fn field<'a>(html: &'a str, name: &str) -> &'a str {
    let found = html.split(&format!("name=\"{name}\" value=\"")).nth(1);
    found.and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

#[tokio::test]
async fn without_javascript_preview_confirm_plan() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let operator = signed_in(&pgdeck, "operator").await;
    preview(&pgdeck, &operator, &sheet("select 1", false)).await;
    let statement = "select *\nfrom orders where customer = $1";
    let mut pairs = vec![
        ("server", "one"),
        ("statement", statement),
        ("mode", "analyze"),
        ("verbose", "on"),
        ("step", "preview"),
    ];
    // The parameter's field is not there yet: the refusal adds it.
    let html = form(&pgdeck, &operator, &pairs).await;
    assert!(html.contains("The statement has 1 parameter and 0 values were given"), "{html}");
    assert!(html.contains("name=\"p1\""), "a field for its value");
    pairs.push(("p1", "7"));
    let html = form(&pgdeck, &operator, &pairs).await;
    for must in [
        "Execute it on one and roll back",
        "The statement is really executed, as analyst",
        "read only, always rolled back",
        "Every statement that would be sent",
    ] {
        assert!(html.contains(must), "the preview lacks {must:?}: {html}");
    }
    let run = field(&html, "run").to_owned();
    assert_eq!(run.len(), 32, "{html}");
    pairs.retain(|(name, _)| *name != "step");
    pairs.extend([("step", "run"), ("run", run.as_str())]);
    let html = form(&pgdeck, &operator, &pairs).await;
    for must in [
        "Executed and rolled back on one (PostgreSQL 17, database postgres) as analyst",
        "Checked against the catalog of one (database postgres): 1 table",
        "orders_pkey",
        "id=\"node-0\"",
    ] {
        assert!(html.contains(must), "the plan lacks {must:?}: {html}");
    }
    assert!(!html.contains("style=\""), "a style attribute");
}

#[tokio::test]
async fn a_refusal_marks_its_place_and_offers_the_yes_it_needs() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let operator = signed_in(&pgdeck, "operator").await;
    preview(&pgdeck, &operator, &sheet("select 1", false)).await;
    let ask = |statement: &'static str| {
        [("server", "one"), ("mode", "analyze"), ("step", "preview"), ("statement", statement)]
    };
    let html = form(&pgdeck, &operator, &ask("select 1;\ndrop table orders")).await;
    assert!(html.contains("the second begins at line 2, column 1"), "{html}");
    assert!(html.contains("<mark>drop</mark>"), "{html}");
    let html = form(&pgdeck, &operator, &ask("delete from orders")).await;
    assert!(html.contains("DELETE changes rows") && html.contains("name=\"dml\""), "{html}");
    let mut yes = ask("delete from orders").to_vec();
    yes.push(("dml", "on"));
    let html = form(&pgdeck, &operator, &yes).await;
    assert!(html.contains("Rows are really changed"), "{html}");
    let html = form(&pgdeck, &operator, &ask("select '<img src=x onerror=alert(1)>' from")).await;
    let body = html.split("<body").nth(1).unwrap();
    assert!(!body.contains("<img src=x"), "markup of the statement is markup of the page");
}

#[tokio::test]
async fn a_pasted_plan_is_judged_with_a_chosen_servers_catalog() {
    let server = shop().await;
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let analyst = signed_in(&pgdeck, "analyst").await;
    preview(&pgdeck, &analyst, &sheet("select 1", false)).await;
    let plan = "Seq Scan on orders  (cost=0.00..35.50 rows=20 width=4)";
    let html = form(&pgdeck, &analyst, &[("plan", plan), ("judge", "one")]).await;
    assert!(html.contains("Checked against the catalog of one: 1 table"), "{html}");
    // Another database of the same server has other tables.
    let elsewhere = [("plan", plan), ("judge", "one"), ("judge_database", "template1")];
    let html = form(&pgdeck, &analyst, &elsewhere).await;
    assert!(
        html.contains("Checked against the catalog of one (database template1): 0 tables"),
        "{html}"
    );
    let html = form(&pgdeck, &analyst, &[("plan", plan), ("judge", "two")]).await;
    assert!(
        html.contains("without the server&#x27;s catalog")
            || html.contains("without the server's catalog"),
        "{html}"
    );
    let viewer = signed_in(&pgdeck, "viewer").await;
    let html = form(&pgdeck, &viewer, &[("plan", plan), ("judge", "one")]).await;
    assert!(!html.contains("Checked against the catalog of"), "{html}");
    assert!(html.contains("needs one of the roles analyst, operator"), "{html}");
}

/// The plan of a response, and its findings with the server's catalog.
fn judged(answer: &Value) -> (plan::Plan, Vec<Judged>) {
    let text = answer["Ok"]["explained"]["plan"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let plan = plan::parse(text).unwrap().plans.remove(0);
    let catalog =
        serde_json::from_value(answer["Ok"]["consulted"]["Ok"]["catalog"].clone()).unwrap();
    let found = judge_with(&plan, &plan::derive(&plan), &Limits::default(), Some(&catalog)).0;
    (plan, found)
}

#[tokio::test]
async fn the_finding_names_the_missing_index_and_with_it_the_plan_is_better() {
    let server = playground::server(17).await.unwrap();
    playground::schema::load(&server.dsn(), 5, &|_| ()).await.unwrap();
    server
        .exec(
            "create role analyst login password 'a'; grant pg_monitor, pg_read_all_data to analyst; analyze",
        )
        .await
        .unwrap();
    let pgdeck = start_watching(&server.dsn_for("analyst", "a", "postgres"), "");
    let operator = signed_in(&pgdeck, "operator").await;
    let request = sheet("select sum(quantity) from order_items where product_id = 900", true);
    let (before, found) = judged(&explain(&pgdeck, &operator, &request).await);
    let missing = found.iter().find(|found| found.finding.rule == "plan/filtered_seq_scan");
    let finding = &missing.expect("the shop has no index on order_items.product_id").finding;
    let remedy = finding.remedy.sql.clone().expect("SQL to run");
    assert_eq!(remedy, "create index concurrently on public.order_items (product_id);");
    let evidence: Vec<&str> = finding.evidence.iter().map(|one| one.name.as_str()).collect();
    assert!(evidence.contains(&"table size"), "the catalog's evidence: {evidence:?}");
    server.exec(&remedy).await.unwrap();
    let (after, found) = judged(&explain(&pgdeck, &operator, &request).await);
    assert!(!found.iter().any(|found| found.finding.rule == "plan/filtered_seq_scan"));
    let reads = |plan: &plan::Plan| -> Vec<String> {
        let own = plan.nodes.iter().filter(|node| node.index.is_some() || node.relation.is_some());
        own.map(|node| node.kind.clone()).collect()
    };
    assert_eq!(reads(&before), ["Seq Scan"]);
    assert!(
        after.nodes.iter().any(|node| node.index.as_deref() == Some("order_items_product_id_idx"))
    );
    assert!(!reads(&after).contains(&"Seq Scan".to_owned()), "{:?}", reads(&after));
    let cost = |plan: &plan::Plan| plan.nodes[0].cost.map(|cost| cost.total).unwrap();
    assert!(cost(&after) < cost(&before) / 2.0, "{} and {}", cost(&before), cost(&after));
}
