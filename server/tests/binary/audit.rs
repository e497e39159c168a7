//! The audit log as evidence: what is in it after requests and commands, and that each way to tamper with
//! its file is found by `pgdeck audit verify`.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use sqlx::pool::PoolConnection;
use sqlx::{Row as _, Sqlite, SqlitePool};

use crate::common::{PASSWORD, Running, add_user, cookie, run};

/// A pgdeck that watches a server that is down, its data directory, its anchor and the copy of its heads.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the configuration; returns its path.
    fn configure(&self, more: &str) -> String {
        let file = self.path("pgdeck.toml");
        let copy = self.path("heads.log");
        let text = format!(
            "audit_copy = {copy:?}\n{more}\n[[servers]]\nname = \"shop\"\ndsn = \"postgres://reader:C4nary@127.0.0.1:1/shop\"\n"
        );
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// Exit code of `audit verify`, and what it says.
    fn verify(&self) -> (i32, String) {
        let (config, data) = (self.configure(""), self.path("data"));
        let (code, out, error) =
            run(&["audit", "verify", "--config", &config, "--data-dir", data.to_str().unwrap()]);
        (code, out + &error)
    }

    /// Copies the data directory, the anchor and the copy of the heads.
    fn save(&self, to: &str) {
        for name in ["data", "data.anchor"] {
            copy_directory(&self.path(name), &self.path(to).join(name));
        }
        fs::copy(self.path("heads.log"), self.path(to).join("heads.log")).unwrap();
    }

    /// Puts some of them back.
    fn restore(&self, from: &str, names: &[&str]) {
        for name in names {
            let (from, to) = (self.path(from).join(name), self.path(name));
            if from.is_file() {
                fs::copy(from, to).unwrap();
            } else {
                fs::remove_dir_all(&to).unwrap();
                copy_directory(&from, &to);
            }
        }
    }

    /// Runs statements on the file of the log.
    async fn tamper(&self, sql: &str) {
        let mut database = self.database().await;
        let triggers = "drop trigger audit_is_not_rewritten; drop trigger audit_is_not_cut; pragma foreign_keys = off;";
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("{triggers}{sql}")))
            .execute(&mut *database)
            .await
            .unwrap();
        database.close().await.unwrap();
    }

    async fn database(&self) -> PoolConnection<Sqlite> {
        let path = self.path("data").join("pgdeck.sqlite");
        let pool = SqlitePool::connect_lazy(&format!("sqlite:{}", path.display())).unwrap();
        pool.acquire().await.unwrap()
    }

    /// Changes a record and computes all hashes anew.
    async fn forge(&self, sql: &str) {
        self.tamper(sql).await;
        let mut database = self.database().await;
        let rows = sqlx::query("select * from audit order by id").fetch_all(&mut *database).await;
        let mut hash = "0".repeat(64);
        for row in rows.unwrap() {
            let text = |name: &str| row.get::<String, _>(name);
            let fields = serde_json::json!([
                row.get::<i64, _>("id"),
                text("kind"),
                row.get::<Option<i64>, _>("act"),
                row.get::<i64, _>("at_ms"),
                text("who"),
                text("server"),
                text("action"),
                text("object"),
                text("touched"),
                text("sql"),
                text("reason"),
                text("outcome"),
                text("says"),
                row.get::<Option<i64>, _>("took_us"),
            ]);
            let digest = Sha256::new().chain_update(&hash).chain_update(fields.to_string());
            hash = hex::encode(digest.finalize());
            sqlx::query("update audit set hash = ? where id = ?")
                .bind(&hash)
                .bind(row.get::<i64, _>("id"))
                .execute(&mut *database)
                .await
                .unwrap();
        }
        database.close().await.unwrap();
    }
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A log with users, sign-ins and a configuration, of two runs; what it was after the first is in `old`.
async fn filled(place: &Place) {
    let data = place.path("data");
    add_user(&data, "eve", &["--role", "admin"]);
    for (more, name) in [("", "old"), ("explain_analyze = \"allow_superuser\"", "whole")] {
        let pgdeck = Running::in_folder(&place.configure(more), &data);
        let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
        assert_eq!(pgdeck.get("/audit").header("cookie", &eve).send().await.unwrap().status(), 200);
        assert_eq!(pgdeck.terminate().0, 0);
        place.save(name);
    }
}

