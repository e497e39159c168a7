//! Every SQL file on every major in its range, under three kinds of role: as superuser and as
//! `pg_monitor` each must give rows that decode; a login without grants must get readings or
//! reasons. None may leave an error in the server's log.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it expects by panicking")]

mod support;

use std::sync::Arc;

use engine::areas::activity::ActivityArea;
use engine::areas::replication::ReplicationArea;
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::sql::Fill;
use engine::{Dsn, Engine, Limits, ServerConfig, areas, capability};
use model::{AreaName, Reason, ServerId};
use playground::install::passed_over;

type Result<T = ()> = anyhow::Result<T>;

fn dsn(text: &str) -> Result<Dsn> {
    Ok(Dsn::parse(text, &Environment::empty())?)
}

async fn prepared(major: u16) -> Result<playground::Server> {
    let server = playground::server(major).await?;
    server
        .exec(
            "create role watcher login password 'w'; grant pg_monitor to watcher;
             create role plain login password 'p';
             create extension pg_stat_statements;
             select pg_create_physical_replication_slot('kept', true);",
        )
        .await?;
    Ok(server)
}

/// Runs every file as each role; the sum of failures must be as expected.
async fn every_file(major: u16) -> Result {
    let server = prepared(major).await?;
    // The area asks for these only where it may.
    let functions = "pg_current_logfile(text), pg_current_logfile(), pg_ls_logdir(), pg_read_binary_file(text, bigint, bigint, boolean)";
    server.exec(&format!("grant execute on function {functions} to plain, watcher")).await?;
    let before = server.log().len();
    let roles = [
        ("superuser", server.dsn()),
        ("pg_monitor", server.dsn_for("watcher", "w", "postgres")),
        ("plain", server.dsn_for("plain", "p", "postgres")),
    ];
    for (role, text) in roles {
        let mut observer =
            Observer::open(&dsn(&text)?, &Budget::default(), Arc::new(Overhead::default()))
                .await
                .map_err(|reason| anyhow::anyhow!("{role}: {}", reason.message()))?;
        let facts = capability::read(&mut observer).await.and_then(|facts| facts);
        let facts = facts.map_err(|reason| anyhow::anyhow!("{role}: {}", reason.message()))?;
        assert_eq!(facts.major, major);
        assert_eq!(facts.pg_monitor, role != "plain", "{role}");
        assert!(facts.system_identifier.is_some(), "{role} can read the identity");
        let of_areas =
            areas::ALL.iter().flat_map(|a| a.queries.iter().map(|q| (a.name.as_str(), q)));
        let of_all =
            [("databases", engine::databases::QUERIES), ("touched", engine::touched::QUERIES)];
        let of_all = of_all.into_iter().flat_map(|(of, all)| all.iter().map(move |q| (of, q)));
        for (area, query) in of_areas.chain(of_all) {
            let Some(file) = query.pick_for(&facts) else {
                let begins = query.files.first().map(|file| file.floor);
                assert!(
                    begins > Some(major),
                    "{area}/{}: a file for every major since",
                    query.rows
                );
                continue;
            };
            let fill = Fill { schema: "public", numbers: &[1, 2], ..Fill::default() };
            let answers = match file.text.contains('{') {
                true => observer.read_with(&[file], fill).await,
                false => observer.read(&[file]).await,
            };
            let answers = answers.expect("the connection stays");
            for answer in answers {
                if let Err(reason) = answer {
                    panic!("{area}/{} as {role} on {major}: {}", file.name, reason.message());
                }
            }
        }
    }
    let log = server.log();
    let new = log.get(before..).unwrap_or_default();
    let errors: Vec<_> =
        new.lines().filter(|line| line.contains("ERROR") || line.contains("FATAL")).collect();
    assert!(errors.is_empty(), "we left errors in the server's log: {errors:#?}");
    Ok(())
}

/// Every area as the sampler runs it: which gives what to whom.
async fn every_area(major: u16) -> Result {
    let server = prepared(major).await?;
    let before = server.log().len();
    let config = |name: &str, text: String| -> Result<ServerConfig> {
        Ok(ServerConfig {
            id: ServerId::new(name),
            dsn: dsn(&text)?,
            operate: None,
            labels: vec![],
            cores: None,
        })
    };
    let engine = Engine::start(
        vec![
            config("superuser", server.dsn())?,
            config("monitor", server.dsn_for("watcher", "w", "postgres"))?,
            config("plain", server.dsn_for("plain", "p", "postgres"))?,
        ],
        Limits::default(),
    );
    // Somebody else's session, which a plain login may not look into.
    let _other = server.connect().await?;
    for name in ["superuser", "monitor", "plain"] {
        let id = ServerId::new(name);
        for area in AreaName::ALL {
            let mut frames = engine.subscribe(&id, area).expect("the server is known");
            let arrived = frames.wait_for(|frame| frame.full.contains("\"reading\":{"));
            tokio::time::timeout(support::PATIENCE, arrived).await??;
        }
        let activity = engine
            .latest::<ActivityArea>(&id)
            .and_then(|latest| latest.reading)
            .expect("a reading");
        let replication =
            engine.latest::<ReplicationArea>(&id).and_then(|l| l.reading).expect("a reading");
        if name == "plain" {
            assert!(matches!(activity.value.others, Err(Reason::MissingGrant { .. })));
            assert!(
                activity.not_checked.iter().any(|n| n.rule == "activity/idle_in_transaction"),
                "a rule is not run on sessions it cannot see"
            );
            let shown: Vec<_> =
                activity.value.sessions.iter().filter_map(|s| s.query.as_deref()).collect();
            assert!(!shown.contains(&"<insufficient privilege>"));
        } else {
            assert_eq!(activity.value.others, Ok(()), "{name}");
            assert_eq!(activity.not_checked, vec![], "{name}");
            assert!(
                activity
                    .value
                    .sessions
                    .iter()
                    .any(|s| s.backend_type.as_deref() == Some("checkpointer"))
            );
        }
        let slots = replication.value.slots.expect("slots are readable by everybody");
        assert_eq!(slots.iter().map(|slot| slot.slot_name.as_str()).collect::<Vec<_>>(), ["kept"]);
    }
    engine.stop().await;
    let log = server.log();
    let new = log.get(before..).unwrap_or_default();
    assert!(!new.contains("ERROR") && !new.contains("FATAL"), "errors in the server's log: {new}");
    Ok(())
}

