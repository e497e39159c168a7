//! Our decoder of infomask flags against `heap_tuple_infomask_flags` of real servers.

use std::collections::BTreeSet;

use model::inspect::infomask;

/// Our decoder against the server's, for every infomask.
async fn agrees_with_the_server(major: u16) -> anyhow::Result<()> {
    let server = playground::server(major).await?;
    server.exec("create extension pageinspect").await?;
    let mut connection = server.connect().await?;
    // 40,503 is odd: each infomask2 comes once.
    let rows: Vec<(i32, i32, String, String)> = sqlx::query_as(
        "select n, n * 40503 % 65536, array_to_string(raw_flags, ' '), array_to_string(combined_flags, ' ')
           from generate_series(0, 52000) n, heap_tuple_infomask_flags(n, n * 40503 % 65536)
         union all
         select 65535 - n, n, array_to_string(raw_flags, ' '), array_to_string(combined_flags, ' ')
           from generate_series(0, 14000) n, heap_tuple_infomask_flags(65535 - n, n)",
    )
    .fetch_all(&mut connection)
    .await?;
    assert!(rows.len() > 65_000);
    for (infomask, infomask2, raw, combined) in rows {
        let (first, second) = (u16::try_from(infomask)?, u16::try_from(infomask2)?);
        let set =
            |names: &str| names.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
        let ours = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        assert_eq!(set(&raw), ours(infomask::raw(first, second)), "{first:#x} {second:#x}");
        assert_eq!(set(&combined), ours(infomask::combined(first)), "{first:#x}");
    }
    Ok(())
}

#[tokio::test]
async fn flags_are_those_of_14() -> anyhow::Result<()> {
    agrees_with_the_server(14).await
}

#[tokio::test]
async fn flags_are_those_of_18() -> anyhow::Result<()> {
    agrees_with_the_server(18).await
}
