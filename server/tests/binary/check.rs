//! `pgdeck check` against real servers: exit codes and the shape of its JSON.

use serde_json::Value;

use crate::common::{pgdeck, run};

#[tokio::test]
async fn a_healthy_server_is_fine() {
    let server = playground::server(18).await.unwrap();
    let dsn = server.dsn();
    let output =
        tokio::task::spawn_blocking(move || run(&["check", &dsn, "--json"])).await.unwrap();
    assert_eq!(output.0, 0, "{output:?}");
    let report: Value = serde_json::from_str(&output.1).unwrap();
    assert_eq!(report["major"], 18);
    assert_eq!(report["findings"], Value::Array(vec![]));
    let unchecked: Vec<_> = report["not_checked"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["rule"].as_str().unwrap())
        .collect();
    // Ten minutes have not passed, and the server keeps no statement statistics.
    assert_eq!(unchecked, engine::rules::JUDGED_OVER_TIME);
}

#[tokio::test]
async fn what_pgdeck_cannot_see_is_not_fine() {
    let server = playground::server(18).await.unwrap();
    server.exec("create role blind login password 'a'").await.unwrap();
    let dsn = server.dsn_for("blind", "a", "postgres");
    let checked = move |arguments: Vec<String>| {
        let dsn = dsn.clone();
        tokio::task::spawn_blocking(move || {
            let mut all = vec!["check", &dsn];
            all.extend(arguments.iter().map(String::as_str));
            run(&all)
        })
    };
    let (json, text) = tokio::join!(checked(vec!["--json".into()]), checked(vec![]));
    let (code, json, _) = json.unwrap();
    assert_eq!(code, 3, "{json}");
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["findings"], Value::Array(vec![]));
    let (code, text, message) = text.unwrap();
    assert_eq!((code, message.as_str()), (3, ""));
    assert!(
        text.contains("not checked: ") && text.contains("grant pg_monitor to \"blind\";"),
        "{text}"
    );
    let last = text.lines().last().unwrap();
    assert!(last.contains("no findings, but ") && last.contains("could not be checked"), "{text}");
    // Who knows that can say so.
    let missed = report["not_checked"].as_array().unwrap().iter();
    let accepted = missed.flat_map(|one| {
        ["--accept-unchecked".to_owned(), one["rule"].as_str().unwrap().to_owned()]
    });
    let (code, text, _) = checked(accepted.collect()).await.unwrap();
    assert_eq!(code, 0, "{text}");
}

#[tokio::test]
async fn a_server_that_lets_nobody_in_is_critical() {
    let server = playground::ServerOptions::new(17)
        .setting("max_connections", "6")
        .setting("superuser_reserved_connections", "1")
        .start()
        .await
        .unwrap();
    server.exec("create role reader login password 'a' in role pg_monitor").await.unwrap();
    let mut held = Vec::new();
    while let Ok(connection) = server.connect().await {
        held.push(connection);
    }
    let dsn = server.dsn_for("reader", "a", "postgres");
    let both = tokio::task::spawn_blocking(move || {
        (run(&["check", &dsn]), run(&["check", &dsn, "--json"]))
    });
    let ((code, text, _), (json_code, json, _)) = both.await.unwrap();
    assert_eq!((code, json_code), (2, 2), "{text}");
    assert!(text.starts_with("critical: No new connection is accepted."), "{text}");
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["findings"][0]["severity"], "critical");
    assert_eq!(report["not_checked"][0]["rule"], "*");
}

/// A server of which nearly all connections are held.
async fn crowded(major: u16) -> (playground::Server, Vec<sqlx::PgConnection>) {
    let options = playground::ServerOptions::new(major).setting("max_connections", "12");
    let server = options.start().await.unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(server.connect().await.unwrap());
    }
    (server, held)
}

#[tokio::test]
async fn a_server_out_of_connections_is_critical() {
    let (server, _held) = crowded(14).await;
    let dsn = server.dsn();
    let output =
        tokio::task::spawn_blocking(move || run(&["check", &dsn, "--json"])).await.unwrap();
    assert_eq!(output.0, 2, "{output:?}");
    let report: Value = serde_json::from_str(&output.1).unwrap();
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "activity/connection_use");
    for key in ["severity", "object", "says", "evidence", "remedy"] {
        assert!(!finding[key].is_null(), "{key}");
    }
}