#[tokio::test]
async fn sign_ins_users_and_configuration_are_in_the_log() {
    let place = Place::new();
    let data = place.path("data");
    add_user(&data, "eve", &["--role", "admin"]);
    add_user(&data, "bob", &["--role", "viewer", "--server", "shop"]);
    let data_dir = data.to_str().unwrap();
    assert_eq!(run(&["user", "remove", "bob", "--data-dir", data_dir]).0, 0);
    let pgdeck = Running::in_folder(&place.configure(""), &data);
    assert_eq!(pgdeck.sign_in("eve", "wrong password").await.status(), 303);
    assert_eq!(pgdeck.sign_in("S3cret typed as a name", "x").await.status(), 303);
    let bad = pgdeck.get("/login?token=0123").send().await.unwrap();
    assert_eq!(bad.status(), 303);
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    assert_eq!(pgdeck.form("/logout", &eve, "x=1").send().await.unwrap().status(), 303);
    assert_eq!(pgdeck.terminate().0, 0);
    let changed =
        place.configure("explain_analyze = \"allow_superuser\"\nmetrics_token = \"C4nary\"");
    let pgdeck = Running::in_folder(&changed, &data);
    let (code, _, _) = run(&["login-link", "--user", "eve", "--data-dir", data_dir]);
    assert_eq!(code, 0);
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    let log = pgdeck.get("/audit.csv").header("cookie", &eve).send().await.unwrap();
    let log = log.text().await.unwrap();
    for line in [
        ",local,,add user,eve,\"roles admin; all servers\",,,worked,",
        ",local,,add user,bob,\"roles viewer; shop\",,,worked,",
        ",local,,remove user,bob,,,,worked,",
        ",eve,,sign in,pgdeck,from 127.0.0.1,,,refused,The name or the password was wrong.",
        ",somebody,,sign in,pgdeck,from 127.0.0.1,,,refused,The name or the password was wrong.",
        ",somebody,,sign in,pgdeck,from 127.0.0.1,,,refused,The link was not valid.",
        ",eve,,sign in,pgdeck,from 127.0.0.1,,,worked,Signed in by password.",
        ",eve,,sign out,pgdeck,,,,worked,",
        ",local,,issue sign-in link,eve,at the control socket,,,worked,",
        "New: explain_analyze = AllowSuperuser; metrics_token = set. Gone: explain_analyze = RefuseSuperuser.",
    ] {
        assert!(log.contains(line), "{line}\n{log}");
    }
    assert!(log.contains("server shop, dsn = reader@127.0.0.1:1/shop"), "{log}");
    assert!(!log.contains("S3cret") && !log.contains("C4nary"), "{log}");
    let page = pgdeck.get("/audit").header("cookie", &eve).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("records is intact: none was changed or removed."));
    assert_eq!(pgdeck.terminate().0, 0);
    // The same configuration again is no change.
    let before = fs::read_to_string(place.path("heads.log")).unwrap().lines().count();
    assert_eq!(Running::in_folder(&changed, &data).terminate().0, 0);
    let after = fs::read_to_string(place.path("heads.log")).unwrap().lines().count();
    assert_eq!(before, after);
}

#[tokio::test]
async fn every_tampering_is_found_and_an_untouched_log_passes() {
    let place = Place::new();
    filled(&place).await;
    let (code, said) = place.verify();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("records is intact: none was changed or removed."), "{said}");
    let cut = "delete from audit where id > (select max(id) - 2 from audit);
               update sqlite_sequence set seq = (select max(id) from audit);";
    let empty = "delete from audit; delete from sqlite_sequence;";
    let reason = "update audit set reason = 'forged' where id = 2;";
    let one_more =
        "insert into audit select id + 1, kind, null, at_ms, 'mallory', server, action, object,
                    touched, sql, reason, outcome, says, took_us, hash from audit
                    order by id desc limit 1;";
    for (what, sql, is_forged) in [
        ("tail cut", cut, false),
        ("emptied", empty, false),
        ("a record changed", reason, false),
        ("a record removed", "delete from audit where id = 3;", false),
        ("chain computed anew", reason, true),
        (
            "a record left out, chain computed anew",
            "delete from audit where id = 1; update audit set id = id - 1;",
            true,
        ),
        ("a record added, with its hash", one_more, true),
    ] {
        match is_forged {
            true => place.forge(sql).await,
            false => place.tamper(sql).await,
        }
        let (code, said) = place.verify();
        println!("{what}: {said}");
        assert_eq!(code, 2, "{what}: {said}");
        place.restore("whole", &["data"]);
        assert_eq!(place.verify().0, 0, "{what}: it is as it was");
    }
}

