//! Plans of statements: a shape is kept once, another one is told once, and all of it within bounds; a store
//! of the version before plans keeps everything.

use history::{Event, MOST_PLAN_BYTES, MOST_PLANS, Point, Retention, Settings, StatementPlan};

use crate::workload::*;

over_both! {
    a_shape_is_kept_once_and_another_one_is_told,
    plans_are_bounded_and_forgotten,
    a_store_without_plans_becomes_one_with_them,
}

fn plan(key: &str, how: &str, shape: &str, at_ms: i64) -> StatementPlan {
    StatementPlan {
        cluster: "7".to_owned(),
        key: key.to_owned(),
        database: "sh'op".to_owned(),
        how: how.to_owned(),
        shape: shape.to_owned(),
        fingerprint: "fp".to_owned(),
        plan: format!("[{{\"Plan\": {{\"Relation Name\": \"<b>{shape}\"}}}}]"),
        first_ms: at_ms,
        last_ms: at_ms,
    }
}

fn flip(at_ms: i64) -> Option<Event> {
    Some(Event {
        cluster: "7".to_owned(),
        server: "shop".to_owned(),
        at_ms,
        kind: "plan".to_owned(),
        title: format!("flip {at_ms}"),
        detail: serde_json::json!({}),
    })
}

/// Shape, first and last time of each.
fn spans(plans: &[StatementPlan]) -> Vec<(&str, i64, i64)> {
    plans.iter().map(|plan| (plan.shape.as_str(), plan.first_ms, plan.last_ms)).collect()
}

async fn a_shape_is_kept_once_and_another_one_is_told(place: Place) {
    let history = place.open(QUIET).await;
    let recorder = history.recorder();
    // The first is no flip, nor is one that was had in another way, nor one from before the newest.
    for (shape, how, at_ms) in [
        ("a", "generic", 10),
        ("a", "generic", 20),
        ("b", "common values", 25),
        ("b", "generic", 30),
        ("b", "generic", 40),
        ("z", "generic", 5),
        ("a", "generic", 50),
    ] {
        assert!(recorder.plan(plan("-12", how, shape, at_ms), flip(at_ms)));
        history.flush().await.unwrap();
    }
    assert!(
        recorder.plan(
            StatementPlan { plan: "later".to_owned(), ..plan("-12", "generic", "a", 60) },
            None
        )
    );
    // Another key of the same statement, and another statement.
    assert!(recorder.plan(plan("13", "generic", "c", 70), flip(70)));
    let other = StatementPlan { fingerprint: String::new(), ..plan("14", "generic", "d", 80) };
    assert!(recorder.plan(other.clone(), flip(80)));
    history.flush().await.unwrap();

    let plans = history.plans("7", "-12", "").await.unwrap();
    assert_eq!(spans(&plans), [("a", 10, 60), ("b", 30, 40), ("b", 25, 25), ("z", 5, 5)]);
    assert_eq!(plans[0], StatementPlan { last_ms: 60, ..plan("-12", "generic", "a", 10) });
    assert_eq!(history.plans("7", "-12", "fp").await.unwrap().len(), 5, "all with its fingerprint");
    assert_eq!(history.plans("7", "14", "").await.unwrap(), [other]);
    assert!(history.plans("8", "-12", "fp").await.unwrap().is_empty());
    let events = history.events("7", 0, 1_000).await.unwrap();
    let titles: Vec<&str> = events.iter().map(|event| event.title.as_str()).collect();
    assert_eq!(titles, ["flip 30", "flip 50"]);
}

async fn plans_are_bounded_and_forgotten(place: Place) {
    let keep = Retention { days_ms: 1_000, ..QUIET.retention };
    let history = place.open(Settings { retention: keep, ..QUIET }).await;
    let recorder = history.recorder();
    let large = "x".repeat(MOST_PLAN_BYTES + 1);
    assert!(
        !recorder.plan(StatementPlan { plan: large, ..plan("1", "generic", "large", 1) }, None)
    );
    let last = MOST_PLANS as i64 + 5;
    for number in 1..=last {
        assert!(recorder.plan(plan("1", "generic", &format!("{number:02}"), number), None));
    }
    history.flush().await.unwrap();
    let plans = history.plans("7", "1", "").await.unwrap();
    assert_eq!(plans.len(), MOST_PLANS);
    assert_eq!((plans[0].last_ms, plans[MOST_PLANS - 1].last_ms), (last, 6), "the oldest go");
    history.maintain(1_000 + last).await.unwrap();
    assert_eq!(spans(&history.plans("7", "1", "").await.unwrap()), [("25", last, last)]);
}

/// The store as the version before left it.
const BEFORE: [&str; 2] =
    ["drop table statement_plan", "delete from _sqlx_migrations where version > 1"];

async fn a_store_without_plans_becomes_one_with_them(place: Place) {
    let history = place.open(QUIET).await;
    let recorder = history.recorder();
    recorder.append(&source(), 1_000, 1_000, vec![Point::new(&statement(1), CALLS, 3.0)]);
    recorder.event(Event { server: String::new(), ..flip(1_500).unwrap() });
    history.flush().await.unwrap();
    history.close().await.unwrap();
    match &place {
        Place::Folder(folder) => {
            let url = format!("sqlite://{}", folder.path().join("history.sqlite").display());
            let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
            for sql in BEFORE {
                sqlx::query(sql).execute(&pool).await.unwrap();
            }
            pool.close().await;
        }
        Place::Database(url) => {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            let mut conn = pool.acquire().await.unwrap();
            for sql in ["set search_path = pgdeck"].into_iter().chain(BEFORE) {
                sqlx::query(sql).execute(&mut *conn).await.unwrap();
            }
        }
    }
    let history = place.open(QUIET).await;
    let totals = history.totals(&source(), EVERYTHING, 0, 2_000).await.unwrap();
    assert_eq!((totals.ticks, totals.rows[0].sum), (1, 3.0));
    assert_eq!(history.events("7", 0, 2_000).await.unwrap().len(), 1);
    assert!(history.recorder().plan(plan("1", "generic", "a", 2_000), None));
    history.flush().await.unwrap();
    assert_eq!(spans(&history.plans("7", "1", "").await.unwrap()), [("a", 2_000, 2_000)]);
}
