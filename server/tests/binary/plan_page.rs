//! `/plan` without JavaScript: form posts of plans, rendered on the server as in the browser.

use crate::common::{Running, UNREACHABLE, form_body};

const FILTERED: &str = include_str!("../../../app/plan/fixtures/rules/filtered_seq_scan/fires.txt");
const REPAIRED: &str = include_str!("../../../app/plan/fixtures/rules/filtered_seq_scan/quiet.txt");

/// Posts the form of `/plan`; status and page.
async fn post_plans(plan: &str, other: &str) -> (u16, String) {
    let pgdeck = Running::start(&[], |_| {});
    let cookie = pgdeck.sign_in_by_link().await;
    let body = form_body(&[("plan", plan), ("other", other)]);
    let answer = pgdeck.form("/plan", &cookie, body).send().await.unwrap();
    let status = answer.status().as_u16();
    // Markers between texts are for hydration only.
    (status, answer.text().await.unwrap().replace("<!>", ""))
}

#[tokio::test]
async fn the_form_gives_verdict_findings_and_nodes() {
    let (status, html) = post_plans(FILTERED, "").await;
    assert_eq!(status, 200);
    for must in [
        "Seq Scan on orders reads 200,000 rows to keep 400",
        "What to do:",
        ">create</span>",
        "Rows Removed by Filter",
        "id=\"node-0\"",
    ] {
        assert!(html.contains(must), "the page lacks {must:?}");
    }
    assert!(!html.contains("style=\""), "a style attribute");
}

/// A configured limit applies on `/plan` and is shown at `/rules`.
#[tokio::test]
async fn limits_of_the_configuration_hold_for_plans() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgdeck.toml");
    let rule = "[rules.\"plan/filtered_seq_scan\"]\nmin_removed_rows = 1000000\n";
    std::fs::write(&file, format!("[[servers]]\nname = \"shop\"\ndsn = \"{UNREACHABLE}\"\n{rule}"))
        .unwrap();
    let pgdeck = Running::configured(file.to_str().unwrap(), |_| {});
    let cookie = pgdeck.sign_in_by_link().await;
    let body = form_body(&[("plan", FILTERED)]);
    let answer = pgdeck.form("/plan", &cookie, body).send().await.unwrap();
    let html = answer.text().await.unwrap();
    assert!(!html.contains("/rules#plan/filtered_seq_scan"), "{html}");
    let rules = pgdeck.get("/rules").header("cookie", &cookie).send().await.unwrap();
    let rules = rules.text().await.unwrap();
    assert!(
        rules.contains("id=\"plan/filtered_seq_scan\"")
            && rules.contains("set here; the default is")
    );
    let (_, usual) = post_plans(FILTERED, "").await;
    assert!(usual.contains("/rules#plan/filtered_seq_scan"), "{usual}");
}

#[tokio::test]
async fn two_plans_are_compared() {
    let (_, html) = post_plans(FILTERED, REPAIRED).await;
    assert!(html.contains("times less.") && html.contains("is now used: Index Scan"), "{html}");
}

#[tokio::test]
async fn bad_input_is_said_in_one_sentence_and_the_form_stays() {
    for bad in ["hello", "{\"Plan\": 1}", "\0\u{1}\u{2}"] {
        let (status, html) = post_plans(bad, "").await;
        assert_eq!(status, 200, "{bad:?}");
        assert!(html.contains("This plan cannot be parsed. Line 1"), "{bad:?}");
        assert!(html.contains("name=\"plan\""), "{bad:?}");
    }
}

#[tokio::test]
async fn half_a_plan_is_shown_with_what_is_missing() {
    let cut = FILTERED.split("Rows Removed").next().unwrap();
    let (_, html) = post_plans(&format!("{cut}gibberish ((\n"), "").await;
    assert!(html.contains("Seq Scan"), "what was read is shown");
    assert!(html.contains("not understood") || html.contains("truncated or damaged"), "{html}");
}

#[tokio::test]
async fn hostile_text_of_a_plan_is_text() {
    let plan = "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=1.0..2.0 rows=1 loops=1)\n  \
                Filter: (a = '<img src=x onerror=alert(1)>\u{202e}'::text)\n\
                Execution Time: 2.0 ms\n";
    let (_, html) = post_plans(plan, "").await;
    let body = html.split("<body").nth(1).unwrap();
    assert!(!body.contains("<img src=x"), "markup of the plan is markup of the page");
    assert!(
        body.contains("&lt;img src=x onerror=alert(1)&gt;\\u{202e}"),
        "it is shown, spelled out"
    );
}

#[tokio::test]
async fn a_text_beyond_the_limit_is_refused() {
    let (status, message) = post_plans(&"x".repeat(2 * 1024 * 1024 + 1), "").await;
    assert_eq!(status, 413);
    assert!(
        message.starts_with("Without JavaScript a plan of up to 2 MiB can be sent"),
        "{message}"
    );
}

#[tokio::test]
async fn only_those_signed_in_may_send() {
    let pgdeck = Running::start(&[], |_| {});
    let answer = pgdeck.post("/plan").body("plan=x").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 303);
}
