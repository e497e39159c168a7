//! Every route, page, server function and stream, knocked on as everybody: who may pass is what the
//! program itself lists (`pgdeck doors`), and a door that declares nothing fails here.

use model::ApiError;
use reqwest::Response;

use crate::common::{Running, add_user, cookie, location, run};

const PASSWORD: &str = "correct horse battery";
/// Who knocks: name, arguments of `pgdeck user add`, the rights held, and whether on the server `shop`.
const PEOPLE: [(&str, &[&str], &[&str], bool); 5] = [
    ("viewer", &["--role", "viewer"], &["see"], true),
    ("analyst", &["--role", "analyst"], &["see", "explain"], true),
    ("operator", &["--role", "operator"], &["see", "explain", "audit", "act"], true),
    ("admin", &["--role", "admin"], &["see", "audit"], true),
    (
        "outsider",
        &["--role", "operator", "--server", "other"],
        &["see", "explain", "audit", "act"],
        false,
    ),
];
const ASK: &str =
    r#"{"action":"cancel","targets":[{"Session":{"pid":1,"backend_start_ms":1}}],"twice":false}"#;
const RUN: &str = "00112233445566778899aabbccddeeff";
const SHEET: &str = r#"{"server":"shop","database":"","statement":"select 1","values":[],"analyze":false,"dml":false,"functions":false,"options":{}}"#;
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What a door is knocked on with: content type and body. A new function is added here.
fn body(path: &str) -> (&'static str, String) {
    match path {
        "/api/act_preview" => ("application/json", format!(r#"{{"server":"shop","ask":{ASK}}}"#)),
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
        "/api/explain_servers" => (FORM, String::new()),
        "/api/locks" => (
            FORM,
            "server=shop&ask[view]=&ask[q]=&ask[pid]=&ask[open]=&ask[sort]=&ask[page]=0".into(),
        ),
        "/api/charts" => (FORM, "server=shop&page=overview".into()),
        "/api/audit" => (FORM, "query[text]=&query[before]=0".into()),
        "/api/overview" | "/api/findings" | "/api/activity" | "/api/replication"
        | "/api/topology" | "/api/navigation" => (FORM, "server=shop".into()),
        "/api/rules" | "/api/about" | "/api/sign_in_info" => (FORM, String::new()),
        "/s/{server}/act" => (FORM, "action=cancel&target=1%401".into()),
        "/plan" => (FORM, "plan=&other=".into()),
        "/login" => (FORM, "name=x&password=y".into()),
        "/logout" => (FORM, String::new()),
        other => panic!("say here what {other} is knocked on with"),
    }
}

/// How a door answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Passed,
    SignInFirst,
    NotAllowed,
    NotThere,
}

async fn answer(response: Response) -> Answer {
    let (status, to_sign_in) =
        (response.status().as_u16(), location(&response).starts_with("/sign-in?next="));
    let kind = response.headers().get("content-type");
    let is_stream = kind.is_some_and(|kind| kind == "text/event-stream");
    let text = if is_stream { String::new() } else { response.text().await.unwrap() };
    // A server function answers its error as JSON.
    match serde_json::from_str::<ApiError>(&text) {
        Ok(ApiError::Forbidden { .. }) => return Answer::NotAllowed,
        Ok(ApiError::NotFound) => return Answer::NotThere,
        Ok(ApiError::SignedOut) => return Answer::SignInFirst,
        _ => {}
    }
    match status {
        401 => Answer::SignInFirst,
        303 if to_sign_in => Answer::SignInFirst,
        403 => Answer::NotAllowed,
        404 => Answer::NotThere,
        _ => Answer::Passed,
    }
}

async fn knock(pgdeck: &Running, method: &str, path: &str, cookie: Option<&str>) -> Answer {
    let place = path.replace("{server}", "shop").replace(":server", "shop");
    let place = match path {
        "/live" => "/live?server=shop&area=activity".into(),
        _ => place,
    };
    let mut request = match method {
        "GET" => pgdeck.get(&place),
        "POST" => {
            let (kind, body) = body(path);
            pgdeck.plain_post(&place).header("content-type", kind).body(body)
        }
        other => panic!("how does one knock with {other}?"),
    };
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    answer(request.send().await.unwrap()).await
}

/// What somebody who holds these rights is to get.
fn expected(needs: &str, person: Option<(&[&str], bool)>) -> Answer {
    if needs == "nothing" {
        return Answer::Passed;
    }
    let Some((rights, on_shop)) = person else { return Answer::SignInFirst };
    let on_server = needs.strip_suffix(" on server");
    if on_server.is_some() && !on_shop {
        return Answer::NotThere;
    }
    if rights.contains(&on_server.unwrap_or(needs)) { Answer::Passed } else { Answer::NotAllowed }
}

#[tokio::test]
async fn every_door_asks_everybody_for_what_it_declares() {
    let (code, doors, says) = run(&["doors"]);
    assert_eq!(code, 0, "{says}");
    let mut doors: Vec<Vec<&str>> = doors.lines().map(|line| line.split('\t').collect()).collect();
    // Who has left is nobody: this door comes last.
    doors.sort_by_key(|door| door.contains(&"/logout"));
    assert!(doors.len() > 30, "{} doors: the list no longer sees them", doors.len());
    let pgdeck = Running::start(&[], |data_dir| {
        for (name, more, ..) in PEOPLE {
            add_user(data_dir, name, more);
        }
    });
    let mut cookies = Vec::new();
    for (name, ..) in PEOPLE {
        cookies.push(cookie(&pgdeck.sign_in(name, PASSWORD).await));
    }
    let mut faults = Vec::new();
    let mut knocks = 0;
    for door in &doors {
        let [method, path, needs] = door[..] else { panic!("{door:?}") };
        if needs == "undeclared" {
            faults.push(format!("{method} {path} declares no right"));
            continue;
        }
        // A token or a request from this machine: its own tests. Files: there are none in a test.
        if needs == "own" || path.contains("{*") || path.starts_with("/favicon") {
            continue;
        }
        let found = knock(&pgdeck, method, path, None).await;
        if found != expected(needs, None) {
            faults.push(format!("{method} {path} ({needs}) as nobody: {found:?}"));
        }
        knocks += 1;
        // More tries than ten a minute would be braked; the form is for those not signed in.
        if (method, path) == ("POST", "/login") {
            continue;
        }
        for ((name, _, rights, on_shop), cookie) in PEOPLE.iter().zip(&cookies) {
            let found = knock(&pgdeck, method, path, Some(cookie)).await;
            if found != expected(needs, Some((rights, *on_shop))) {
                faults.push(format!("{method} {path} ({needs}) as {name}: {found:?}"));
            }
            knocks += 1;
        }
    }
    assert!(faults.is_empty(), "{} of {knocks}:\n{}", faults.len(), faults.join("\n"));
    println!("{knocks} knocks on {} doors", doors.len());
}

/// No action by GET, whatever it carries.
#[tokio::test]
async fn nothing_is_done_by_get() {
    let pgdeck = Running::start(&[], |data_dir| {
        add_user(data_dir, "operator", &["--role", "operator"]);
    });
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
