//! A disk without room, a directory without rights, a damaged file, one of a newer pgdeck: a sentence each,
//! and recording goes on as soon as it can.

use std::path::Path;

use history::{Error, GapReason, History, Point, Settings};

use crate::workload::*;

over_both! {
    a_wrong_byte_costs_its_block_and_becomes_a_gap,
}

const START: i64 = 1_780_000_000_000;

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("history.sqlite")
}

/// One sentence that names the file.
#[track_caller]
fn assert_sentence(error: &Error, word: &str) {
    let text = error.to_string();
    let one = text.ends_with('.') && !text.contains('\n') && text.contains("history.sqlite");
    assert!(one && text.contains(word), "{text}");
}

async fn pool(folder: &Path) -> sqlx::SqlitePool {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file(folder));
    sqlx::SqlitePool::connect_lazy_with(options)
}

#[tokio::test]
async fn a_full_disk_stops_recording_and_room_resumes_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { max_pages: 90, buffer: 4_000, ..QUIET };
    let history = open(folder.path(), settings).await;
    let mut random = fastrand::Rng::with_seed(3);
    let mut truth = Truth::default();
    let mut at = START;
    let full = loop {
        truth.tick(&history, &mut random, (at, 1_000), 100);
        at += 1_000;
        assert!(at < START + 9_000_000, "it never filled up");
        if let Err(error) = history.flush().await {
            break error;
        }
    };
    assert_sentence(&full, "is full");
    let stopped = history.about().await.unwrap().stopped.unwrap();
    assert_eq!(stopped.cause, full.to_string());
    let kept = history.totals(&source(), EVERYTHING, START, at).await.unwrap();
    assert!(!kept.rows.is_empty(), "the past can still be read");
    // The buffer takes some more ticks, then it is full as well.
    let waiting = at;
    for _ in 0..200 {
        truth.tick(&history, &mut random, (at, 1_000), 100);
        at += 1_000;
        history.flush().await.unwrap_err();
    }
    assert!(history.about().await.unwrap().dropped > 0);
    history.close().await.unwrap_err();

    // Room: what was kept before is there. A second store shows what waits being written.
    let history = open(folder.path(), QUIET).await;
    assert!(history.stopped().is_none());
    let again = history.totals(&source(), EVERYTHING, START, waiting).await.unwrap();
    assert_eq!(again.rows.len(), kept.rows.len());
}

/// Room appears while the process runs: another process deletes what it holds.
#[tokio::test]
async fn what_waits_is_written_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { max_pages: 120, buffer: 3_000, ..QUIET };
    let history = open(folder.path(), settings).await;
    let other = pool(folder.path()).await;
    sqlx::query("create table ballast (data blob)").execute(&other).await.unwrap();
    sqlx::query("insert into ballast values (zeroblob(160000))").execute(&other).await.unwrap();
    let mut random = fastrand::Rng::with_seed(4);
    let mut truth = Truth::default();
    let mut at = START;
    loop {
        truth.tick(&history, &mut random, (at, 1_000), 100);
        at += 1_000;
        if history.flush().await.is_err() {
            break;
        }
    }
    for _ in 0..50 {
        truth.tick(&history, &mut random, (at, 1_000), 100);
        at += 1_000;
        history.flush().await.unwrap_err();
    }
    sqlx::query("drop table ballast").execute(&other).await.unwrap();
    history.flush().await.unwrap();
    assert!(history.stopped().is_none());
    let gaps = history.gaps(&source(), 0, i64::MAX).await.unwrap();
    let [gap] = &gaps[..] else { panic!("{gaps:?}") };
    assert_eq!((gap.reason, gap.to_ms), (GapReason::NotKept, at - 1_000));
    assert!(gap.detail.contains("is full"), "{}", gap.detail);
    let got = history.totals(&source(), EVERYTHING, START, gap.from_ms + 1).await.unwrap();
    truth.assert_totals(&got);
    let next = history.totals(&source(), EVERYTHING, gap.from_ms + 1, at).await.unwrap();
    assert_eq!(next.ticks, 0, "the gap is where nothing is");
    // What comes next is recorded, and its gap is not told twice.
    truth.tick(&history, &mut random, (at, 1_000), 100);
    history.flush().await.unwrap();
    assert_eq!(history.gaps(&source(), 0, i64::MAX).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_directory_without_rights_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "no directory").unwrap();
    let error = History::open(&file(&blocked), QUIET).await.unwrap_err();
    assert_sentence(&error, "cannot be written");

    // Root may write anywhere, so the file itself is made unwritable as a read-only disk would.
    open(folder.path(), QUIET).await.close().await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file(folder.path()));
    let reads = sqlx::SqlitePool::connect_lazy_with(options.read_only(true));
    let refused = sqlx::query("delete from chunk").execute(&reads).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "8");
}

