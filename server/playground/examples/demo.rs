//! Runs the demo's servers and workload without the console, until Ctrl-C: `cargo run -p playground --example demo`.

use playground::{Demo, DemoOptions};

#[tokio::main]
async fn main() -> Result<(), playground::Error> {
    let mut demo = Demo::start(DemoOptions::default(), |step| eprintln!("{step}")).await?;
    for (name, dsn) in demo.dsns() {
        println!("{name} {dsn}");
    }
    println!("superuser {}", demo.primary.dsn_to("shop"));
    demo.load_and_run(|step| eprintln!("{step}"));
    let _ = tokio::signal::ctrl_c().await;
    demo.stop().await;
    Ok(())
}
