//! Acting through the real binary on real servers, without JavaScript: look, confirm, see it worked,
//! find it in the audit log.

use std::path::Path;
use std::time::Duration;

use playground::Server;
use sqlx::PgConnection;

use crate::common::{Running, add_user, cookie, run};

pub const PASSWORD: &str = "correct horse battery";

/// A server named shop that pgdeck may act on.
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

pub fn configured(server: &Server, folder: &Path) -> String {
    let file = folder.join("pgdeck.toml");
    let text = format!(
        "[[servers]]\nname = \"shop\"\ndsn = \"{}\"\noperate = \"{}\"\n",
        server.dsn_for("watcher", "w", "postgres"),
        server.dsn_for("op", "o", "postgres"),
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

pub fn people(data_dir: &Path) {
    add_user(data_dir, "eve", &["--role", "operator"]);
    add_user(data_dir, "ada", &["--role", "admin"]);
}

/// pgdeck beside a server that it may act on, and eve, who may.
pub struct Acting {
    pub server: Server,
    pub pgdeck: Running,
    pub eve: String,
    pub config: String,
    /// Holds the configuration; goes with it.
    pub folder: tempfile::TempDir,
}

/// Starts all that and waits until pgdeck knows the server.
pub async fn acting() -> Acting {
    let server = shop().await;
    let folder = tempfile::tempdir().unwrap();
    let config = configured(&server, folder.path());
    let pgdeck = Running::configured(&config, people);
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    watched(&pgdeck, &eve).await;
    Acting { server, pgdeck, eve, config, folder }
}

/// Waits until pgdeck knows the server.
pub async fn watched(pgdeck: &Running, cookie: &str) {
    for _ in 0..100 {
        let page = pgdeck.get("/").header("cookie", cookie).send().await.unwrap();
        if page.text().await.unwrap().contains("PostgreSQL 17") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the server is not seen");
}

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

/// Sends a form of the page; status and page.
pub async fn send(pgdeck: &Running, cookie: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let body: String =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let answer =
        pgdeck.post("/s/shop/act").header("cookie", cookie).body(body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.text().await.unwrap().replace("<!>", ""))
}

/// The text of a page, without tags.
pub fn text(page: &str) -> String {
    let parts = page.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect()
}

pub fn token(page: &str) -> String {
    let field = page.split("name=\"token\" value=\"").nth(1).expect("a token");
    field.split('"').next().unwrap().to_owned()
}

pub async fn get(pgdeck: &Running, cookie: &str, path: &str) -> String {
    let answer = pgdeck.get(path).header("cookie", cookie).send().await.unwrap();
    answer.text().await.unwrap().replace("<!>", "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look_confirm_see_it_worked_and_find_it_in_the_log() {
    let Acting { server, pgdeck, eve, .. } = acting().await;
    let (mut victim, target) = client(&server).await;
    sqlx::raw_sql("begin; select 1").execute(&mut victim).await.unwrap();

    let ask = [("action", "terminate"), ("target", target.as_str())];
    let (status, page) = send(&pgdeck, &eve, &ask).await;
    let button = format!("Terminate pid {}", target.split('@').next().unwrap());
    assert_eq!(status, 200, "{page}");
    let told = text(&page);
    for must in [&button, "pg_terminate_backend", "Takes no lock", "57P01", "idle in transaction"] {
        assert!(told.contains(must), "the preview lacks {must:?}: {page}");
    }
    assert!(!page.contains("style=\""), "a style attribute");
    assert!(sqlx::query("select 1").execute(&mut victim).await.is_ok(), "a look ends nobody");

    let token = token(&page);
    let confirm = [
        ("step", "act"),
        ("action", "terminate"),
        ("target", &target),
        ("token", &token),
        ("reason", "=HYPERLINK(\"x\") <b>"),
    ];
    let (_, wrong) = send(&pgdeck, &eve, &[&confirm[..3], &[("token", "1.2")]].concat()).await;
    assert!(wrong.contains("not what was previewed"), "{wrong}");
    let (status, page) = send(&pgdeck, &eve, &confirm).await;
    assert!(status == 200 && text(&page).contains("has ended. It took"), "{page}");
    assert!(sqlx::query("select 1").execute(&mut victim).await.is_err());
    let (status, again) = send(&pgdeck, &eve, &confirm).await;
    assert!(status == 409 && again.contains("not what was previewed"), "{again}");

    let ada = cookie(&pgdeck.sign_in("ada", PASSWORD).await);
    for who in [&eve, &ada] {
        let log = text(&get(&pgdeck, who, "/audit").await);
        for must in ["terminate", "eve", "worked", "&lt;b&gt;", "chain of its 2 records is intact"]
        {
            assert!(log.contains(must), "the log lacks {must:?}: {log}");
        }
    }
    let csv = get(&pgdeck, &ada, "/audit.csv?q=terminate").await;
    assert!(csv.contains(",\"'=HYPERLINK(\"\"x\"\") <b>\","), "{csv}");
    let (_, refused) = send(&pgdeck, &ada, &ask).await;
    assert!(refused.contains("needs one of the roles operator"), "{refused}");

    let data_dir = pgdeck.data_dir.to_str().unwrap().to_owned();
    let (code, message, _) = run(&["audit", "verify", "--data-dir", &data_dir]);
    assert!(code == 0 && message.contains("2 records is intact"), "{message}");
}
