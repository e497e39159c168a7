//! Rules on bloat: what they tell to run gives back what they say, and who keeps dead rows lets go first.

use model::Finding;

use super::*;

const TABLE: &str = "tables/bloated_table";
const INDEX: &str = "tables/bloated_index";
/// Of 60,000 rows three quarters are deleted, of the table and of what its indexes hold.
const DELETED: &str = "create table \"or\"\"ders\" (id int primary key, note text not null);
     insert into \"or\"\"ders\" select i, repeat(md5(i::text), 8) from generate_series(1, 60000) i;
     create index \"no\"\"te\" on \"or\"\"ders\" (note);
     delete from \"or\"\"ders\" where id % 4 <> 0";

/// The rules under limits that a small table reaches.
fn watching(server: &Server, held_for_s: f64) -> Result<Engine> {
    let of = |rule| [(rule, "min_bytes", 1_000_000.0), (rule, "held_for_s", held_for_s)];
    let all = [of(TABLE), of(INDEX)].concat();
    Ok(Engine::start(vec![config("one", &server.dsn())?], limits(&all)?))
}

/// What a rule says, folded or not.
fn told(engine: &Engine, rule: &str) -> Option<Finding> {
    let (findings, _) = engine.findings(&ServerId::new("one"));
    let unfolded = findings.into_iter().flat_map(|finding| {
        let same = finding.same_root.clone();
        std::iter::once(finding).chain(same)
    });
    unfolded.into_iter().find(|finding| finding.rule == rule)
}

/// Asks for new readings until what a rule says is so.
async fn says(
    engine: &Engine,
    rule: &str,
    so: impl Fn(Option<&Finding>) -> bool,
) -> Result<Option<Finding>> {
    let id = ServerId::new("one");
    let settled = || {
        engine.refresh(&id);
        let is_checked = !engine.findings(&id).1.iter().any(|entry| entry.rule == rule);
        is_checked && so(told(engine, rule).as_ref())
    };
    let found = until(engine, "one", PATIENCE, |_| settled()).await;
    found.with_context(|| format!("{rule}: {:?}", told(engine, rule)))?;
    Ok(told(engine, rule))
}

async fn fired(engine: &Engine, rule: &str, words: &str) -> Result<Finding> {
    let found =
        says(engine, rule, |found| found.is_some_and(|f| f.message.contains(words))).await?;
    found.context("it fired")
}

async fn size(server: &Server, name: &str) -> Result<f64> {
    let mut own = server.connect().await?;
    let sql = "select pg_relation_size($1::regclass)::float8";
    Ok(sqlx::query_scalar(sql).bind(name).fetch_one(&mut own).await?)
}

/// Runs what a finding tells to run, and says how many bytes of the relation came back.
async fn given_back(server: &Server, name: &str, finding: &Finding) -> Result<f64> {
    let before = size(server, name).await?;
    server.exec(&finding.remedy.sql.clone().context("a statement")?).await?;
    Ok(before - size(server, name).await?)
}

/// Whether a finding promised as many bytes, but for those that the way it is done leaves.
fn promised(finding: &Finding, given: f64, spare: f64) -> bool {
    let end =
        |name: &str| finding.evidence.iter().find(|one| one.name == name).map(|one| one.value);
    let band = end("reclaimable at least").zip(end("reclaimable at most"));
    band.is_some_and(|(low, high)| low <= given + spare && given <= high)
}

/// The index is built anew as told; the table is told how to be written anew on this major.
async fn deleted(major: u16) -> Result {
    let server = ServerOptions::new(major).setting("autovacuum", "off").start().await?;
    server.exec(DELETED).await?;
    server.exec("vacuum analyze").await?;
    let engine = watching(&server, 300.0)?;
    let table = fired(&engine, TABLE, "rows were deleted").await?;
    let index = fired(&engine, INDEX, "\"no\"\"te\"").await?;
    let given = given_back(&server, "\"no\"\"te\"", &index).await?;
    assert!(promised(&index, given, 0.0), "{given} {index:?}");
    says(&engine, INDEX, |found| found.is_none()).await?;
    assert!(table.remedy.message.contains("Not VACUUM FULL"), "{table:?}");
    if major < model::tables::REPACK_SINCE {
        assert_eq!(table.remedy.sql, None, "no statement of this major rewrites it online");
        server.exec("vacuum full \"or\"\"ders\"").await?;
    } else {
        assert!(
            table.remedy.sql.as_ref().is_some_and(|sql| sql.starts_with("repack (concurrently)"))
        );
        let given = given_back(&server, "\"or\"\"ders\"", &table).await?;
        assert!(table.remedy.message.contains("Up to 64 pages at the end"), "{table:?}");
        assert!(promised(&table, given, 64.0 * 8_192.0), "{given} {table:?}");
    }
    says(&engine, TABLE, |found| found.is_none()).await?;
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_gives_back_what_was_promised_on_14() -> Result {
    deleted(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_gives_back_what_was_promised_on_18() -> Result {
    deleted(18).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_gives_back_what_was_promised_on_19() -> Result {
    if playground::install::passed_over(19) { Ok(()) } else { deleted(19).await }
}

/// Who may still see dead rows lets go first, then VACUUM is told; emptied, VACUUM gives all of it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_keeps_dead_rows_lets_go_first() -> Result {
    let server = ServerOptions::new(18).setting("autovacuum", "off").start().await?;
    server
        .exec(
            "create table queue (id int primary key, note text not null) with (autovacuum_enabled = off);
             insert into queue select i, repeat(md5(i::text), 8) from generate_series(1, 60000) i",
        )
        .await?;
    server.exec("analyze queue").await?;
    let mut reader = server.connect().await?;
    sqlx::raw_sql("begin isolation level repeatable read; select 1").execute(&mut reader).await?;
    server.exec("delete from queue where id % 4 <> 0").await?;
    let engine = watching(&server, 0.0)?;
    let held = fired(&engine, TABLE, "VACUUM may not remove: pid ").await?;
    let release = held.remedy.sql.clone().context("how it lets go")?;
    assert!(release.starts_with("select pg_terminate_backend("), "{release}");
    server.exec(&release).await?;

    let off = fired(&engine, TABLE, "autovacuum is off for").await?;
    let sql = off.remedy.sql.clone().context("a statement")?;
    assert_eq!(sql, "vacuum (analyze) public.queue;");
    server.exec(&sql).await?;
    let free = fired(&engine, TABLE, "rows were deleted").await?;
    assert_eq!(free.remedy.sql, None, "{free:?}");

    server.exec("delete from queue").await?;
    let all = |found: Option<&Finding>| {
        found.is_some_and(|f| f.remedy.sql.as_deref() == Some("vacuum public.queue;"))
    };
    let emptied = says(&engine, TABLE, all).await?.context("it fired")?;
    let given = given_back(&server, "queue", &emptied).await?;
    assert!(promised(&emptied, given, 0.0), "{given} {emptied:?}");
    says(&engine, TABLE, |found| found.is_none()).await?;
    engine.stop().await;
    Ok(())
}
