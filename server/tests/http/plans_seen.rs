//! Plans of a statement on its page: who sees them, and who may have it planned at once, with and without
//! JavaScript.

use std::path::Path;
use std::time::Duration;

use engine::now_ms;
use history::{Entity, History, Metric, Point, Settings, Source, StatementText};
use model::Role;

use crate::client::{FORM, PASSWORD, UNREACHABLE, cookie, location};
use crate::in_process::InProcess;

const JSON: &str = "application/json";
const PAGE: &str = "/s/local/statements/42?range=15m";
const PLAN: &str = "Seq Scan on orders";

/// A store in which the statements 42 and 43 ran a minute ago, of which 43 may not be planned.
async fn seeded(data_dir: &Path, cluster: &str) {
    std::fs::create_dir_all(data_dir).unwrap();
    let settings = Settings { background: false, ..Settings::default() };
    let past = History::open(&data_dir.join("history.sqlite"), settings).await.unwrap();
    let at_ms = now_ms() - 60_000;
    let texts = [
        ("42", "select * from orders where note = $1"),
        ("43", "select * from hidden where id = 1"),
    ];
    let points = texts.iter().flat_map(|(id, _)| {
        let labels =
            [("database", "postgres"), ("queryid", *id), ("role", "app"), ("toplevel", "true")];
        let entity = Entity::of(labels);
        ["calls", "exec_time"].map(|name| Point::new(&entity, Metric::increment(name), 5.0))
    });
    let source = Source::new(cluster.to_owned(), "local", "statements");
    past.recorder().append(&source, at_ms, 10_000, points.collect());
    for (key, text) in texts {
        past.recorder().text(StatementText {
            cluster: cluster.to_owned(),
            key: key.to_owned(),
            text: text.to_owned(),
            fingerprint: String::new(),
            first_ms: at_ms,
            last_ms: at_ms,
        });
    }
    past.close().await.unwrap();
}

struct Bench {
    pgdeck: InProcess,
    _server: playground::Server,
}

impl Bench {
    async fn start() -> Self {
        let server = playground::server(18).await.unwrap();
        for sql in [
            "create role watcher login password 'w'; grant pg_monitor to watcher",
            "create table orders (id int, note text); create table hidden (id int); grant select on orders to watcher",
        ] {
            server.exec(sql).await.unwrap();
        }
        let mut connection = server.connect().await.unwrap();
        let cluster = "select system_identifier::text from pg_control_system()";
        let cluster: String = sqlx::query_scalar(cluster).fetch_one(&mut connection).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        seeded(&folder.path().join("data"), &cluster).await;
        let accounts: [(&str, &[Role], &[&str]); 4] = [
            ("operator", &[Role::Operator], &[]),
            ("analyst", &[Role::Analyst], &[]),
            ("viewer", &[Role::Viewer], &[]),
            ("admin", &[Role::Admin], &[]),
        ];
        let dsns = [server.dsn_for("watcher", "w", "postgres"), UNREACHABLE.to_owned()];
        let pgdeck = InProcess::watching_in(folder, &dsns, &accounts).await;
        Self { pgdeck, _server: server }
    }

    async fn page(&self, cookie: &str, path: &str) -> String {
        let page = self.pgdeck.get(path).header("cookie", cookie).send().await.unwrap();
        page.text().await.unwrap()
    }

