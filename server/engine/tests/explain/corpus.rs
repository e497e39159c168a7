//! Hostile texts, more than five hundred, sent as a superuser whom nothing but the guard holds back:
//! no row, file, role, slot, backend, setting or lock is other than before (`docs/limits.md#hostile-statements`).

use std::collections::BTreeMap;

use sqlx::{PgConnection, Row};

use super::*;

/// Statements that would do something. `CANARY` is the process id of a session to keep alive.
const DEEDS: &[&str] = &[
    "insert into w values (666)",
    "update w set a = 666",
    "delete from w",
    "truncate w",
    "drop table w",
    "create table x as select 666",
    "select 666 into x",
    "alter table w add b int",
    "create role evil superuser",
    "alter role postgres connection limit 3",
    "grant all on w to public",
    "copy w to program 'touch canary.file'",
    "copy (select 666) to '/tmp/pgdeck-canary.file'",
    "copy w from program 'echo 666'",
    "do $$ begin delete from w; end $$",
    "call evil()",
    "listen evil",
    "notify evil, 'x'",
    "lock table w",
    "set role postgres",
    "set session statement_timeout = 0",
    "alter system set work_mem = '77MB'",
    "load 'auto_explain'",
    "vacuum w",
    "analyze w",
    "checkpoint",
    "prepare evil as delete from w",
    "execute evil",
    "declare evil cursor with hold for select 1",
    "discard all",
    "reindex table w",
    "cluster w",
    "refresh materialized view w",
    "create extension dblink",
    "comment on table w is 'evil'",
    "security label on table w is 'evil'",
    "import foreign schema a from server b into c",
    "rollback and chain",
    "commit",
    "prepare transaction 'evil'",
    "explain analyze delete from w",
    "select pg_terminate_backend(CANARY)",
    "select pg_cancel_backend(CANARY)",
    "select pg_reload_conf()",
    "select pg_advisory_lock(666)",
    "select pg_read_file('PG_VERSION')",
    "select lo_import('PG_VERSION')",
    "select lo_from_bytea(666, 'x')",
    "select pg_create_physical_replication_slot('evil')",
    "select pg_create_logical_replication_slot('evil', 'test_decoding')",
    "select pg_switch_wal()",
    "select pg_create_restore_point('evil')",
    "select pg_logical_emit_message(false, 'evil', 'x')",
    "select set_config('work_mem', '77MB', false)",
    "select setval('s', 666)",
    "select nextval('s')",
    "select pg_stat_reset()",
    "select query_to_xml('delete from w', true, true, '')",
    "select dblink_exec('dbname=postgres', 'delete from w')",
    "select pg_rotate_logfile()",
    "select pg_promote()",
    "select pg_export_snapshot()",
    "select pg_notify('evil', 'x')",
    "select pg_backup_start('evil')",
    "select pg_sleep(9)",
    "select evil_function()",
];

/// Ways to hide one; `DEED` is where it goes.
const DISGUISES: &[&str] = &[
    "DEED",
    "DEED;",
    "select 1; DEED",
    "select 1;DEED;--",
    "; DEED",
    "/* /* */ */ DEED",
    "/* -- */ DEED -- ;",
    "-- a\n DEED",
    "-- a\r DEED",
    "analyze DEED",
    "(analyze) DEED",
    "(analyze, format text) DEED",
    "verbose DEED",
    ") DEED",
    "select 1) DEED; --",
    "explain DEED",
    "explain (analyze) DEED",
    "begin; DEED; commit",
    "commit; DEED",
    r"select '\'; DEED; --'",
    r"select E'\''; DEED; --'",
    r"select E'\\'; DEED; --'",
    r"select U&'\0027; DEED; --'",
    "select U&'!0027' uescape '!'; DEED",
    "select $$ $$; DEED",
    "select $a$ $$; $a$; DEED; --$$",
    "select 'a'\n'b'; DEED",
    "select 1 \0; DEED",
    "select 1\u{feff}; DEED",
    "select 1 \u{202e}; DEED \u{202c}",
    "select 1 \u{37e} DEED",
    "with x as (DEED) select * from x",
    "with x as (DEED returning *) select * from x",
    "with x as materialized (select 1) DEED",
    "select * from (DEED) x",
    "select (DEED)",
    "(DEED)",
    "values ((DEED))",
    "select case when true then (DEED) end",
    "select 1 where exists (DEED)",
    "select 1 union all (DEED)",
    "create table z as DEED",
    "prepare z as DEED",
    "do 'DEED'",
    "select 1 limit (DEED)",
    "insert into w DEED",
];

