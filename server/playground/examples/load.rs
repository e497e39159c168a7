//! Loads the full shop and prints the time of each step.

use std::time::Instant;

#[tokio::main]
async fn main() -> Result<(), playground::Error> {
    let server = playground::server(playground::install::newest()?.major).await?;
    server.exec("create database shop").await?;
    let start = Instant::now();
    let say = move |step: &str| eprintln!("{:6.2} s {step}", start.elapsed().as_secs_f64());
    playground::schema::load(&server.dsn_to("shop"), 100, &say).await?;
    say("done");
    server.stop().await;
    Ok(())
}
