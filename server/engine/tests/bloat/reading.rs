//! What the catalog tells to whom: on every major, as a superuser, with the view, as pg_monitor, as anybody.

use std::sync::Arc;

use bloat::{Shape, Statistics, Storage};
use engine::bloat::{StatisticsSource, read_shapes, read_sources};
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::{Dsn, capability};
use playground::Server;
use playground::install::passed_over;

use crate::server::{READER, Result, WATCHER, grant_view, start};

const TABLE: &str = "
create table t (
  id bigint not null, s varchar(40), c char(5), n numeric, gone text, zero text, plain text,
  \"Größe \"\"x\"\"\" int default 3
);
alter table t drop column gone, alter zero set statistics 0, alter plain set storage plain;
insert into t select i, 'value ' || i % 10, 'x', case when i % 4 > 0 then i end, 'z', 'p' from generate_series(1, 1000) i;
create index by_s on t (s) where n is not null;
create index by_expression on t (lower(s), id) with (fillfactor = 60, deduplicate_items = off);
create index by_n on t (n) where n > 5 or s is null";

/// The shape of `t` as a role reads it, and where its statistics are from.
async fn read(server: &Server, role: Option<&str>) -> Result<(StatisticsSource, Shape)> {
    let dsn = role.map_or_else(|| server.dsn(), |role| server.dsn_for(role, "w", "postgres"));
    let dsn = Dsn::parse(&dsn, &Environment::empty())?;
    let lost = |reason: model::Reason| anyhow::anyhow!("{}", reason.message());
    let overhead = Arc::new(Overhead::default());
    let mut observer = Observer::open(&dsn, &Budget::default(), overhead).await.map_err(lost)?;
    let facts = capability::read(&mut observer).await.and_then(|facts| facts).map_err(lost)?;
    let sources = read_sources(&mut observer, &facts).await?;
    let oid: i64 = sqlx::query_scalar("select 't'::regclass::oid::int8")
        .fetch_one(&mut server.connect().await?)
        .await?;
    let oid = u32::try_from(oid)?;
    let mut shapes = read_shapes(&mut observer, &facts, &sources, &[oid, 4_294_967_295]).await?;
    anyhow::ensure!(
        shapes.remove(&4_294_967_295) == Some(Shape::default()),
        "there is no such table"
    );
    Ok((sources.statistics, shapes.remove(&oid).unwrap_or_default()))
}

fn statistics(shape: &Shape) -> Vec<&'static str> {
    let word = |statistics: &Statistics| match statistics {
        Statistics::Known(_) => "known",
        Statistics::NeverAnalyzed => "never analyzed",
        Statistics::NotPermitted => "not permitted",
        Statistics::TargetZero => "target 0",
    };
    shape
        .columns
        .iter()
        .filter(|column| !column.is_dropped)
        .map(|column| word(&column.statistics))
        .collect()
}

async fn every_role(major: u16) -> Result {
    if passed_over(major) {
        return Ok(());
    }
    let server = start(major).await?;
    server.exec("create role anybody login").await?;
    server.exec(TABLE).await?;
    let before = server.log().len();
    let (_, fresh) = read(&server, None).await?;
    assert_eq!(
        statistics(&fresh)[..5],
        ["never analyzed"; 4].into_iter().chain(["target 0"]).collect::<Vec<_>>()[..]
    );
    server.exec("analyze t").await?;
    let (source, full) = read(&server, None).await?;
    assert_eq!(source, StatisticsSource::Catalog);
    assert_eq!(
        statistics(&full),
        ["known", "known", "known", "known", "target 0", "known", "known"]
    );
    for role in [WATCHER, "anybody"] {
        let (source, blind) = read(&server, Some(role)).await?;
        assert_eq!(source, StatisticsSource::Stats);
        let hidden = "not permitted";
        assert_eq!(
            statistics(&blind),
            [hidden, hidden, hidden, hidden, "target 0", hidden, hidden],
            "{role}"
        );
        assert_eq!(blind.btrees.len(), 3);
    }
    server.exec("grant select on t to anybody; alter table t enable row level security").await?;
    let (_, secured) = read(&server, Some("anybody")).await?;
    assert_eq!(statistics(&secured)[0], "not permitted", "pg_stats hides tables with row security");
    server.exec("alter table t disable row level security").await?;
    let (_, granted) = read(&server, Some("anybody")).await?;
    assert_eq!(statistics(&granted), statistics(&full));
    grant_view(&server).await?;
    assert_eq!(read(&server, Some(READER)).await?, (StatisticsSource::View, full.clone()));
    server.exec("alter view pgdeck.column_numbers owner to anybody").await?;
    let (source, _) = read(&server, Some(READER)).await?;
    assert_eq!(source, StatisticsSource::Stats, "a view of somebody else's is not read");
    shape(&full);
    let errors = server.log()[before..].matches("ERROR:").count();
    assert_eq!(errors, 0, "no query may fail");
    Ok(())
}