macro_rules! on_every_major {
    ($($major:literal $files:ident $areas:ident),+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $files() -> Result {
            if passed_over($major) { return Ok(()); }
            every_file($major).await
        }
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $areas() -> Result {
            if passed_over($major) { return Ok(()); }
            every_area($major).await
        }
    )+ };
}
on_every_major! {
    14 every_file_on_14 every_area_on_14,
    15 every_file_on_15 every_area_on_15,
    16 every_file_on_16 every_area_on_16,
    17 every_file_on_17 every_area_on_17,
    18 every_file_on_18 every_area_on_18,
    19 every_file_on_19 every_area_on_19
}

#[tokio::test]
async fn a_standby_reads_as_a_standby_on_every_major() -> Result {
    for major in [14, 18, 19] {
        if passed_over(major) {
            continue;
        }
        let primary = prepared(major).await?;
        let standby = primary.standby("copy").await?;
        let config = |name: &str, server: &playground::Server| -> Result<ServerConfig> {
            Ok(ServerConfig {
                id: ServerId::new(name),
                dsn: dsn(&server.dsn_for("watcher", "w", "postgres"))?,
                operate: None,
                labels: vec![],
                cores: None,
            })
        };
        let engine = Engine::start(
            vec![config("primary", &primary)?, config("standby", &standby)?],
            Limits::default(),
        );
        let id = ServerId::new("standby");
        let mut frames = engine.subscribe(&id, AreaName::Replication).expect("known");
        let linked = frames.wait_for(|frame| frame.full.contains("\"linked\":true"));
        tokio::time::timeout(support::PATIENCE, linked).await??;
        let mut frames =
            engine.subscribe(&ServerId::new("primary"), AreaName::Replication).expect("known");
        let streams = frames.wait_for(|frame| frame.full.contains("\"state\":\"streaming\""));
        tokio::time::timeout(support::PATIENCE, streams).await??;
        let drawn = engine.topology(&id);
        assert_eq!(drawn.nodes.len(), 2, "{drawn:#?}");
        assert_eq!(drawn.streams.len(), 1, "{drawn:#?}");
        let end = drawn.nodes.get(drawn.streams[0].to).and_then(|node| node.server.clone());
        assert_eq!(end, Some(id.clone()), "the sender is matched to the watched standby");
        engine.stop().await;
    }
    Ok(())
}

/// What the command line shows of the oldest and of the newest major.
#[tokio::test]
async fn a_recording_and_a_report_of_the_oldest_and_the_newest_major() -> Result {
    for major in [14, 19] {
        if passed_over(major) {
            continue;
        }
        let server = prepared(major).await?;
        let config = || -> Result<ServerConfig> {
            let dsn = dsn(&server.dsn_for("watcher", "w", "postgres"))?;
            Ok(ServerConfig {
                id: ServerId::new("one"),
                dsn,
                operate: None,
                labels: vec![],
                cores: None,
            })
        };
        let said = |reason: Reason| anyhow::anyhow!("{major}: {}", reason.message());
        let (recorded, report) =
            tokio::join!(engine::record(config()?), engine::check(config()?, Limits::default()));
        let recorded = serde_json::to_value(recorded.map_err(said)?)?;
        for area in AreaName::ALL {
            let place = format!("/servers/0/1/{}/reading", area.as_str());
            assert!(recorded.pointer(&place).is_some_and(|it| it.is_object()), "{major}: {place}");
        }
        let report = report.map_err(said)?;
        assert_eq!(report.major, Some(major));
        let unchecked: Vec<_> = report.not_checked.iter().map(|n| n.rule.as_str()).collect();
        assert_eq!(unchecked, engine::rules::JUDGED_OVER_TIME, "{major}");
        let rules: Vec<_> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
        let expected: &[&str] = if major == 14 { &["overview/end_of_life"] } else { &[] };
        assert_eq!(rules, expected, "{major}");
    }
    Ok(())
}
