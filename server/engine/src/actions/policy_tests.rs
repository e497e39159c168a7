//! Tests of the policy: each refusal, by what the server reports of a session or a table.

use super::*;

const CHOSEN: (i32, i64) = (640, 1_000);

fn client() -> SessionRow {
    SessionRow {
        pid: 640,
        backend_start_ms: Some(1_000),
        backend_type: Some("client backend".into()),
        usename: Some("web".into()),
        state: Some("active".into()),
        may_signal: Some(true),
        ..SessionRow::default()
    }
}

fn refused(action: Action, row: &SessionRow, twice: bool) -> Option<Refusal> {
    session(action, CHOSEN, Some(row), "op", twice)
}

#[test]
fn a_clients_session_may_be_ended() {
    assert_eq!(refused(Action::Terminate, &client(), false), None);
    assert_eq!(refused(Action::Cancel, &client(), false), None);
}

#[test]
fn a_pid_that_was_reused_is_never_signalled() {
    let reused = SessionRow { backend_start_ms: Some(1_001), ..client() };
    for twice in [false, true] {
        let refusal = refused(Action::Terminate, &reused, twice).unwrap();
        assert!(refusal.message.contains("belongs to another"), "{refusal:?}");
        assert!(session(Action::Cancel, CHOSEN, None, "op", twice).is_some());
    }
}

#[test]
fn a_start_that_is_hidden_is_no_identity() {
    let hidden = SessionRow { backend_start_ms: None, ..client() };
    let refusal = refused(Action::Terminate, &hidden, true).unwrap();
    assert_eq!(refusal.remedy.as_deref(), Some("grant pg_read_all_stats to \"op\";"));
}

#[test]
fn own_replication_and_superuser_sessions_are_asked_for_twice() {
    let kind = |word: &str| SessionRow { backend_type: Some(word.into()), ..client() };
    for row in [
        SessionRow { own: true, ..client() },
        SessionRow { superuser: true, ..client() },
        kind("walsender"),
        kind("background worker"),
        kind("parallel worker"),
    ] {
        let once = refused(Action::Terminate, &row, false).unwrap();
        assert!(once.lifted_by_asking_twice, "{once:?}");
        assert_eq!(refused(Action::Terminate, &row, true), None, "{row:?}");
    }
}

#[test]
fn the_servers_own_processes_are_left_alone_however_often_one_asks() {
    for word in ["checkpointer", "walwriter", "startup", "background writer", "archiver", "x"] {
        let row = SessionRow { backend_type: Some(word.into()), may_signal: None, ..client() };
        let refusal = refused(Action::Terminate, &row, true).unwrap();
        assert!(refusal.message.contains(word) && !refusal.lifted_by_asking_twice);
    }
}

#[test]
fn missing_rights_are_named_with_their_remedy() {
    let other = SessionRow { may_signal: Some(false), ..client() };
    let refusal = refused(Action::Cancel, &other, true).unwrap();
    assert_eq!(refusal.remedy.as_deref(), Some("grant pg_signal_backend to \"op\";"));
    let superuser = SessionRow { superuser: true, ..other };
    let refusal = refused(Action::Cancel, &superuser, true).unwrap();
    assert!(refusal.message.contains("Only a superuser") && refusal.remedy.is_none());
}

#[test]
fn an_idle_session_has_nothing_to_cancel() {
    let idle = SessionRow { state: Some("idle in transaction".into()), ..client() };
    assert!(refused(Action::Cancel, &idle, true).unwrap().message.contains("nothing to cancel"));
    assert_eq!(refused(Action::Terminate, &idle, false), None);
}

#[test]
fn a_table_of_somebody_else_would_be_skipped_silently() {
    let row = TableRow {
        oid: 1,
        name: "public.orders".into(),
        relkind: "r".into(),
        owner: "shop\"".into(),
        may_maintain: false,
    };
    let refusal = table("orders", Some(&row), ("op", "shop")).unwrap();
    assert_eq!(refusal.remedy.as_deref(), Some("grant \"shop\"\"\" to \"op\";"));
    let ours = TableRow { may_maintain: true, ..row.clone() };
    assert_eq!(table("orders", Some(&ours), ("op", "shop")), None);
    let view = TableRow { relkind: "v".into(), ..ours };
    assert!(table("v", Some(&view), ("op", "shop")).unwrap().message.contains("is not a table"));
    assert!(table("nix", None, ("op", "shop")).unwrap().message.contains("database shop"));
}
