//! EXPLAIN on every major: options, values, rollback, limits, cancellation.

use model::explain::{Cancelling, Danger, NotExplained, Options, Refusal};
use model::{Role, User};

use super::*;

macro_rules! majors {
    ($($name:ident = $major:literal),+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result {
            if playground::install::passed_over($major) {
                return Ok(());
            }
            // Fifty sign-ins a major: without a password, whose hashing takes longest in a test build.
            let line = "host all analyst 127.0.0.1/32 trust";
            on(playground::ServerOptions::new($major).hba(line).start().await?).await
        }
    )+};
}
majors!(on_14 = 14, on_15 = 15, on_16 = 16, on_17 = 17, on_18 = 18, on_19 = 19);

async fn on(server: Server) -> Result {
    prepared(&server).await?;
    let engine = watching_one(analyst(&server)).await?;
    every_set_of_options(&engine, server.major()).await;
    values(&engine).await;
    generic_plans(&engine).await;
    changes_are_rolled_back(&engine, &server).await?;
    errors_have_a_place(&engine).await;
    limits(&engine, &server).await?;
    functions(&engine, &server).await?;
    cancelled_for_real(&engine, &server).await?;
    previews(&engine).await;
    engine.stop().await;
    Ok(())
}

async fn every_set_of_options(engine: &Engine, major: u16) {
    for mode in [Mode::Plan, READ] {
        // None, all, and each alone.
        for bits in [0, 63, 1, 2, 4, 8, 16, 32_u8] {
            let on = |bit: u8| bits & (1 << bit) != 0;
            let options = Options {
                verbose: on(0),
                buffers: on(1),
                wal: on(2),
                settings: on(3),
                serialize: on(4),
                memory: on(5),
                generic: false,
                timeout_ms: None,
            };
            let mut asked = request("select customer, count(*) from orders group by 1", mode);
            asked.options = options;
            let answer = explain(engine, asked).await;
            let explained =
                answer.unwrap_or_else(|why| panic!("{options:?} on {major}: {}", why.message()));
            let plan = plan_of(&explained);
            assert!(plan.nodes.len() >= 2, "{}", explained.plan);
            assert_eq!(plan.nodes.iter().all(|node| node.actual.is_some()), mode == READ);
            let analyze_only = usize::from(options.wal) + usize::from(options.serialize);
            let too_new = usize::from(options.serialize) + usize::from(options.memory);
            let left_out = match (mode.executes(), major >= 17) {
                (true, true) => 0,
                (true, false) => too_new,
                (false, true) => analyze_only,
                (false, false) => usize::from(options.wal) + too_new,
            };
            assert_eq!(
                explained.left_out.len(),
                left_out,
                "{options:?} on {major}: {:?}",
                explained.left_out
            );
            assert_eq!(
                explained.plan.contains("Shared Hit Blocks"),
                options.buffers,
                "{}",
                explained.plan
            );
        }
    }
}

async fn values(engine: &Engine) {
    let with = |statement: &str, values: &[Option<&str>], mode| {
        let mut asked = request(statement, mode);
        asked.parameters = values.iter().map(|value| value.map(str::to_owned)).collect();
        asked
    };
    let text = "select * from orders where id = $1 and at > $2 and note is distinct from $3";
    let asked = with(text, &[Some("7"), Some("2020-01-01 00:00+02"), None], READ);
    let explained = explain(engine, asked).await.expect("values of three types");
    let plan = plan_of(&explained);
    let rows = plan.nodes.first().and_then(|node| node.actual).map(|actual| actual.rows);
    assert_eq!(rows, Some(1.0));
    assert!(explained.plan.contains("(id = 7)"), "the value is in the plan: {}", explained.plan);

    let hostile = r"x'); drop table orders; select ('\";
    let asked = with("select * from orders where note = $1", &[Some(hostile)], READ);
    explain(engine, asked).await.expect("a value is a value");

    let asked = with("select * from orders where id = $1", &[Some("seven")], Mode::Plan);
    let refused = explain(engine, asked).await;
    assert!(
        matches!(&refused, Err(NotExplained::Failed { sqlstate, .. }) if sqlstate == "22P02"),
        "{refused:?}"
    );

    let asked = with("select * from orders where id = $1", &[], Mode::Plan);
    let refused = explain(engine, asked).await;
    assert_eq!(refused.err(), Some(Refusal::Parameters { needs: 1, given: 0 }.into()));
}

