//! Permissions of every route, page, server function and event stream: each entry of the route table is
//! called as each role and without a session. An entry without a declared permission fails here.

use model::{ApiError, Role};
use reqwest::Response;
use server::http::routes;

use crate::client::{FORM, PASSWORD, cookie, location, with_token};
use crate::in_process::InProcess;

/// Users: name, roles, servers they may see (none: all), the permissions held, and whether on `shop`.
pub type TestUser =
    (&'static str, &'static [Role], &'static [&'static str], &'static [&'static str], bool);
pub const USERS: [TestUser; 5] = [
    ("viewer", &[Role::Viewer], &[], &["see"], true),
    ("analyst", &[Role::Analyst], &[], &["see", "explain"], true),
    ("operator", &[Role::Operator], &[], &["see", "explain", "audit", "act"], true),
    ("admin", &[Role::Admin], &[], &["see", "audit"], true),
    ("outsider", &[Role::Operator], &["other"], &["see", "explain", "audit", "act"], false),
];
const ASK: &str =
    r#"{"action":"cancel","targets":[{"Session":{"pid":1,"backend_start_ms":1}}],"twice":false}"#;
const TARGET: &str = r#"{"database":"","schema":"","relation":""}"#;
const RUN: &str = "00112233445566778899aabbccddeeff";
const SHEET: &str = r#"{"server":"shop","database":"","statement":"select 1","values":[],"analyze":false,"dml":false,"functions":false,"options":{}}"#;
const JSON: &str = "application/json";