    /// The page once it knows the statement and the server, within twenty seconds.
    async fn until(&self, cookie: &str, path: &str, wanted: &str) -> String {
        let mut html = String::new();
        for _ in 0..200 {
            html = self.page(cookie, path).await;
            if html.contains(wanted) {
                return html;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path} never has {wanted}: {html}");
    }

    /// Sends the form.
    async fn planned(&self, cookie: &str, path: &str) -> (u16, String) {
        let form = self.pgdeck.form(path, cookie, "database=postgres");
        let answer = form.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Calls the server function.
    async fn called(&self, cookie: &str, server: &str) -> (u16, String) {
        let body = format!(r#"{{"server":"{server}","queryid":"42","database":"postgres"}}"#);
        let call = self.pgdeck.post_as("/api/statement_plan", JSON).header("cookie", cookie);
        let answer = call.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_are_for_those_who_see_statements_and_planning_for_those_who_explain() {
    let bench = Bench::start().await;
    let mut cookies = Vec::new();
    for name in ["operator", "analyst", "viewer", "admin"] {
        cookies.push(cookie(&bench.pgdeck.sign_in(name, PASSWORD).await));
    }
    let [operator, analyst, viewer, admin] = &cookies[..] else { panic!("four") };

    let before = bench.until(operator, PAGE, "not executed, and recorded").await;
    assert!(
        before.contains("No plan has been seen yet") && before.contains("Plan it now"),
        "{before}"
    );
    // Nobody else, and nothing is sent for them.
    for cookie in [viewer, admin] {
        assert_eq!(bench.planned(cookie, PAGE).await.0, 403);
        let (status, answer) = bench.called(cookie, "local").await;
        assert!(status == 403 && answer.contains("Forbidden"), "{answer}");
    }
    let (status, answer) = bench.planned("", PAGE).await;
    assert!(status == 401 || status == 303, "{answer}");
    assert_eq!(bench.called("", "local").await.0, 401);
    let page = bench.pgdeck.get(PAGE).send().await.unwrap();
    assert!(location(&page).starts_with("/sign-in"), "{page:?}");
    assert!(bench.page(operator, PAGE).await.contains("No plan has been seen yet"));

    let (status, after) = bench.planned(operator, PAGE).await;
    assert_eq!(status, 200, "{after}");
    assert!(after.contains(PLAN) && after.contains("Plans had at"), "{after}");
    // The common value of a column that was never analysed: why, beside the plan without values.
    assert!(after.contains("There is no common value of column note"), "{after}");
    let (status, answer) = bench.called(analyst, "local").await;
    assert!(status == 200 && answer.contains(PLAN), "{answer}");
    for cookie in [operator, analyst] {
        assert!(bench.page(cookie, PAGE).await.contains(PLAN));
    }
    for cookie in [viewer, admin] {
        let html = bench.page(cookie, PAGE).await;
        assert!(html.contains("Plans are for those who may see"), "{html}");
        assert!(!html.contains(PLAN) && !html.contains("Plan it now"), "{html}");
        let body = r#"{"server":"local","queryid":"42","question":{}}"#;
        let call = bench.pgdeck.post_as("/api/statement", JSON).header("cookie", cookie).body(body);
        let answer = call.send().await.unwrap().text().await.unwrap();
        assert!(!answer.contains("orders") && !answer.contains("Seq Scan"), "{answer}");
    }
    refused(&bench, operator).await;
    recorded(&bench, operator).await;
}

/// What cannot be planned says why: on the page, or after it was tried.
async fn refused(bench: &Bench, operator: &str) {
    let (_, hidden) = bench.planned(operator, "/s/local/statements/43").await;
    assert!(hidden.contains("the table public.hidden"), "{hidden}");
    let unknown = bench.page(operator, "/s/local/statements/44").await;
    assert!(unknown.contains("The text of the statement is not known."), "{unknown}");
    assert!(unknown.contains("disabled"), "{unknown}");
    let (status, answer) = bench.called(operator, "shop").await;
    assert!(status != 200 && answer.contains("Declined"), "{answer}");
    let gone = bench.page(operator, "/s/shop/statements/42").await;
    let button = gone.split("class=\"statement-now\"").nth(1).unwrap_or_default();
    assert!(button.contains("disabled") && button.contains("plan-now-why"), "{gone}");
    let (_, no_number) = bench.planned(operator, "/s/local/statements/x").await;
    assert!(!no_number.contains("Plans had at"), "{no_number}");
}

/// Who had what planned is in the audit log, as of every EXPLAIN.
async fn recorded(bench: &Bench, operator: &str) {
    let call = bench.pgdeck.post_as("/api/audit", FORM).header("cookie", operator);
    let log = call.body("query[text]=&query[before]=0").send().await.unwrap().text().await.unwrap();
    for part in [
        "\"explain\"",
        "statement 42 in database postgres",
        "select * from orders where note = $1",
        "Planned, not executed.",
        "not allowed to read the table public.hidden",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert!(!log.contains("viewer") && !log.contains("statement 44"), "{log}");
}