#[tokio::test]
async fn each_format_says_the_same_with_the_same_exit_code() {
    let (server, _held) = crowded(17).await;
    let formats = ["--json", "--markdown", "--junit", "--nagios"].map(|format| {
        let dsn = server.dsn();
        tokio::task::spawn_blocking(move || run(&["check", &dsn, format]))
    });
    let mut said = Vec::new();
    for format in formats {
        let (code, text, message) = format.await.unwrap();
        assert_eq!((code, message.as_str()), (2, ""), "{text}");
        said.push(text);
    }
    let [json, markdown, junit, nagios] = said.try_into().unwrap();
    let report: Value = serde_json::from_str(&json).unwrap();
    let message = report["findings"][0]["says"].as_str().unwrap();
    assert!(
        markdown.contains("\n## Critical\n\n### ")
            && markdown.contains("`activity/connection_use`")
    );
    assert!(nagios.starts_with("PGDECK CRITICAL - "), "{nagios}");
    assert!(nagios.lines().next().unwrap().contains(" | critical=1;;1 "), "{nagios}");
    // The server's first finding, in the words of each.
    let words = message.split(' ').next().unwrap();
    assert!([&markdown, &junit, &nagios].iter().all(|text| text.contains(words)), "{words}");
    let cases = junit.matches("<testcase ").count();
    assert!(junit.contains(&format!(" tests=\"{cases}\" failures=\"1\" ")), "{junit}");
    assert_eq!(junit.matches("<failure type=\"critical\"").count(), 1, "{junit}");
    // Each rule has its place, those that are judged over time as skipped.
    let rules = engine::areas::abouts().map(|(rule, _)| rule);
    for (area, name) in rules.map(|rule| rule.split_once('/').unwrap()) {
        assert!(junit.contains(&format!("classname=\"{area}\" name=\"{name}")), "{area}/{name}");
    }
    let (code, _, message) = run(&["check", "--json", "--junit"]);
    assert!(code == 64 && message.contains("cannot be used with"), "{message}");
}

/// What `pgdeck check` says to a person and to a program.
#[derive(Debug)]
struct Checked {
    code: i32,
    text: String,
    message: String,
    report: Value,
}

impl Checked {
    /// Looks, as a person and as a program at the same time.
    async fn of(dsn: String) -> Self {
        let (one, other) = (dsn.clone(), dsn);
        let text = tokio::task::spawn_blocking(move || run(&["check", &one]));
        let json = tokio::task::spawn_blocking(move || run(&["check", &other, "--json"]));
        let ((code, text, message), (json_code, json, _)) =
            (text.await.unwrap(), json.await.unwrap());
        assert_eq!(code, json_code, "{text}{message}{json}");
        let report = serde_json::from_str(&json).expect(&json);
        Self { code, text, message, report }
    }

    /// The rules that may have missed something.
    fn blind(&self) -> Vec<&Value> {
        let missed = self.report["not_checked"].as_array().unwrap().iter();
        let reason = |one: &Value| -> model::Reason {
            serde_json::from_value(one["reason"].clone()).unwrap()
        };
        missed.filter(|one| reason(one).is_blind()).map(|one| &one["rule"]).collect()
    }

