//! Where secrets are planted: statements of a real server, and the configuration.

use std::fs;
use std::path::Path;

use playground::{Server, ServerOptions};

/// How each secret begins.
pub const CANARY: &str = "C4nary";
/// What stands beside those in statements.
pub const MARK: &str = "beside_it";
/// Statements that a session runs and then idles on: `pg_stat_activity` goes on showing them.
pub const STATEMENTS: &[&str] = &[
    "create role beside_it_1 login password 'C4nary01'",
    "/* a */ alter role /* b */ beside_it_1 password /* c */ 'C4nary02'",
    "do $$ begin execute 'alter role beside_it_1 pass' || 'word ''C4nary03'''; perform 1 as beside_it; end $$",
    "do $b$ begin execute format('alter role %I password %L', 'beside_it_1', 'C4nary04'); perform 2 as beside_it; end $b$",
    "select 1 as beside_it from (select dblink_connect_u('c', 'postgres://u:C4nary05@127.0.0.1:1/d')) x",
    "select 1 as beside_it, dblink('host=127.0.0.1 port=1 pass' || 'word=C4nary06', 'select 1')",
    "create server beside_it_s foreign data wrapper postgres_fdw options (host 'h')",
    "create user mapping for postgres server beside_it_s options (user 'u', password 'C4nary07')",
    "alter user mapping for postgres server beside_it_s options (set password 'C4nary08')",
    "create subscription beside_it connection 'host=h password=C4nary09' publication p with (connect = false)",
    "alter subscription beside_it connection 'postgres://u:C4nary10@h/d'",
    "alter system set primary_conninfo = 'host=beside_it user=u password=C4nary11'",
    "set beside_it.token = 'C4nary12'",
    "select set_config('beside_it.token', 'C4nary13', false) as beside_it",
    "alter role beside_it_1 passwort 'C4nary14'",
    "select pgp_sym_encrypt('x', 'C4nary15') as beside_it",
    "insert into accounts (name, password) values ('beside_it', 'C4nary16')",
    "select name as beside_it from accounts where password = 'C4nary17'",
];
/// A server on which the statements mean something.
pub async fn server() -> Server {
    // Its log is read too, with every statement and every plan in it.
    let options = ServerOptions::new(17)
        .setting("logging_collector", "on")
        .setting("log_destination", "jsonlog")
        .setting("log_min_duration_statement", "0")
        .setting("auto_explain.log_format", "json")
        .setting("auto_explain.log_min_duration", "0");
    let server = options.start().await.unwrap();
    for extension in ["dblink", "postgres_fdw", "pgcrypto", "pg_stat_statements"] {
        server.exec(&format!("create extension {extension}")).await.unwrap();
    }
    server
        .exec("create table accounts (name text, password text); create role watcher login password 'C4naryDsn'; grant pg_monitor to watcher; grant select on accounts to watcher; grant execute on function pg_current_logfile(), pg_current_logfile(text), pg_read_binary_file(text, bigint, bigint, boolean) to watcher; create role op login password 'C4naryOp'; grant pg_signal_backend to op")
        .await
        .unwrap();
    server
}

/// A session for each statement, idle since; some of the statements fail, which is meant.
pub async fn sessions(server: &Server) -> Vec<sqlx::PgConnection> {
    let mut all = Vec::new();
    for text in STATEMENTS {
        let mut session = server.connect().await.unwrap();
        // An error does not end the session.
        let _ = sqlx::raw_sql(*text).execute(&mut session).await;
        all.push(session);
    }
    all
}

/// The configuration, with a canary in each place that takes a secret.
pub fn configured(server: &Server, folder: &Path) -> String {
    let file = folder.join("pgdeck.toml");
    let text = format!(
        "metrics_token = \"C4naryMetrics\"\nmark_token = \"C4naryMarkC4naryMark\"\naudit_copy = {:?}\n
         [[servers]]\nname = \"shop\"\ndsn = \"{}\"\noperate = \"{}\"\n
         [[servers]]\nname = \"down\"\ndsn = \"postgres://u:C4naryDown@127.0.0.1:1/d?sslmode=require\"\n
         [[servers]]\nname = \"wrong\"\ndsn = \"{}\"\n",
        folder.join("heads.log"),
        server.dsn_for("watcher", "C4naryDsn", "postgres"),
        server.dsn_for("op", "C4naryOp", "postgres"),
        server.dsn_for("watcher", "C4naryWrong", "postgres"),
    );
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}