/// What the catalog says of the table.
fn shape(full: &Shape) {
    let column = |attnum: i16| full.columns.iter().find(|column| column.attnum == attnum).unwrap();
    assert!(column(1).is_not_null && !column(2).is_not_null);
    assert_eq!((column(2).characters, column(2).is_padded), (Some(40), false));
    assert_eq!((column(3).characters, column(3).is_padded), (Some(5), true));
    assert!(column(4).is_stepped && !column(2).is_stepped);
    assert_eq!(column(4).storage, Storage::Main);
    assert!(column(5).is_dropped);
    assert_eq!(column(6).statistics_target, Some(0));
    assert_eq!(column(7).storage, Storage::Plain);
    let btree = |columns: usize, is_partial: bool| {
        full.btrees
            .iter()
            .find(|btree| btree.keys.len() == columns && btree.is_partial == is_partial)
            .unwrap()
    };
    let by_expression = btree(2, false);
    assert_eq!(
        (by_expression.fillfactor, by_expression.deduplicate_items),
        (Some(60), Some(false))
    );
    let [lower, id] = by_expression.keys.as_slice() else { panic!("two keys") };
    assert!(matches!(lower.source, bloat::KeySource::Expression(Statistics::Known(_))));
    assert_eq!(id.source, bloat::KeySource::Column(1));
    let equal: Vec<bool> = full
        .btrees
        .iter()
        .filter(|btree| btree.is_partial)
        .map(|btree| btree.is_equal_image)
        .collect();
    assert_eq!(equal, [true, false], "text may be deduplicated, numeric not");
    let nulls: Vec<_> = full
        .btrees
        .iter()
        .filter(|btree| btree.is_partial)
        .map(|btree| btree.keys[0].nulls_left)
        .collect();
    assert_eq!(nulls, [bloat::NullsLeft::AsInTable, bloat::NullsLeft::Doubtful]);
    let Statistics::Known(numbers) = &column(2).statistics else { panic!("s is analyzed") };
    assert_eq!(numbers.frequencies.len(), 10, "by_s needs them");
    let Statistics::Known(numbers) = &column(3).statistics else { panic!("c is analyzed") };
    assert!(numbers.frequencies.is_empty(), "no index needs them");
}

#[tokio::test]
async fn every_role_on_14() -> Result {
    every_role(14).await
}

#[tokio::test]
async fn every_role_on_15() -> Result {
    every_role(15).await
}

#[tokio::test]
async fn every_role_on_16() -> Result {
    every_role(16).await
}

#[tokio::test]
async fn every_role_on_17() -> Result {
    every_role(17).await
}

#[tokio::test]
async fn every_role_on_18() -> Result {
    every_role(18).await
}

#[tokio::test]
async fn every_role_on_19() -> Result {
    every_role(19).await
}

#[tokio::test]
async fn a_virtual_column_of_18_is_not_stored() -> Result {
    let server = start(18).await?;
    server.exec("create table t (a int, b int generated always as (a * 2) virtual, c int generated always as (a) stored)").await?;
    let (_, shape) = read(&server, None).await?;
    assert_eq!(
        shape.columns.iter().map(|column| column.is_virtual).collect::<Vec<_>>(),
        [false, true, false]
    );
    Ok(())
}
