//! The catalog read for a plan's rules, as three kinds of role on every major.

use engine::explain::catalog::PlanCatalog;
use model::Reason;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_gets_what_it_may_see_or_the_reason() -> Result {
    for major in playground::install::SUPPORTED {
        if playground::install::passed_over(major) {
            continue;
        }
        let server = playground::server(major).await?;
        prepared(&server).await?;
        server
            .exec(
                "create role plain login password 'p';
                 create index half on orders (lower(note)) include (at) where customer > 50;
                 create statistics pairs on customer, note from orders",
            )
            .await?;
        analysed(&server).await?;
        let before = server.log().len();
        for (dsn, sees) in [
            (server.dsn(), true),
            (analyst(&server), true),
            (server.dsn_for("plain", "p", "postgres"), false),
        ] {
            let engine = watching_one(dsn).await?;
            let named = [(None, "orders".to_owned()), (Some("nowhere".into()), "x".into())];
            let catalog = engine.plan_catalog(&one(), None, &named).await.expect("readable");
            looks_right(&catalog, sees, major);
            engine.stop().await;
        }
        let log = server.log();
        let errors = log
            .get(before..)
            .unwrap_or_default()
            .lines()
            .filter(|line| line.contains("ERROR"))
            .count();
        assert_eq!(errors, 0, "we left errors in the log of {major}: {log}");
    }
    Ok(())
}

/// Waits until ANALYZE is on record: sessions tell of it a moment later, on 14 through a process of its
/// own.
async fn analysed(server: &Server) -> Result {
    const ANALYSED: &str = "select count(*) from pg_stat_user_tables where relname = 'orders' and last_analyze is not null";
    let started = std::time::Instant::now();
    while number(server, ANALYSED).await? == 0 {
        anyhow::ensure!(started.elapsed() < PATIENCE, "no ANALYZE on record");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn looks_right(catalog: &PlanCatalog, sees: bool, major: u16) {
    let relations = catalog.relations.as_ref().expect("everybody sees pg_class");
    assert_eq!(relations.len(), 1, "{major}");
    let orders = relations.first().expect("orders");
    assert!(orders.size_bytes > 0.0 && orders.reltuples == Some(2_000.0), "{orders:?}");
    assert!(orders.analyze_age_seconds.is_some_and(|age| age < 600.0), "{orders:?}");
    let indexes = catalog.indexes.as_ref().expect("everybody sees pg_index");
    let half = indexes.iter().find(|index| index.name == "half").expect("half");
    assert_eq!(
        (half.keys.clone(), half.include.clone()),
        (vec!["lower(note)".into()], vec!["at".into()])
    );
    assert_eq!(half.predicate.as_deref(), Some("(customer > 50)"));
    assert_eq!(catalog.extended.as_ref().map(Vec::len), Ok(1));
    let settings = catalog.settings.as_ref().expect("everybody sees these");
    assert!(
        settings.iter().any(|s| s.name == "work_mem" && s.setting.as_deref() == Some("4MB")),
        "{settings:?}"
    );
    match &catalog.columns {
        Ok(columns) => assert!(
            sees && columns.iter().any(|c| c.name == "customer" && c.n_distinct == 100.0),
            "{columns:?}"
        ),
        Err(reason) => {
            assert!(!sees && matches!(reason, Reason::MissingGrant { .. }), "{reason:?}")
        }
    }
}