/// Linux mounts `/sys` read-only in containers; elsewhere it refuses new files as well.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_read_only_file_system_is_one_sentence() {
    let error = History::open(Path::new("/sys/pgdeck/history.sqlite"), QUIET).await.unwrap_err();
    assert_sentence(&error, "cannot be written");
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), QUIET).await.close().await.unwrap();
    let newer = pool(folder.path()).await;
    sqlx::query("insert into _sqlx_migrations values (900, 'from the future', 0, true, x'00', 0)")
        .execute(&newer)
        .await
        .unwrap();
    newer.close().await;
    let before = std::fs::read(file(folder.path())).unwrap();
    let error = History::open(&file(folder.path()), QUIET).await.unwrap_err();
    assert_sentence(&error, "newer pgdeck (schema 900, this one knows 3)");
    let after = std::fs::read(file(folder.path())).unwrap();
    // SQLite counts in its header that the file was looked at (sqlite.org/fileformat2.html, 1.3).
    let counters = |at: &usize| (24..28).contains(at) || (92..96).contains(at);
    let changed = (0..after.len()).filter(|at| before.get(*at) != after.get(*at) && !counters(at));
    assert_eq!((changed.count(), after.len()), (0, before.len()), "nothing was written");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let text = "not a database at all, just text".repeat(500);
    std::fs::write(file(folder.path()), &text).unwrap();
    let history = open(folder.path(), QUIET).await;
    let aside = history.about().await.unwrap().moved_aside.unwrap();
    assert_eq!(std::fs::read_to_string(&aside).unwrap(), text, "nothing is lost");
    assert!(aside.ends_with("history.sqlite.damaged-1"));
    let mut truth = Truth::default();
    truth.tick(&history, &mut fastrand::Rng::with_seed(1), (START, 1_000), 20);
    history.flush().await.unwrap();
    truth.assert_totals(&history.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap());
    history.close().await.unwrap();
    assert!(open(folder.path(), QUIET).await.moved_aside().is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let history = open(&folder.path().join("a/b"), QUIET).await;
    history.recorder().append(&source(), START, 1_000, Vec::new());
    history.flush().await.unwrap();
    for entry in std::fs::read_dir(folder.path().join("a/b")).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

async fn a_wrong_byte_costs_its_block_and_becomes_a_gap(place: Place) {
    let history = place.open(QUIET).await;
    for tick in 0..30 {
        let point = Point::new(&statement(tick % 2), CALLS, 1.0);
        history.recorder().append(&source(), START + tick as i64 * 1_000, 1_000, vec![point]);
        if tick % 10 == 9 {
            history.flush().await.unwrap();
        }
    }
    let whole = source();
    let all = || history.totals(&whole, EVERYTHING, 0, i64::MAX / 2);
    let sum = |totals: &history::Totals| totals.rows.iter().map(|row| row.sum).sum::<f64>();
    assert_eq!(sum(&all().await.unwrap()), 30.0);
    // The second of three flushes.
    match &place {
        Place::Folder(folder) => {
            let broken = "update block set data = cast(substr(data, 1, 12) || x'ff' || substr(data, 14) as blob) where id = (select id from block order by id limit 1 offset 1)";
            sqlx::query(broken).execute(&pool(folder.path()).await).await.unwrap();
        }
        Place::Database(url) => {
            let broken = "update pgdeck.block set data = set_byte(data, 12, 255 - get_byte(data, 12)) where chunk = (select chunk from pgdeck.block order by chunk limit 1 offset 1)";
            let pool = sqlx::PgPool::connect_lazy(url).unwrap();
            assert_eq!(sqlx::query(broken).execute(&pool).await.unwrap().rows_affected(), 1);
        }
    }
    let got = all().await.unwrap();
    assert_eq!((sum(&got), got.corrupt), (20.0, 1));
    let range = history.range(&source(), &statement(1), CALLS.name, START, START + 99_000, 9).await;
    assert_eq!(range.unwrap().corrupt, 1);
    history.flush().await.unwrap();
    // Compaction goes on with the rest; the gap is told once.
    history.maintain(START + 3_600_000).await.unwrap();
    assert_eq!(sum(&all().await.unwrap()), 20.0);
    assert_eq!(history.about().await.unwrap().corrupt, 3);
    history.flush().await.unwrap();
    let gaps = history.gaps(&source(), 0, i64::MAX).await.unwrap();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((gaps[0].from_ms, gaps[0].to_ms), (START + 10_000, START + 19_000));
    assert_eq!(gaps[0].reason, GapReason::Corrupt);
}
