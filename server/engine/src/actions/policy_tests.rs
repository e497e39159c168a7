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
    assert_eq!(
        refused(Action::Cancel, &idle, true).unwrap().message,
        "Cannot cancel: pid 640 is running nothing. Terminate it instead."
    );
    assert_eq!(refused(Action::Terminate, &idle, false), None);
    let disabled = SessionRow { state: Some("disabled".into()), ..client() };
    assert!(refused(Action::Cancel, &disabled, true).unwrap().message.contains("track_activities"));
    let starting = SessionRow { state: None, ..client() };
    assert!(refused(Action::Cancel, &starting, true).is_some());
}

#[test]
fn a_commit_that_waits_for_a_standby_is_not_cancelled_and_never_called_rolled_back() {
    let hangs = SessionRow { wait_event: Some("SyncRep".into()), ..client() };
    let refusal = refused(Action::Cancel, &hangs, true).unwrap();
    assert!(refusal.message.contains("already committed") && !refusal.lifted_by_asking_twice);
    assert!(refused(Action::Terminate, &hangs, false).unwrap().lifted_by_asking_twice);
    assert_eq!(refused(Action::Terminate, &hangs, true), None);
    assert!(effect(Action::Terminate, &[hangs]).contains("not rolled back"));
    assert!(effect(Action::Terminate, &[client()]).contains("Its open transaction is rolled back"));
}

#[test]
fn a_vacuum_is_asked_for_twice() {
    let freeze = SessionRow { vacuums: true, ..client() };
    let auto = SessionRow {
        backend_type: Some("autovacuum worker".into()),
        to_prevent_wraparound: Some(true),
        ..client()
    };
    for row in [freeze, auto] {
        assert!(refused(Action::Cancel, &row, false).unwrap().lifted_by_asking_twice, "{row:?}");
        assert_eq!(refused(Action::Cancel, &row, true), None);
    }
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