async fn generic_plans(engine: &Engine) {
    let mut asked = request("select * from orders where customer = $1 and note = $2", Mode::Plan);
    asked.options.generic = true;
    let explained = explain(engine, asked.clone()).await.expect("without values");
    assert!(explained.plan.contains("$1"), "{}", explained.plan);
    assert!(!plan_of(&explained).nodes.is_empty());
    let by_option = explained.sql.iter().any(|sql| sql.contains(", generic_plan"));
    assert_eq!(by_option, explained.major >= 16, "{:?}", explained.sql);
    let mut run = request(&asked.statement, READ);
    run.options.generic = true;
    run.parameters = vec![Some("7".into()), Some("note 7".into())];
    let explained = explain(engine, run).await.expect("a generic plan, executed");
    assert!(
        explained.plan.contains("$1") && explained.plan.contains("Actual Rows"),
        "{}",
        explained.plan
    );
}

async fn changes_are_rolled_back(engine: &Engine, server: &Server) -> Result {
    const ROWS: &str = "select count(*) from orders";
    const TAKEN: &str = "select last_value from orders_id_seq";
    let (rows, taken) = (number(server, ROWS).await?, number(server, TAKEN).await?);
    for text in [
        "insert into orders (customer) select n from generate_series(1, 50) n",
        "update orders set note = 'x' where customer < 50",
        "delete from orders",
        "with gone as (delete from orders returning *) select count(*) from gone",
        "select * from orders where id < 9 for update",
    ] {
        let refused = explain(engine, request(text, READ)).await;
        assert!(
            matches!(refused, Err(NotExplained::Refused(_))),
            "{text} without a yes: {refused:?}"
        );
        let planned = explain(engine, request(text, Mode::Plan)).await.expect("planned only");
        assert!(!planned.executed);
        let explained = explain(engine, request(text, WRITE)).await;
        let explained = explained.unwrap_or_else(|why| panic!("{text}: {}", why.message()));
        assert!(
            plan_of(&explained).nodes.iter().all(|node| node.actual.is_some()),
            "it really ran"
        );
    }
    assert_eq!(number(server, ROWS).await?, rows, "rows are as they were");
    assert_eq!(number(server, "select count(*) from orders where note = 'x'").await?, 0);
    // What the preview says of sequences: the numbers are gone.
    assert_eq!(number(server, TAKEN).await?, taken + 50);
    Ok(())
}

async fn errors_have_a_place(engine: &Engine) {
    let failed = explain(engine, request("select 'é',\n  nothing from orders", Mode::Plan)).await;
    let Err(NotExplained::Failed { sqlstate, at: Some(at), .. }) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!((sqlstate.as_str(), at.line, at.column), ("42703", 2, 3));
    let failed = explain(engine, request("select * from pg_authid", Mode::Plan)).await;
    assert!(
        matches!(&failed, Err(NotExplained::Failed { sqlstate, .. }) if sqlstate == "42501"),
        "{failed:?}"
    );
}

async fn limits(engine: &Engine, server: &Server) -> Result {
    let mut asked = request("select count(*) from generate_series(1, 2000000000)", READ);
    asked.options.timeout_ms = Some(400);
    // Alone it would run for minutes.
    let late = tokio::time::timeout(PATIENCE, explain(engine, asked.clone())).await?;
    assert!(
        matches!(&late, Err(NotExplained::TimedOut { waited_for, .. }) if waited_for == "the statement"),
        "{late:?}"
    );
    asked.options.timeout_ms = Some(3_600_000);
    assert!(matches!(
        explain(engine, asked).await,
        Err(NotExplained::Refused(Refusal::Timeout { .. }))
    ));

    let mut other = server.connect().await?;
    sqlx::raw_sql("begin; lock table orders in access exclusive mode").execute(&mut other).await?;
    let waited = explain(engine, request("select * from orders", Mode::Plan)).await;
    assert!(
        matches!(&waited, Err(NotExplained::TimedOut { waited_for, .. }) if waited_for.contains("lock")),
        "{waited:?}"
    );
    sqlx::raw_sql("rollback").execute(&mut other).await?;
    Ok(())
}

