//! Schema and data of the web shop for demo, benchmarks and tests, with common schema mistakes.

use sqlx::Connection;

use crate::{Error, client};

/// The definition; each `-- step: …` line begins a part.
const SHOP: &str = include_str!("../sql/shop.sql");

/// Creates the web shop in the empty database at `dsn`. `percent` scales the rows: 100 means 600,000
/// order items and takes some ten seconds. `progress` is called for each step. Errors when a statement fails.
pub async fn load(
    dsn: &str,
    percent: u32,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Result<(), Error> {
    let mut connection = client::connect(dsn).await?;
    let set = format!(
        "set shop.percent = '{percent}'; set work_mem = '64MB'; set maintenance_work_mem = '128MB'"
    );
    client::run(&mut connection, &set).await?;
    for (name, sql) in steps() {
        progress(&format!("loading {name}"));
        client::run(&mut connection, sql).await?;
    }
    let _ = connection.close().await;
    Ok(())
}

fn steps() -> impl Iterator<Item = (&'static str, &'static str)> {
    SHOP.split("\n-- step: ").skip(1).filter_map(|part| part.split_once('\n'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn steps_have_names_and_statements() {
        let names: Vec<&str> = super::steps().map(|(name, _)| name).collect();
        assert_eq!(names.first(), Some(&"catalogue"));
        assert!(super::steps().all(|(_, sql)| sql.contains(';')));
    }
}
