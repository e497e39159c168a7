//! A data directory of an earlier pgdeck goes on: its users sign in, its audit log is whole, and the history
//! begins beside them. What lies in `upgrade/` is as those versions made it, checksums and hashes included.

use std::path::Path;

use crate::common::{PASSWORD, Running, cookie, run};

const USERS: &str = include_str!("upgrade/users.sql");
const AUDIT: &str = include_str!("upgrade/audit.sql");

async fn directory(data_dir: &Path, parts: &[&'static str]) {
    std::fs::create_dir(data_dir).unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(data_dir.join("pgdeck.sqlite"))
        .create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_lazy_with(options);
    for part in parts {
        sqlx::raw_sql(*part).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

#[tokio::test]
async fn users_and_audit_log_of_an_earlier_release_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgdeck.toml");
    std::fs::write(&file, "[[servers]]\nname = \"shop\"\ndsn = \"host=127.0.0.1 port=1\"\n")
        .unwrap();
    let file = file.to_str().unwrap();
    for (name, parts, shown, verified) in [
        ("without_audit", &[USERS][..], "Signed in by password.", "records is intact: none"),
        ("with_audit", &[USERS, AUDIT], "pg_terminate_backend(640)", "since record 3; before it"),
    ] {
        let data_dir = folder.path().join(name);
        directory(&data_dir, parts).await;
        let pgdeck = Running::in_folder(file, &data_dir);
        let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
        let audit = pgdeck.get("/audit").header("cookie", &eve).send().await.unwrap();
        assert_eq!(audit.status(), 200, "{name}");
        let audit = audit.text().await.unwrap();
        assert!(audit.contains(shown), "{name}: {audit}");
        let bob = cookie(&pgdeck.sign_in("bob", PASSWORD).await);
        let other = pgdeck.get("/s/shop").header("cookie", &bob).send().await.unwrap();
        assert_eq!(other.status(), 404, "{name}: bob still sees one server only");
        assert!(data_dir.join("history.sqlite").exists(), "{name}");
        let (code, log) = pgdeck.terminate();
        assert_eq!(code, 0, "{name}: {log}");
        let arguments = ["audit", "verify", "--data-dir", data_dir.to_str().unwrap()];
        let (code, said, sentence) = run(&arguments);
        assert_eq!((code, said.contains(verified)), (0, true), "{name}: {said}{sentence}");
        let (code, said, _) = run(&["user", "list", "--data-dir", data_dir.to_str().unwrap()]);
        assert_eq!((code, said.lines().count()), (0, 2), "{name}: {said}");
    }
}
