//! No verdict is green while an input of it is unknown: every page about a server, as seen by roles with
//! and without rights, on a primary, a standby, a server that has gone, one that stopped answering and one
//! on which nothing ever ran.

use std::time::Duration;

use model::NotChecked;

use crate::client::form_body;
use crate::in_process::InProcess;

/// The pages, each with the areas whose rules its verdict rests on (none: all).
const PAGES: [(&str, &str); 5] = [
    ("", ""),
    ("activity", "activity,locks"),
    ("locks", "locks"),
    ("replication", "replication"),
    ("statements", "statements"),
];

/// The classes of the verdict in a page's HTML.
fn verdict(html: &str) -> &str {
    let from = html.find("<p class=\"verdict ").expect("a verdict") + "<p class=\"verdict ".len();
    html[from..].split('"').next().unwrap()
}

/// A page once it has a reading, or says why there is none; within a minute.
async fn page(pgdeck: &InProcess, cookie: &str, server: &str, page: &str) -> String {
    let mut html = String::new();
    for _ in 0..600 {
        let answer = pgdeck.get(&format!("/s/{server}/{page}")).header("cookie", cookie);
        html = answer.send().await.unwrap().text().await.unwrap();
        if !["first reading is", "first readings are"].iter().any(|waits| html.contains(waits)) {
            return html;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{server}/{page} has no reading: {html}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_verdict_is_green_while_something_it_needs_is_unknown() {
    let mut primary = playground::server(17).await.unwrap();
    let standby = primary.standby("copy").await.unwrap();
    let roles = "create role watcher login password 'w'; grant pg_monitor to watcher;
                 create role stranger login password 's'";
    for sql in roles.split(';') {
        primary.exec(sql).await.unwrap();
    }
    let there = "select exists (select from pg_roles where rolname = 'stranger')";
    for _ in 0..600 {
        let mut connection = standby.connect().await.unwrap();
        if sqlx::query_scalar::<_, bool>(there).fetch_one(&mut connection).await.unwrap() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Somebody whom the stranger may not see.
    let mut idle = primary.connect().await.unwrap();
    sqlx::raw_sql("begin; select 1").execute(&mut idle).await.unwrap();
    let of =
        |server: &playground::Server, role, password| server.dsn_for(role, password, "postgres");
    // A superuser, pg_monitor and no right at all; the last two on the standby too.
    let dsns = [
        primary.dsn(),
        of(&primary, "watcher", "w"),
        of(&primary, "stranger", "s"),
        of(&standby, "watcher", "w"),
        of(&standby, "stranger", "s"),
    ];
    let pgdeck = InProcess::watching(&dsns, &[]).await;
    let cookie = pgdeck.sign_in_by_link().await;
    let servers = names(&pgdeck, &cookie).await;
    assert_eq!(servers.len(), dsns.len(), "{servers:?}");
    let mut green = Vec::new();
    for server in &servers {
        for (one, areas) in PAGES {
            if fine(&pgdeck, &cookie, server, (one, areas)).await {
                green.push(format!("{server}/{one}"));
            }
        }
    }
    // The test would prove nothing if nothing were ever green.
    assert!(!green.is_empty(), "no verdict is green where all is known");
    primary.crash().await;
    for server in servers.iter().take(3) {
        for (one, _) in PAGES {
            // Each page learns it from its own areas, each at its own pace.
            let mut html = page(&pgdeck, &cookie, server, one).await;
            for _ in 0..600 {
                if !verdict(&html).contains("fine") {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                html = page(&pgdeck, &cookie, server, one).await;
            }
            let said = verdict(&html);
            assert!(!said.contains("fine"), "{server}/{one} of a server that has gone: {said}");
        }
    }
}

/// Whether the page is green. What it needs is known then: before and after, for between the two questions a
/// busy machine may be too late to read it; a page that lies does so again and again.
async fn fine(pgdeck: &InProcess, cookie: &str, server: &str, (one, areas): (&str, &str)) -> bool {
    let mut lies = Vec::new();
    for _ in 0..20 {
        let before = blind(pgdeck, cookie, server, areas).await;
        let html = page(pgdeck, cookie, server, one).await;
        if !verdict(&html).contains("fine") {
            return false;
        }
        lies = [before, blind(pgdeck, cookie, server, areas).await].concat();
        if lies.is_empty() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("{server}/{one} is green: {lies:?}");
}

/// The verdict of the fleet page, which is about all servers.
async fn fleet(pgdeck: &InProcess, cookie: &str) -> String {
    let answer = pgdeck.get("/").header("cookie", cookie).send().await.unwrap();
    verdict(&answer.text().await.unwrap()).to_owned()
}

/// The tones of all pages of a server, and of the fleet page.
async fn tones(pgdeck: &InProcess, cookie: &str, server: &str) -> Vec<(&'static str, String)> {
    let mut tones = vec![("fleet", fleet(pgdeck, cookie).await)];
    for (one, _) in PAGES {
        let html = page(pgdeck, cookie, server, one).await;
        tones.push((one, verdict(&html).to_owned()));
    }
    tones
}

/// Asks until the tones are as wanted; within a minute.
async fn until_tones(
    pgdeck: &InProcess,
    cookie: &str,
    server: &str,
    wanted: impl Fn(&str, &str) -> bool,
) {
    let mut last = Vec::new();
    for _ in 0..300 {
        pgdeck.refresh(server);
        last = tones(pgdeck, cookie, server).await;
        if last.iter().all(|(page, tone)| wanted(page, tone)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{server}: {last:?}");
}

/// The page *Statements* has no green: that much was spent is neither good nor bad.
fn is_green(page: &str, tone: &str) -> bool {
    page == "statements" || tone.contains("fine")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_server_is_green_to_who_may_see_it_and_to_nobody_once_it_stops_answering() {
    // As PostgreSQL is installed: nothing loaded, nothing timed.
    let server = playground::ServerOptions::new(18).without_preload();
    let server = server.setting("track_io_timing", "off").start().await.unwrap();
    server.exec("create role watcher login password 'w' in role pg_monitor").await.unwrap();
    server.exec("create role stranger login password 's'").await.unwrap();
    let watcher = server.dsn_for("watcher", "w", "postgres");
    let pgdeck = InProcess::watching(&[server.dsn(), watcher], &[]).await;
    let cookie = pgdeck.sign_in_by_link().await;
    let servers = names(&pgdeck, &cookie).await;
    for name in &servers {
        until_tones(&pgdeck, &cookie, name, is_green).await;
    }
    // Every connection stays open, and nothing comes.
    server.freeze();
    for name in &servers {
        let known = |tone: &str| tone.contains("fine") || tone.contains("open");
        until_tones(&pgdeck, &cookie, name, |_, tone| !known(tone)).await;
    }
    // It answers again: what is green then was read then.
    server.thaw();
    for name in &servers {
        until_tones(&pgdeck, &cookie, name, is_green).await;
    }
    // Who sees nothing finds nothing, also where there is nothing.
    let stranger = [server.dsn_for("stranger", "s", "postgres")];
    let pgdeck = InProcess::watching(&stranger, &[]).await;
    let cookie = pgdeck.sign_in_by_link().await;
    let name = names(&pgdeck, &cookie).await.remove(0);
    for (one, areas) in PAGES {
        let html = page(&pgdeck, &cookie, &name, one).await;
        let is_blind = !blind(&pgdeck, &cookie, &name, areas).await.is_empty();
        assert!(!(is_blind && verdict(&html).contains("fine")), "{name}/{one}");
    }
    assert!(!fleet(&pgdeck, &cookie).await.contains("fine"));
}

/// The rules of these areas that could not be checked and will not be by waiting.
async fn blind(pgdeck: &InProcess, cookie: &str, server: &str, areas: &str) -> Vec<NotChecked> {
    let body = form_body(&[("server", server), ("areas", areas)]);
    let request = pgdeck.post("/api/findings").header("cookie", cookie).body(body);
    let answer = request.send().await.unwrap().text().await.unwrap();
    let judged: serde_json::Value = serde_json::from_str(&answer).expect(&answer);
    let judged = judged.get("Ok").unwrap_or(&judged);
    let all: Vec<NotChecked> = serde_json::from_value(judged[1].clone()).expect(&answer);
    all.into_iter().filter(NotChecked::is_blind).collect()
}

/// The names under which the servers are watched, in their order.
async fn names(pgdeck: &InProcess, cookie: &str) -> Vec<String> {
    let request = pgdeck.post_as("/api/navigation", crate::client::FORM).header("cookie", cookie);
    let answer = request.send().await.unwrap().text().await.unwrap();
    let navigation: serde_json::Value = serde_json::from_str(&answer).expect(&answer);
    let servers = navigation.pointer("/Ok/servers").or(navigation.get("servers"));
    let servers = servers.and_then(serde_json::Value::as_array).expect(&answer);
    let mut names: Vec<_> =
        servers.iter().map(|server| server["id"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}