/// Content type and body that an entry is called with. Most functions take a server or nothing; those
/// that take more are listed.
pub fn body(path: &str) -> (&'static str, String) {
    match path {
        "/api/act_preview" => (JSON, format!(r#"{{"server":"shop","ask":{ASK}}}"#)),
        "/api/act" => (
            "application/json",
            format!(r#"{{"server":"shop","confirmed":{{"ask":{ASK},"token":"","reason":""}}}}"#),
        ),
        "/api/explain_preview" => (JSON, format!(r#"{{"sheet":{SHEET}}}"#)),
        "/api/explain_run" => (JSON, format!(r#"{{"run":"{RUN}","sheet":{SHEET}}}"#)),
        "/api/explain_cancel" => (JSON, format!(r#"{{"server":"shop","run":"{RUN}"}}"#)),
        "/api/explain_catalog" => {
            (JSON, r#"{"server":"shop","database":"","tables":[]}"#.to_owned())
        }
        "/api/locks" => (
            FORM,
            "server=shop&ask[view]=&ask[q]=&ask[pid]=&ask[open]=&ask[sort]=&ask[page]=0".into(),
        ),
        "/api/ranking" => (JSON, r#"{"server":"shop","question":{}}"#.to_owned()),
        "/api/tables" => (JSON, r#"{"server":"shop","question":{}}"#.to_owned()),
        "/api/table" => (JSON, r#"{"server":"shop","name":{},"range":""}"#.to_owned()),
        "/api/columns" => (JSON, r#"{"server":"shop","name":{},"compare":true}"#.to_owned()),
        "/api/indexes" => (JSON, r#"{"server":"shop","question":{}}"#.to_owned()),
        "/api/index" => (JSON, r#"{"server":"shop","name":{},"range":""}"#.to_owned()),
        "/api/statement" => (JSON, r#"{"server":"shop","queryid":"1","question":{}}"#.to_owned()),
        "/api/vacuum" => (JSON, r#"{"server":"shop","asked":{}}"#.to_owned()),
        "/api/findings" => (FORM, "server=shop&areas=".into()),
        "/api/charts" => (FORM, "server=shop&page=overview&range=".into()),
        "/api/overview" | "/api/activity" | "/api/replication" | "/api/events" | "/api/io" => {
            (FORM, "server=shop&range=".into())
        }
        "/api/load" => (FORM, "server=shop&range=&by=".into()),
        "/api/fleet_past" => (FORM, "range=".into()),
        "/api/audit" => (FORM, "query[text]=&query[before]=0".into()),
        "/api/measure_offers" => (JSON, format!(r#"{{"server":"shop","target":{TARGET}}}"#)),
        "/api/measure" => {
            let budget = r#"{"bytes":1,"time_ms":1}"#;
            let request = format!(r#"{{"target":{TARGET},"method":"tuples","budget":{budget}}}"#);
            (JSON, format!(r#"{{"server":"shop","request":{request}}}"#))
        }
        "/api/buffer_cache" => (FORM, "server=shop&database=&detail=summary".into()),
        "/s/{server}/io" => (FORM, "database=&detail=summary".into()),
        "/api/inspect" => (JSON, r#"{"server":"shop","asked":{}}"#.to_owned()),
        "/s/{server}/measure" => (FORM, "relation=t&method=tuples".into()),
        "/api/suggestions" | "/api/suggest_indexes" => {
            (JSON, r#"{"server":"shop","question":{}}"#.to_owned())
        }
        "/api/what_if" => {
            let asked = r#"{"changes":"create index on t (a)","statement":""}"#;
            (JSON, format!(r#"{{"server":"shop","question":{{}},"asked":{asked}}}"#))
        }
        "/s/{server}/refresh" => (FORM, "to=/s/shop/tables".into()),
        "/s/{server}/suggestions" => (FORM, "ask=suggest".into()),
        "/api/statement_plan" => {
            (JSON, r#"{"server":"shop","queryid":"1","database":"shop"}"#.to_owned())
        }
        "/s/{server}/statements/{queryid}" => (FORM, "database=shop".into()),
        "/s/{server}/act" => (FORM, "action=cancel&target=1%401".into()),
        "/plan" => (FORM, "plan=&other=".into()),
        "/login" => (FORM, "name=x&password=y".into()),
        "/logout" => (FORM, String::new()),
        other => {
            assert!(other.starts_with("/api/"), "name the body that {other} is called with here");
            // What a function does not take is ignored.
            (FORM, "server=shop".into())
        }
    }
}

/// How an entry responded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Allowed,
    SignInRequired,
    Forbidden,
    NotFound,
}

pub async fn answer(response: Response) -> Answer {
    let (status, to_sign_in) =
        (response.status().as_u16(), location(&response).starts_with("/sign-in?next="));
    let kind = response.headers().get("content-type");
    let is_stream = kind.is_some_and(|kind| kind == "text/event-stream");
    let text = if is_stream { String::new() } else { response.text().await.unwrap() };
    // A server function returns its error as JSON.
    match serde_json::from_str::<ApiError>(&text) {
        Ok(ApiError::Forbidden { .. }) => return Answer::Forbidden,
        Ok(ApiError::NotFound) => return Answer::NotFound,
        Ok(ApiError::SignedOut) => return Answer::SignInRequired,
        _ => {}
    }
    match status {
        401 => Answer::SignInRequired,
        303 if to_sign_in => Answer::SignInRequired,
        403 => Answer::Forbidden,
        404 => Answer::NotFound,
        _ => Answer::Allowed,
    }
}

/// The address that an entry is called at.
pub fn place(path: &str) -> String {
    match path {
        "/live" => "/live?server=shop&area=activity".into(),
        _ => path.replace("{server}", "shop").replace(":server", "shop").replace("{queryid}", "1"),
    }
}

async fn call(pgdeck: &InProcess, method: &str, path: &str, cookie: Option<&str>) -> Answer {
    let place = place(path);
    let mut request = match method {
        "GET" => pgdeck.get(&place),
        "POST" => {
            let (kind, body) = body(path);
            let is_form = !path.starts_with("/api/");
            let body = match cookie.filter(|_| is_form) {
                Some(cookie) => with_token(cookie, body),
                None => body,
            };
            pgdeck.post_as(&place, kind).body(body)
        }
        other => panic!("no way to call with {other}"),
    };
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    answer(request.send().await.unwrap()).await
}

/// The response that a user with these permissions must get.
pub fn expected(access: &str, user: Option<(&[&str], bool)>) -> Answer {
    if access == "public" {
        return Answer::Allowed;
    }
    let Some((permissions, on_shop)) = user else { return Answer::SignInRequired };
    let on_server = access.strip_suffix(" on server");
    if on_server.is_some() && !on_shop {
        return Answer::NotFound;
    }
    if permissions.contains(&on_server.unwrap_or(access)) {
        Answer::Allowed
    } else {
        Answer::Forbidden
    }
}

#[tokio::test]
async fn every_entry_requires_the_permission_it_declares() {
    let mut entries = routes::all();
    // Signing out ends the session, so it comes last.
    entries.sort_by_key(|(_, path, _)| path == "/logout");
    assert!(entries.len() > 30, "{} entries: the list no longer sees them", entries.len());
    let users = USERS.map(|(name, roles, servers, ..)| (name, roles, servers));
    let pgdeck = InProcess::start(&users).await;
    let mut cookies = Vec::new();
    for (name, ..) in USERS {
        cookies.push(cookie(&pgdeck.sign_in(name, PASSWORD).await));
    }
    let mut faults = Vec::new();
    let mut calls = 0;
    for (method, path, access) in &entries {
        let Some(access) = access.map(|access| access.to_string()) else {
            faults.push(format!("{method} {path} declares no permission"));
            continue;
        };
        // Authorised by the handler: its own tests. Assets: a test build has none.
        if access == "custom" || path.contains("{*") || path.starts_with("/favicon") {
            continue;
        }
        let found = call(&pgdeck, method, path, None).await;
        if found != expected(&access, None) {
            faults.push(format!("{method} {path} ({access}) without a session: {found:?}"));
        }
        calls += 1;
        // Rate-limited to ten attempts a minute, and meant for users who are not signed in.
        if (method.as_str(), path.as_str()) == ("POST", "/login") {
            continue;
        }
        for ((name, _, _, permissions, on_shop), cookie) in USERS.iter().zip(&cookies) {
            let found = call(&pgdeck, method, path, Some(cookie)).await;
            if found != expected(&access, Some((permissions, *on_shop))) {
                faults.push(format!("{method} {path} ({access}) as {name}: {found:?}"));
            }
            calls += 1;
        }
    }
    assert!(faults.is_empty(), "{} of {calls}:\n{}", faults.len(), faults.join("\n"));
    println!("{calls} calls of {} entries", entries.len());
}

/// Actions need POST: a GET executes nothing, whatever its query.
#[tokio::test]
async fn get_executes_no_action() {
    let pgdeck = InProcess::start(&[("operator", &[Role::Operator], &[])]).await;
    let cookie = cookie(&pgdeck.sign_in("operator", PASSWORD).await);
    for path in [
        "/s/shop/act?step=act&action=terminate&target=1%401&token=x",
        "/api/act?server=shop",
        "/api/act_preview?server=shop",
    ] {
        let page = pgdeck.get(path).header("cookie", &cookie).send().await.unwrap();
        let text = page.text().await.unwrap();
        assert!(!text.contains("act-results") && !text.contains("act-preview"), "{path}: {text}");
    }
}
