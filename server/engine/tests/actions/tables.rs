//! VACUUM and ANALYZE of tables; missing privileges; an operate DSN that leads to another server.

use model::ServerId;
use model::action::{Action, Outcome, Target};
use sqlx::Connection;

use crate::support::{PATIENCE, Result};
use crate::{ONE, act, acting, ask, client, prepared, refusal};

pub async fn maintained(major: u16) -> Result {
    let server = prepared(major).await?;
    let mut root = server.connect().await?;
    sqlx::raw_sql(
        "create schema s authorization op; create table s.t (a int); alter table s.t owner to op;
         create table s.\"x\"\"; drop table s.t; --\" (a int);
         alter table s.\"x\"\"; drop table s.t; --\" owner to op;
         create table public.others (a int)",
    )
    .execute(&mut root)
    .await?;
    let engine = acting(&server, Some(&server.dsn_for("op", "o", "postgres"))).await?;
    let table = |name: &str| Target::Table { name: name.into() };
    for action in [Action::Vacuum, Action::Analyze] {
        for name in ["s.t", "s.\"x\"\"; drop table s.t; --\""] {
            let done = act(&engine, ask(action, table(name), false)).await?;
            assert_eq!(done.outcome, Outcome::Worked, "{major} {action:?} {name}: {done:?}");
        }
        let message = refusal(&engine, ask(action, table("public.others"), true)).await?;
        assert!(message.contains("would skip it"), "{message}");
        let message = refusal(&engine, ask(action, table("t'; select 1"), true)).await;
        assert!(message.is_err() || message.is_ok_and(|message| message.contains("no table")));

        let mut holder = server.connect().await?;
        sqlx::raw_sql("begin; lock table s.t in share update exclusive mode")
            .execute(&mut holder)
            .await?;
        // It returns although the holder never lets go.
        let acting = act(&engine, ask(action, table("s.t"), false));
        let done = tokio::time::timeout(PATIENCE, acting).await??;
        assert_eq!(done.outcome, Outcome::Refused, "{done:?}");
        assert!(done.message.contains("timed out after 2 s"), "{done:?}");
        holder.close().await?;
    }
    assert!(sqlx::query("select 1 from s.t").execute(&mut root).await.is_ok(), "still there");
    engine.stop().await;
    Ok(())
}

pub async fn without_rights(major: u16) -> Result {
    let server = prepared(major).await?;
    let (_session, chosen) = client(&server, "web", "w").await?;
    let weak = acting(&server, Some(&server.dsn_for("weak", "k", "postgres"))).await?;
    let message = refusal(&weak, ask(Action::Terminate, chosen, true)).await?;
    assert!(message.contains("grant pg_signal_backend to \"weak\";"), "{message}");
    weak.stop().await;

    let none = acting(&server, None).await?;
    let id = ServerId::new(ONE);
    assert_eq!(none.can_operate(&id), Some(false));
    let message = none.operate(&id, Action::Cancel).await.err().map(|reason| reason.message());
    assert!(
        message.as_deref().is_some_and(|message| message.contains("no operate DSN")),
        "{message:?}"
    );
    none.stop().await;

    let other = prepared(major).await?;
    let astray = acting(&server, Some(&other.dsn_for("op", "o", "postgres"))).await?;
    let message = astray.operate(&id, Action::Cancel).await.err().map(|reason| reason.message());
    assert!(
        message.as_deref().is_some_and(|message| message.contains("a different server")),
        "{message:?}"
    );
    astray.stop().await;
    Ok(())
}
