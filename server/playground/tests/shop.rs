//! The shop's schema mistakes are visible in the catalogs of every major.

use playground::{Server, install, schema};

type Outcome = Result<(), Box<dyn std::error::Error>>;

async fn shop(major: u16, percent: u32) -> Result<Server, playground::Error> {
    let server = playground::server(major).await?;
    server.exec("create database shop").await?;
    schema::load(&server.dsn_to("shop"), percent, &|_| ()).await?;
    Ok(server)
}

#[tokio::test]
async fn loads_on_each_major_with_its_mistakes() -> Outcome {
    for major in install::majors() {
        let server = shop(major, 2).await?;
        let mut connection = playground::connect(&server.dsn_to("shop")).await?;
        let unindexed: Vec<String> = sqlx::query_scalar(
            "select conrelid::regclass || '.' || attname from pg_constraint c
             join pg_attribute a on a.attrelid = conrelid and a.attnum = conkey[1]
             where contype = 'f' and not exists (
                 select from pg_index i where i.indrelid = conrelid and i.indkey[0] = conkey[1])
             order by 1",
        )
        .fetch_all(&mut connection)
        .await?;
        assert_eq!(unindexed, ["categories.parent_id", "order_items.product_id"]);
        let twins: Vec<String> = sqlx::query_scalar(
            "select string_agg(indexrelid::regclass::text, ' ' order by indexrelid) from pg_index
             where indrelid >= 16384 and indexprs is null
             group by indrelid, indkey::text, indclass::text having count(*) > 1",
        )
        .fetch_all(&mut connection)
        .await?;
        assert_eq!(twins, ["customers_email_key customers_email_idx"]);
        let off: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where 'autovacuum_enabled=off' = any (reloptions)",
        )
        .fetch_all(&mut connection)
        .await?;
        assert_eq!(off, ["sessions"]);
    }
    Ok(())
}
