//! Operator actions on a real server without JavaScript: preview, confirm, execute, audit log.

use std::path::Path;
use std::time::Duration;

use playground::Server;
use sqlx::PgConnection;

use crate::common::{PASSWORD, Running, add_user, cookie, form_body, run};

/// A server named shop with a role for operator actions.
pub async fn shop() -> Server {
    let server = playground::server(17).await.unwrap();
    server
        .exec(
            "create role watcher login password 'w' in role pg_monitor;
             create role op login password 'o' in role pg_monitor, pg_signal_backend;
             create role web login password 'w'; create table t (a int); alter table t owner to op",
        )
        .await
        .unwrap();
    server
}

/// Writes a configuration with `dsn` and `operate`; its path.
pub fn write_config(server: &Server, folder: &Path) -> String {
    let file = folder.join("pgdeck.toml");
    let text = format!(
        "[[servers]]\nname = \"shop\"\ndsn = \"{}\"\noperate = \"{}\"\n",
        server.dsn_for("watcher", "w", "postgres"),
        server.dsn_for("op", "o", "postgres"),
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Adds the operator eve and the administrator ada.
pub fn add_users(data_dir: &Path) {
    add_user(data_dir, "eve", &["--role", "operator"]);
    add_user(data_dir, "ada", &["--role", "admin"]);
}

/// A server, pgdeck watching it with an operate DSN, and the session cookie of the operator eve.
pub struct ActionTest {
    pub server: Server,
    pub pgdeck: Running,
    pub eve: String,
    pub config: String,
    /// Holds the configuration file.
    pub folder: tempfile::TempDir,
}

/// Starts server and pgdeck and waits for the first reading.
pub async fn start() -> ActionTest {
    let server = shop().await;
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(&server, folder.path());
    let pgdeck = Running::configured(&config, add_users);
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    wait_for_reading(&pgdeck).await;
    ActionTest { server, pgdeck, eve, config, folder }
}

/// Waits until pgdeck has a reading of the server. Pages name versions in explanations, too.
pub async fn wait_for_reading(pgdeck: &Running) {
    for _ in 0..600 {
        let metrics = pgdeck.get("/metrics").send().await.unwrap();
        if metrics.text().await.unwrap().contains("pg_up{server=\"shop\"} 1\n") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the server is not seen");
}

/// A client session on the server, and its target as the form names it: `pid@backend_start`.
pub async fn client(server: &Server) -> (PgConnection, String) {
    let dsn = server.dsn_for("web", "w", "postgres");
    let mut session = playground::connect(&dsn).await.unwrap();
    let (pid, start): (i32, i64) = sqlx::query_as(
        "select pid, (extract(epoch from backend_start) * 1000)::int8 from pg_stat_activity
         where pid = pg_backend_pid()",
    )
    .fetch_one(&mut session)
    .await
    .unwrap();
    (session, format!("{pid}@{start}"))
}

/// Posts the action form; status and page.
pub async fn post_action(pgdeck: &Running, cookie: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let request = pgdeck.form("/s/shop/act", cookie, form_body(fields));
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.text().await.unwrap().replace("<!>", ""))
}

/// The text of a page, without tags.
pub fn text(page: &str) -> String {
    let parts = page.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect()
}

/// The confirmation token of a preview.
pub fn token(page: &str) -> String {
    let field = page.split("name=\"token\" value=\"").nth(1);
    let field = field.unwrap_or_else(|| panic!("no token: {}", text(page)));
    field.split('"').next().unwrap().to_owned()
}

pub async fn get(pgdeck: &Running, cookie: &str, path: &str) -> String {
    let answer = pgdeck.get(path).header("cookie", cookie).send().await.unwrap();
    answer.text().await.unwrap().replace("<!>", "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_is_previewed_confirmed_executed_and_logged() {
    let ActionTest { server, pgdeck, eve, .. } = start().await;
    let (mut victim, target) = client(&server).await;
    sqlx::raw_sql("begin; select 1").execute(&mut victim).await.unwrap();

    let ask = [("action", "terminate"), ("target", target.as_str())];
    let (status, page) = post_action(&pgdeck, &eve, &ask).await;
    let button = format!("Terminate pid {}", target.split('@').next().unwrap());
    assert_eq!(status, 200, "{page}");
    let preview = text(&page);
    for must in [&button, "pg_terminate_backend", "Takes no lock", "57P01", "idle in transaction"] {
        assert!(preview.contains(must), "the preview lacks {must:?}: {page}");
    }
    assert!(!page.contains("style=\""), "a style attribute");
    assert!(
        sqlx::query("select 1").execute(&mut victim).await.is_ok(),
        "a preview ends no session"
    );

    let token = token(&page);
    let confirm = [
        ("step", "act"),
        ("action", "terminate"),
        ("target", &target),
        ("token", &token),
        ("reason", "=HYPERLINK(\"x\") <b>"),
    ];
    let (_, wrong) =
        post_action(&pgdeck, &eve, &[&confirm[..3], &[("token", "1.2")]].concat()).await;
    assert!(wrong.contains("not what was previewed"), "{wrong}");
    let (status, page) = post_action(&pgdeck, &eve, &confirm).await;
    assert!(status == 200 && text(&page).contains("has ended. It took"), "{page}");
    assert!(sqlx::query("select 1").execute(&mut victim).await.is_err());
    let (status, again) = post_action(&pgdeck, &eve, &confirm).await;
    assert!(status == 409 && again.contains("not what was previewed"), "{again}");

    let ada = cookie(&pgdeck.sign_in("ada", PASSWORD).await);
    for user in [&eve, &ada] {
        let log = text(&get(&pgdeck, user, "/audit").await);
        for must in ["terminate", "eve", "worked", "&lt;b&gt;", "records is intact"] {
            assert!(log.contains(must), "the log lacks {must:?}: {log}");
        }
    }
    let csv = get(&pgdeck, &ada, "/audit.csv?q=terminate").await;
    assert!(csv.contains(",\"'=HYPERLINK(\"\"x\"\") <b>\","), "{csv}");
    let (_, refused) = post_action(&pgdeck, &ada, &ask).await;
    assert!(refused.contains("needs one of the roles operator"), "{refused}");

    let data_dir = pgdeck.data_dir.to_str().unwrap().to_owned();
    let (code, message, _) = run(&["audit", "verify", "--data-dir", &data_dir]);
    assert!(code == 0 && message.contains("records is intact"), "{message}");
}