#[tokio::test]
async fn another_or_an_older_log_is_found() {
    let place = Place::new();
    filled(&place).await;
    for (what, names, sentence) in [
        ("an older log", &["data"][..], "all after it are missing"),
        ("an older log and head", &["data", "data.anchor"], "all after it are missing"),
        ("an older head", &["data.anchor"], "was not written by pgdeck"),
        ("an older copy", &["heads.log"], "intact"),
    ] {
        place.restore("old", names);
        let (code, said) = place.verify();
        let expected = if sentence == "intact" { 0 } else { 2 };
        assert!(code == expected && said.contains(sentence), "{what}: {code} {said}");
        place.restore("whole", &["data", "data.anchor", "heads.log"]);
    }
    // A log that another pgdeck has written, whole in itself.
    let other = Place::new();
    filled(&other).await;
    fs::remove_dir_all(place.path("data")).unwrap();
    copy_directory(&other.path("data"), &place.path("data"));
    let (code, said) = place.verify();
    assert_eq!(code, 2, "{said}");
    // pgdeck goes on with it, and does not make it right.
    let pgdeck = Running::in_folder(&place.configure(""), &place.path("data"));
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    let page = pgdeck.get("/audit").header("cookie", &eve).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("The hash chain is broken"));
    let (code, log) = pgdeck.terminate();
    assert!(code == 0 && log.contains("is not the one that is anchored"), "{log}");
    assert_eq!(place.verify().0, 2);
}

#[tokio::test]
async fn what_is_kept_outside_is_not_believed_blindly() {
    let place = Place::new();
    filled(&place).await;
    let head = fs::read_dir(place.path("data.anchor")).unwrap().map(|entry| entry.unwrap().path());
    let head = head.into_iter().find(|path| path.extension().is_some_and(|word| word == "head"));
    let head = head.unwrap();
    let key = place.path("data.anchor").join("audit.key");
    let heads = place.path("heads.log");
    let edit = |path: &Path, from: &str, to: &str| {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    let all = ["data", "data.anchor", "heads.log"];
    edit(&head, "mac=", "mac=00");
    assert_eq!(place.verify().0, 2, "the head was edited");
    place.restore("whole", &all);
    edit(&heads, "records=", "records=1");
    assert_eq!(place.verify().0, 2, "the copy was edited");
    place.restore("whole", &all);
    fs::write(&key, "0".repeat(128)).unwrap();
    assert_eq!(place.verify().0, 2, "another key");
    place.restore("whole", &all);
    fs::remove_file(&heads).unwrap();
    assert_eq!(place.verify().0, 2, "the copy is gone");
    place.restore("whole", &all);
    fs::remove_file(&key).unwrap();
    let (code, said) = place.verify();
    assert!(code == 3 && said.contains("no head of it is kept outside"), "{code} {said}");
    place.restore("whole", &all);
    assert_eq!(place.verify().0, 0);
    // What pgdeck of before has left is anchored from then on.
    fs::remove_dir_all(place.path("data.anchor")).unwrap();
    fs::remove_file(&heads).unwrap();
    let pgdeck = Running::in_folder(&place.configure(""), &place.path("data"));
    let (code, log) = pgdeck.terminate();
    assert!(code == 0 && log.contains("anchored from now on"), "{log}");
    let (code, said) = place.verify();
    assert!(code == 0 && said.contains("since record"), "{code} {said}");
}

#[tokio::test]
async fn a_missing_log_is_an_error_and_stays_missing() {
    let place = Place::new();
    filled(&place).await;
    let file = place.path("data").join("pgdeck.sqlite");
    fs::write(&file, "").unwrap();
    let (code, said) = place.verify();
    assert!(code == 64 && said.contains("there is no database of pgdeck"), "{code} {said}");
    assert_eq!(file.metadata().unwrap().len(), 0, "nothing was written to it");
    fs::remove_file(&file).unwrap();
    assert_eq!(place.verify().0, 64);
    assert!(!file.exists());
    place.restore("whole", &["data"]);
    place.tamper("drop table audit;").await;
    let (code, said) = place.verify();
    assert!(code == 1 && said.contains("cannot be verified"), "{code} {said}");
}
