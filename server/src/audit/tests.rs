//! The audit log on a real file: two records per action, append-only, interrupted actions, the hash chain.

use model::action::Outcome;
use model::audit::{AuditEnd, AuditQuery};
use model::{Role, ServerId};

use super::*;

fn worked() -> Done {
    let message = "pid 640 has ended.".into();
    Done { object: "pid 640".into(), outcome: Outcome::Worked, message, took_ms: Some(1.5) }
}

async fn ask(audit: &Audit, server: &str, reason: &str) -> i64 {
    record(audit, server, "terminate", "select 1, 2", reason).await
}

async fn record(audit: &Audit, server: &str, action: &str, sql: &str, reason: &str) -> i64 {
    let request = ActionRequest {
        user: "eve",
        server: &ServerId::new(server),
        action,
        object: "pid 640",
        touched: "application =cmd|'x'!A1",
        sql,
        reason,
    };
    audit.record_request(&request).await.unwrap()
}

async fn open(folder: &tempfile::TempDir) -> Audit {
    Audit::open(&folder.path().join("data"), &places(folder)).await.unwrap()
}

/// Beside the data directory: an anchor and a copy.
fn places(folder: &tempfile::TempDir) -> AuditPlaces {
    AuditPlaces {
        anchor: Some(folder.path().join("anchor")),
        copy: Some(folder.path().join("heads.log")),
        syslog: false,
    }
}

fn user(role: Role, servers: &[&str]) -> model::User {
    let servers = servers.iter().map(|name| ServerId::new(*name)).collect();
    model::User { name: "x".into(), roles: vec![role], servers }
}

#[tokio::test]
async fn an_action_has_a_record_before_and_one_after_and_the_chain_is_intact() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(&folder).await;
    let full: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(&audit.pool).await.unwrap();
    assert_eq!(full, 2, "each commit waits for the disk");
    let id = ask(&audit, "shop", "=1+1").await;
    let admin = user(Role::Admin, &[]);
    let page = audit.page(&admin, &AuditQuery::default()).await.unwrap();
    assert_eq!((page.entries.len(), page.entries[0].end.clone()), (1, AuditEnd::UnderWay));
    audit.record_outcome(id, &worked()).await.unwrap();
    let page = audit.page(&admin, &AuditQuery::default()).await.unwrap();
    assert!(matches!(page.entries[0].end, AuditEnd::Ended { outcome: Outcome::Worked, .. }));
    assert!(matches!(page.chain, Chain::Whole { records: 2, .. }), "{:?}", page.chain);
    let csv = audit.csv(&admin, &AuditQuery::default()).await.unwrap();
    assert!(csv.contains(",'=1+1,\"select 1, 2\",worked,"), "{csv}");
}

#[tokio::test]
async fn what_a_killed_pgdeck_left_is_shown_as_never_completed() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(&folder).await;
    ask(&audit, "shop", "").await;
    audit.close().await;
    let audit = open(&folder).await;
    let page = audit.page(&user(Role::Admin, &[]), &AuditQuery::default()).await.unwrap();
    assert_eq!(page.entries[0].end, AuditEnd::NeverCompleted);
}

#[tokio::test]
async fn operators_see_their_servers_and_a_filter_narrows() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(&folder).await;
    ask(&audit, "shop", "pile-up").await;
    ask(&audit, "other", "").await;
    for (user, text, expected) in [
        (user(Role::Operator, &["shop"]), "", 1),
        (user(Role::Admin, &[]), "", 2),
        (user(Role::Admin, &[]), "PILE", 1),
        (user(Role::Viewer, &[]), "", 0),
        (user(Role::Analyst, &[]), "", 0),
    ] {
        let query = AuditQuery { text: text.into(), before: 0 };
        assert_eq!(audit.page(&user, &query).await.unwrap().entries.len(), expected, "{user:?}");
    }
    let before = AuditQuery { text: String::new(), before: 2 };
    assert_eq!(audit.page(&user(Role::Admin, &[]), &before).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn a_statement_is_for_those_who_see_statements() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(&folder).await;
    record(&audit, "shop", "explain analyze", "select 'S3cret'", "").await;
    record(&audit, "shop", "cancel", "select pg_cancel_backend(640)", "").await;
    let query = |text: &str| AuditQuery { text: text.into(), before: 0 };
    for (role, sees) in [(Role::Operator, true), (Role::Admin, false)] {
        let user = user(role, &[]);
        let page = audit.page(&user, &query("")).await.unwrap();
        let csv = audit.csv(&user, &query("")).await.unwrap();
        assert_eq!(page.entries[1].sql.contains("S3cret"), sees, "{role:?}");
        assert_eq!(csv.contains("S3cret"), sees, "{role:?}");
        let found = audit.page(&user, &query("s3cret")).await.unwrap().entries.len();
        assert_eq!(found, usize::from(sees), "{role:?}: a filter must not give it away");
        assert!(
            page.entries[0].sql.contains("pg_cancel_backend"),
            "our own statement is no secret"
        );
    }
}