    /// Never fine while something is unknown, in no place.
    fn assert_true(&self, who: &str) {
        let is_known = self.blind().is_empty() && self.report["major"].is_number();
        assert!(is_known || self.code != 0, "{who}: {self:?}");
        let says_fine = self.text.lines().any(|line| line.ends_with(": no findings."));
        assert!(is_known || !says_fine, "{who}: {self:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_looks_at_whatever_fine_means_that_all_is_known() {
    let mut primary = playground::server(17).await.unwrap();
    let standby = primary.standby("copy").await.unwrap();
    // As PostgreSQL is installed: nothing loaded, nothing timed.
    let empty = playground::ServerOptions::new(18).without_preload();
    let empty = empty.setting("track_io_timing", "off").start().await.unwrap();
    for server in [&primary, &empty] {
        server.exec("create role watcher login password 'w' in role pg_monitor").await.unwrap();
        server.exec("create role stranger login password 's'").await.unwrap();
    }
    let of =
        |server: &playground::Server, role, password| server.dsn_for(role, password, "postgres");
    // What is there is seen by those who may, and it is fine; who may not does not know.
    let looks = [
        ("superuser", primary.dsn(), 0),
        ("pg_monitor", of(&primary, "watcher", "w"), 0),
        ("no grant", of(&primary, "stranger", "s"), 3),
        ("pg_monitor on the standby", of(&standby, "watcher", "w"), 0),
        ("no grant on the standby", of(&standby, "stranger", "s"), 3),
        ("superuser of an empty server", empty.dsn(), 0),
        ("pg_monitor of an empty server", of(&empty, "watcher", "w"), 0),
        ("no grant on an empty server", of(&empty, "stranger", "s"), 3),
    ];
    let mut all = tokio::task::JoinSet::new();
    for (who, dsn, code) in looks {
        all.spawn(async move { (who, Checked::of(dsn).await, code) });
    }
    for (who, checked, code) in all.join_all().await {
        checked.assert_true(who);
        assert_eq!(checked.code, code, "{who}: {checked:?}");
        assert_eq!(checked.blind().is_empty(), code == 0, "{who}: {checked:?}");
    }
    // One that accepts connections and never answers, and one where nobody listens.
    empty.freeze();
    let (hangs, gone) = (empty.dsn(), primary.dsn());
    primary.crash().await;
    let (hangs, gone) = tokio::join!(Checked::of(hangs), Checked::of(gone));
    for (who, checked) in [("hangs", hangs), ("gone", gone)] {
        checked.assert_true(who);
        assert_eq!((checked.code, checked.text.as_str()), (3, ""), "{who}: {checked:?}");
        assert!(!checked.message.is_empty(), "{who}");
        assert_eq!(checked.report["not_checked"][0]["rule"], "*", "{who}");
    }
    // The standby lives on, and says that it is cut off.
    let alone = Checked::of(of(&standby, "watcher", "w")).await;
    alone.assert_true("a standby without its primary");
    assert_eq!(alone.code, 2, "{alone:?}");
}

#[test]
fn a_server_that_is_down_is_not_checked() {
    let (code, _, message) = run(&["check", crate::common::UNREACHABLE]);
    assert_eq!(code, 3, "{message}");
    assert!(!message.contains("hunter2"));
}

#[test]
fn troubles_are_listed_and_misspelled_ones_named() {
    let (code, list, _) = run(&["demo", "--list"]);
    assert_eq!(code, 0);
    assert!(list.contains("blocked-chain") && list.contains("standby-behind"), "{list}");
    let output = pgdeck(&["demo", "--trouble", "blocked-chains"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("blocked-chain,"));
}

/// What the README advises against a full log does what it promises.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the settings of a role apply at its sign-in")]
async fn a_role_can_be_kept_out_of_the_log() {
    use sqlx::Connection as _;
    let readme = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"));
    let blocks = readme.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next());
    let advice = blocks.into_iter().find(|sql| sql.contains("log_statement")).unwrap();
    let server = playground::ServerOptions::new(17)
        .setting("log_statement", "all")
        .setting("log_min_duration_statement", "0")
        .start()
        .await
        .unwrap();
    server.exec("create role pgdeck login password 'a' in role pg_monitor").await.unwrap();
    let asked = async |mark: &str| {
        let dsn = server.dsn_for("pgdeck", "a", "postgres");
        let mut connection = sqlx::PgConnection::connect(&dsn).await.unwrap();
        let sql = format!("select 1 as {mark}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    };
    asked("before_it").await;
    server.exec(advice).await.unwrap();
    asked("after_it").await;
    server.exec("select 'the end'").await.unwrap();
    let log = server.log();
    assert!(log.contains("before_it") && log.contains("the end"), "{log}");
    assert!(!log.contains("after_it"), "{log}");
}
