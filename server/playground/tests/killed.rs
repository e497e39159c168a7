//! Cleanup after SIGKILL: servers and files of a killed process are gone once another starts a server.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
#[ignore = "started by the test below, which kills it"]
async fn holds_a_server() -> Outcome {
    let server = playground::server(playground::install::newest()?.major).await?;
    println!("\nholding {} {}", server.pid(), server.data_dir().display());
    std::future::pending().await
}

#[tokio::test]
async fn a_killed_starter_is_cleaned_up_after() -> Outcome {
    let mut holder = Command::new(std::env::current_exe()?)
        .args(["--exact", "holds_a_server", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()?;
    let out = BufReader::new(holder.stdout.take().ok_or("no output")?);
    let line = out
        .lines()
        .map_while(Result::ok)
        .find(|line| line.starts_with("holding"))
        .ok_or("no server")?;
    let words: Vec<&str> = line.split(' ').collect();
    let (pid, data) = (format!("/proc/{}", words[1]), words[2]);
    assert!(Path::new(&pid).exists() && Path::new(data).exists());
    holder.kill()?;
    holder.wait()?;
    let server = playground::server(playground::install::newest()?.major).await?;
    // A concurrent test may be the one that cleans up.
    for _ in 0..1_200 {
        if !Path::new(&pid).exists() && !Path::new(data).exists() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(!Path::new(&pid).exists(), "the server still runs");
    assert!(!Path::new(data).exists(), "its files are left");
    server.exec("select 1").await?;
    Ok(())
}
