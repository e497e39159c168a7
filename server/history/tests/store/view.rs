//! A store that is only looked at: it answers the same, and its file is never written.

use std::path::Path;

use history::{Blob, History, Source};

use crate::workload::*;

const START: i64 = 1_780_000_000_000;

async fn recorded(folder: &Path) -> (History, Truth) {
    let history = open(folder, QUIET).await;
    let (mut random, mut truth) = (fastrand::Rng::with_seed(5), Truth::default());
    for tick in 0..20 {
        truth.tick(&history, &mut random, (START + tick * 1_000, 1_000), 30);
    }
    let blob = Blob { from_ms: START, to_ms: START + 9, bytes: b"the last reading".to_vec() };
    assert!(history.recorder().state(&Source::new("", "", "recording"), blob, Vec::new()));
    history.flush().await.unwrap();
    (history, truth)
}

async fn assert_shown(file: &Path, truth: &Truth) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shown = History::view(file, folder.path()).await.unwrap();
    truth.assert_totals(&shown.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap());
    let state = shown.state(&Source::new("", "", "recording")).await.unwrap().unwrap();
    assert_eq!(state.bytes, b"the last reading");
    shown.close().await.unwrap();
    folder
}

#[tokio::test]
async fn a_copy_answers_and_the_file_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    let (history, truth) = recorded(folder.path()).await;
    // While it is written, with all of it in the WAL.
    assert_shown(&file, &truth).await;
    history.close().await.unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert_shown(&file, &truth).await;
    assert!(std::fs::read(&file).unwrap() == bytes, "the file has changed");
    let beside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(beside.len(), 1, "something was written beside it: {beside:?}");
}

#[tokio::test]
async fn what_is_no_store_is_one_sentence_and_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    recorded(folder.path()).await.0.close().await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
    let pool = sqlx::SqlitePool::connect_lazy_with(options.clone());
    sqlx::query("insert into _sqlx_migrations values (900, 'from the future', 0, true, x'00', 0)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let newer = std::fs::read(&file).unwrap();
    let pool = sqlx::SqlitePool::connect_lazy_with(options);
    sqlx::query("drop table source").execute(&pool).await.unwrap();
    pool.close().await;
    let other = std::fs::read(&file).unwrap();
    let mut torn = whole.clone();
    torn.truncate(whole.len() / 2);
    for (bytes, words) in [
        (newer, "a newer pgdeck wrote it (schema 900, "),
        (other, "a database of something else"),
        (torn, "malformed"),
        (b"SQLite format 3\0 and nothing of the kind".repeat(200), "not a database"),
    ] {
        std::fs::write(&file, &bytes).unwrap();
        let copies = tempfile::tempdir().unwrap();
        let error = History::view(&file, copies.path()).await.unwrap_err().to_string();
        let one = error.ends_with('.') && !error.contains('\n') && error.contains("history.sqlite");
        assert!(one && error.contains(words), "{error}");
        assert!(std::fs::read(&file).unwrap() == bytes, "{words}: the file has changed");
    }
    let missing = folder.path().join("missing");
    History::view(&missing, folder.path()).await.unwrap_err();
    assert!(!missing.exists());
}