#[tokio::test]
async fn rewriting_the_file_is_refused_or_seen() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(&folder).await;
    let id = ask(&audit, "shop", "why").await;
    audit.record_outcome(id, &worked()).await.unwrap();
    for text in ["update audit set who = 'bob'", "delete from audit"] {
        let refused = sqlx::query(sqlx::AssertSqlSafe(text)).execute(&audit.pool).await;
        assert!(refused.unwrap_err().to_string().contains("append only"), "{text}");
    }
    for trigger in ["audit_is_not_rewritten", "audit_is_not_cut"] {
        let text = format!("drop trigger {trigger}");
        sqlx::query(sqlx::AssertSqlSafe(text)).execute(&audit.pool).await.unwrap();
    }
    sqlx::query("delete from audit where id = 2").execute(&audit.pool).await.unwrap();
    assert!(matches!(audit.verify().await.unwrap(), Chain::Broken { record: 2, .. }));
    sqlx::query("update audit set who = 'bob'").execute(&audit.pool).await.unwrap();
    assert!(matches!(audit.verify().await.unwrap(), Chain::Broken { record: 1, .. }));
}

#[tokio::test]
async fn many_at_once_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(&folder).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let audit = audit.clone();
        tasks.spawn(async move {
            let id = ask(&audit, "shop", "").await;
            audit.record_outcome(id, &worked()).await.unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert!(matches!(audit.verify().await.unwrap(), Chain::Whole { records: 40, .. }));
}

#[tokio::test]
async fn a_line_for_each_record_goes_to_the_copy_and_to_syslog() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("log");
    let syslog = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    let mut audit = open(&folder).await;
    audit.copies.syslog = Some(socket);
    let id = ask(&audit, "shop", "").await;
    audit.record_outcome(id, &worked()).await.unwrap();
    let seal = audit.anchor.as_ref().unwrap().seal().clone();
    let mut buffer = [0; 1_000];
    for records in 1..=2 {
        let length = syslog.recv(&mut buffer).unwrap();
        let line = String::from_utf8_lossy(&buffer[..length]).into_owned();
        assert!(line.starts_with("<85>pgdeck["), "{line}");
        assert_eq!(seal.head(&line).unwrap().unwrap().records, records);
    }
    let copy = copies::read(&folder.path().join("heads.log"), &seal).unwrap().unwrap();
    assert_eq!(copy.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    assert!(matches!(
        audit.verify().await.unwrap(),
        Chain::Whole { records: 2, since: Some(1), .. }
    ));
}

#[tokio::test]
async fn what_was_being_written_when_pgdeck_was_killed_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(&folder).await;
    ask(&audit, "shop", "").await;
    let anchor = audit.anchor.clone().unwrap();
    let head = anchor.heads().unwrap().unwrap().unwrap().remove(0);
    let next = Head { records: 2, hash: "f".repeat(64), ..head.clone() };
    anchor.write(&[&head, &next]).unwrap();
    assert!(matches!(audit.verify().await.unwrap(), Chain::Whole { .. }), "it was not committed");
    audit.close().await;
    let audit = open(&folder).await;
    assert_eq!(anchor.heads().unwrap().unwrap().unwrap(), [head]);
    ask(&audit, "shop", "").await;
    assert!(matches!(audit.verify().await.unwrap(), Chain::Whole { records: 2, .. }));
}

#[tokio::test]
async fn failed_sign_ins_do_not_fill_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(&folder).await;
    for _ in 0..100 {
        audit.record_failed_sign_in(None, [127, 0, 0, 1].into(), "Wrong.").await;
    }
    let Chain::Whole { records, .. } = audit.verify().await.unwrap() else { panic!("broken") };
    assert_eq!(records, 2 * 30);
    let admin = user(Role::Admin, &[]);
    assert_eq!(audit.page(&admin, &AuditQuery::default()).await.unwrap().entries.len(), 30);
    for (role, servers) in [(Role::Operator, &[][..]), (Role::Admin, &["shop"])] {
        let page = audit.page(&user(role, servers), &AuditQuery::default()).await.unwrap();
        assert!(page.entries.is_empty(), "{role:?}: it belongs to no server of theirs");
    }
}