async fn functions(engine: &Engine, server: &Server) -> Result {
    server
        .exec(
            "create function tell() returns int language sql volatile as 'select 1';
             create function trusted() returns int language sql stable security definer as 'select 1';
             create function quiet() returns int language sql stable as 'select 1';
             create function note_length(orders) returns int language sql volatile as 'select 1';
             create function apart(int, int) returns bool language sql volatile as 'select true';
             create operator <=/=> (leftarg = int, rightarg = int, function = apart);
             create function any_row(anyelement) returns int language sql volatile as 'select 1';
             create function or_else(orders, int default 1) returns int language sql volatile as 'select 1';
             create function many(variadic \"any\") returns int language internal volatile as 'pg_num_nulls';
             create function step(int, int) returns int language sql volatile as 'select 1';
             create function ended(int) returns int language sql volatile as 'select 1';
             create aggregate stepping(int) (sfunc = step, stype = int, initcond = '0');
             create aggregate ending(int) (sfunc = int4pl, stype = int, initcond = '0', finalfunc = ended)",
        )
        .await?;
    for (text, danger) in [
        ("select tell()", Danger::Volatile),
        ("select public.tell()", Danger::Volatile),
        ("select trusted()", Danger::SecurityDefiner),
        ("select orders.note_length from orders", Danger::Volatile),
        ("select (o).note_length from orders o", Danger::Volatile),
        ("select orders.any_row from orders", Danger::Volatile),
        ("select (o).or_else from orders o", Danger::Volatile),
        ("select (o).many from orders o", Danger::Volatile),
        ("select stepping(id) from orders", Danger::Volatile),
        ("select ending(id) over () from orders", Danger::Volatile),
        ("select 1 <=/=> 2", Danger::Volatile),
        ("select nextval('orders_id_seq')", Danger::Volatile),
    ] {
        let refused = explain(engine, request(text, READ)).await;
        let Err(NotExplained::Refused(Refusal::Function { danger: found, at, .. })) = refused
        else {
            panic!("{text}: {refused:?}");
        };
        assert_eq!((found, at.is_some()), (danger, true), "{text}");
        explain(engine, request(text, Mode::Plan)).await.expect("planning calls nothing volatile");
        let yes = Mode::Analyze { dml: false, functions: true };
        let ran = explain(engine, request(text, yes)).await;
        // READ ONLY still holds: a sequence gives no number.
        assert_eq!(ran.is_ok(), !text.contains("nextval"), "{text}: {ran:?}");
    }
    for text in [
        "select quiet(), lower(note), now(), random() from orders",
        "select count(*) from orders where id + 1 > 2",
        "select sum(id), avg(id), string_agg(note, ','), percentile_cont(0.5) within group (order by id) from orders",
        "select row_number() over (order by id), orders.note from orders",
    ] {
        let ran = explain(engine, request(text, READ)).await;
        assert!(ran.is_ok(), "{text}: {ran:?}");
    }
    Ok(())
}

async fn cancelled_for_real(engine: &Engine, server: &Server) -> Result {
    let mut asked = request("select count(*) from generate_series(1, 2000000000)", READ);
    asked.options.timeout_ms = Some(60_000);
    let run = asked.run.clone();
    let running = tokio::spawn({
        let engine = engine.clone();
        async move { explain(&engine, asked).await }
    });
    until_busy(server, 1).await?;
    let second = explain(engine, request("select 1", Mode::Plan)).await;
    assert_eq!(second.err(), Some(Refusal::Busy.into()));
    let bob = User { name: "bob".into(), roles: vec![Role::Operator], servers: vec![] };
    assert_eq!(engine.cancel_explain(&run, &bob).await, Ok(Cancelling::NotYours));
    assert_eq!(busy(server).await?, 1, "it still runs");
    assert_eq!(engine.cancel_explain(&run, &ann()).await, Ok(Cancelling::Sent));
    assert!(support::our_sessions(server).await? <= 3);
    let answer = running.await?;
    assert!(
        matches!(&answer, Err(NotExplained::Cancelled { by, .. }) if by == "ann"),
        "{answer:?}"
    );
    assert_eq!(busy(server).await?, 0, "no backend of ours is busy");
    assert_eq!(engine.cancel_explain(&run, &ann()).await, Ok(Cancelling::Over));
    Ok(())
}

async fn previews(engine: &Engine) {
    let asked = request("delete from orders where id = $1", WRITE);
    let missing = engine.preview_explain(&one(), asked.clone()).await;
    assert!(matches!(missing, Err(NotExplained::Refused(Refusal::Parameters { .. }))));
    let asked = model::explain::Request { parameters: vec![Some("1".into())], ..asked };
    let preview = engine.preview_explain(&one(), asked.clone()).await.expect("a preview");
    assert!(preview.executes && !preview.read_only && !preview.superuser);
    assert_eq!(preview.role, "analyst");
    assert!(
        preview.message.iter().any(|message| message.contains("sequences")),
        "{:?}",
        preview.message
    );
    let ran = explain(engine, asked).await.expect("as previewed");
    assert_eq!(ran.sql, preview.sql, "what was shown is what was sent");
}