fn texts(canary: i32) -> Vec<String> {
    let mut texts = Vec::new();
    for deed in DEEDS {
        let deed = deed.replace("CANARY", &canary.to_string());
        texts.extend(DISGUISES.iter().map(|disguise| disguise.replace("DEED", &deed)));
    }
    texts
}

/// Everything that must not change.
async fn state(connection: &mut PgConnection) -> Result<BTreeMap<String, String>> {
    let row = sqlx::raw_sql(
        "select (select coalesce(string_agg(a::text, ',' order by a), '') from w) as rows,
                (select string_agg(relname, ',' order by relname) from pg_class where oid >= 16384) as relations,
                (select string_agg(r::text, ',' order by rolname) from pg_roles r) as roles,
                (select count(*) from pg_replication_slots)::text as slots,
                (select count(*) from pg_largeobject_metadata)::text as large_objects,
                (select string_agg(name || '=' || setting, ',' order by name) from pg_settings) as settings,
                (select count(*) from pg_file_settings)::text as file_settings,
                (select string_agg(f, ',' order by f) from pg_ls_dir('.') f) as files,
                (pg_stat_file('/tmp/pgdeck-canary.file', true) is null)::text as outside,
                pg_conf_load_time()::text as loaded,
                (select last_value::text || is_called from s) as sequence,
                (select count(*) from pg_locks where locktype = 'advisory')::text as advisory,
                (select count(*) from pg_prepared_xacts)::text as prepared,
                (select string_agg(extname, ',' order by extname) from pg_extension) as extensions,
                (select coalesce(max(stats_reset)::text, '') from pg_stat_database) as statistics,
                (select relacl::text from pg_class where relname = 'w') as grants",
    )
    .fetch_one(connection)
    .await?;
    let columns = [
        "rows",
        "relations",
        "roles",
        "slots",
        "large_objects",
        "settings",
        "file_settings",
        "files",
        "outside",
        "loaded",
        "sequence",
        "advisory",
        "prepared",
        "extensions",
        "statistics",
        "grants",
    ];
    let value = |name: &str| row.try_get::<Option<String>, _>(name).map(Option::unwrap_or_default);
    columns.iter().map(|name| Ok(((*name).to_owned(), value(name)?))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_gets_past_the_guard() -> Result {
    let server = playground::ServerOptions::new(17).setting("wal_level", "logical").start().await?;
    server
        .exec(
            "create table w (a int); insert into w values (1), (2); create sequence s;
             create function evil_function() returns int language sql as 'delete from w returning 1';
             create procedure evil() language sql as 'delete from w'",
        )
        .await?;
    let mut canary = server.connect().await?;
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut canary).await?;
    sqlx::raw_sql("listen evil").execute(&mut canary).await?;
    let engine = watching_one(server.dsn()).await?;
    engine.allow_superuser_explain();
    let before = state(&mut canary).await?;
    let texts = texts(pid);
    let (mut refused, mut ran, mut past_semicolon_rule) = (0, 0, 0);
    for text in &texts {
        let upper = text.to_uppercase();
        past_semicolon_rule += usize::from(!text.contains(';') && !upper.contains("COMMIT"));
        for mode in [Mode::Plan, READ, WRITE] {
            let mut asked = request(text, mode);
            asked.options.timeout_ms = Some(2_000);
            match explain(&engine, asked).await {
                Ok(_) => ran += 1,
                Err(_) => refused += 1,
            }
        }
    }
    let after = state(&mut canary).await?;
    for (what, value) in &before {
        assert_eq!(after.get(what), Some(value), "{what} changed");
    }
    println!(
        "{} texts in 3 modes: {refused} refused, {ran} explained, 0 effects; a rule that forbids ; and COMMIT lets {past_semicolon_rule} of the texts pass",
        texts.len()
    );
    assert!(texts.len() >= 500);
    assert!(ran > 0, "harmless ones among them are explained: the test can fail");
    Ok(())
}
