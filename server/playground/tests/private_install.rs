//! File permissions: PostgreSQL programs in a directory that only root can enter, such as root's home.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use playground::install;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
#[ignore = "started by the test below, with its environment"]
async fn starts_one() -> Outcome {
    playground::server(install::newest()?.major)
        .await?
        .exec("create extension pg_stat_statements")
        .await?;
    Ok(())
}

#[test]
fn an_install_closed_to_others_is_copied() -> Outcome {
    let newest = install::newest()?;
    let prefix = newest.bin.parent().ok_or("no folder above bin")?;
    if !prefix.ends_with("native") {
        // Only the npm builds can be moved.
        return Ok(());
    }
    let private = std::env::temp_dir().join(format!("playground-private-{}", std::process::id()));
    std::fs::create_dir(&private)?;
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o700))?;
    assert!(Command::new("cp").arg("-r").arg(prefix).arg(&private).status()?.success());
    let outcome = Command::new(std::env::current_exe()?)
        .args(["--exact", "starts_one", "--ignored"])
        .env(format!("PGDECK_POSTGRES_{}", newest.major), private.join("native/bin"))
        .output()?;
    std::fs::remove_dir_all(&private)?;
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
    let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(said.contains("1 passed"), "{said}");
    Ok(())
}
