//! How long it takes until a dropped index is found on a real server, by the default windows.

use std::time::Duration;

#[path = "../../tests/support/planted.rs"]
mod planted;

/// Prints it.
pub fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let measured = runtime.block_on(async {
        let planted = planted::start(18).await?;
        planted::compared(&planted.engine, Duration::from_secs(240)).await?;
        planted.server.exec("drop index visits_customer").await?;
        planted::found(&planted.engine, Duration::from_secs(300)).await
    });
    match measured {
        Ok((took, cause)) => {
            println!(
                "a dropped index on PostgreSQL 18: found after {:.0} s, named: {cause}",
                took.as_secs_f64()
            );
        }
        Err(error) => println!("a dropped index: {error:#}"),
    }
}
