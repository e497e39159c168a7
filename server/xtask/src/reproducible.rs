//! What a release is built with, so that the same sources, compiler and folder give the same bytes: no path of the
//! machine but the repository's is in it, and no time. `pgdeck demo` looks for its servers below the folder that it
//! was built in, so that one stays.

use std::path::Path;
use std::process::Command;

use crate::command::{self, Result, root};

/// Where the sources of a release are said to lie.
const OURS: &str = "/pgdeck";
/// Where those of crates are said to lie.
const CRATES: &str = "/cargo";

/// Flags that say other paths in panics and debug information (rustc book, "Remap source paths").
fn remaps(repository: &Path, crates: &Path) -> [String; 2] {
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    [remap(repository, OURS), remap(crates, CRATES)]
}

/// Cargo for a release that can be built again.
pub fn cargo() -> Result<Command> {
    let home = std::env::var_os("CARGO_HOME").map(Into::into);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    let home = home.ok_or("neither CARGO_HOME nor HOME is set")?;
    let flags = remaps(root(), &home).map(|flag| format!("{flag:?}")).join(",");
    let mut cargo = command::new("cargo");
    // Clippy compiles without optimising MIR.
    cargo.env_remove("RUSTC_WORKSPACE_WRAPPER").env_remove("RUSTFLAGS");
    // Arrays are joined with those of `.cargo/config.toml`; a target's stand for themselves.
    for table in ["build", "target.wasm32-unknown-unknown"] {
        cargo.arg("--config").arg(format!("{table}.rustflags=[{flags}]"));
    }
    let (ours, crates) = (root().display(), home.display());
    cargo.env(
        "CFLAGS",
        format!("-ffile-prefix-map={ours}={OURS} -ffile-prefix-map={crates}={CRATES}"),
    );
    cargo.env("SOURCE_DATE_EPOCH", committed()?).env("CARGO_INCREMENTAL", "0");
    Ok(cargo)
}

/// When the newest commit was made, in seconds since 1970: the time that tools put into what they write.
fn committed() -> Result<String> {
    let mut git = command::new("git");
    let output = git.args(["log", "-1", "--format=%ct"]).output();
    let output = output.map_err(|error| format!("git cannot be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    // Sources without their history have no time.
    Ok(if text.is_empty() { "0".into() } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This very program, compiled in a folder as a release is; its bytes.
    fn compiled(folder: &Path, flags: &[String]) -> Vec<u8> {
        let sources = folder.join("src");
        std::fs::create_dir_all(&sources).unwrap();
        for file in command::files_below(&root().join("server/xtask/src")) {
            let to = sources.join(file.strip_prefix(root().join("server/xtask/src")).unwrap());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(&file, to).unwrap();
        }
        let object = folder.join("xtask.o");
        let mut rustc = command::new("rustc");
        rustc.args([
            "--edition",
            "2024",
            "--crate-name",
            "xtask",
            "--emit",
            "obj",
            "-C",
            "debuginfo=1",
        ]);
        rustc.args(flags).arg("-o").arg(&object).arg(sources.join("main.rs"));
        rustc.env("CARGO_MANIFEST_DIR", "/pgdeck/server/xtask").env("RUSTC_BOOTSTRAP", "0");
        command::run(&mut rustc).unwrap();
        std::fs::read(object).unwrap()
    }

    #[test]
    fn two_folders_give_the_same_bytes() {
        let folder = root().join("target/reproducible");
        let (one, two) = (folder.join("one"), folder.join("a/longer/one"));
        let built = |at: &Path| compiled(at, &remaps(at, Path::new("/none")));
        assert!(built(&one) == built(&two), "the flags leave something of the folder in it");
        let text = |bytes: &[u8], path: &Path| {
            let path = path.to_str().unwrap().as_bytes();
            bytes.windows(path.len()).any(|part| part == path)
        };
        assert!(
            text(&compiled(&one, &[]), &one) && !text(&built(&one), &one),
            "without them it is"
        );
        let _ = std::fs::remove_dir_all(&folder); // It may be looked at by hand.
    }

    #[test]
    fn a_release_is_built_with_them() {
        let cargo = cargo().unwrap();
        let arguments: Vec<String> =
            cargo.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
        let own = format!("--remap-path-prefix={}=/pgdeck", root().display());
        for table in ["build.rustflags=", "target.wasm32-unknown-unknown.rustflags="] {
            let found = arguments.iter().find(|argument| argument.starts_with(table));
            assert!(found.is_some_and(|flags| flags.contains(&own)), "{arguments:?}");
        }
        let env = |name: &str| cargo.get_envs().find(|(one, _)| *one == name).and_then(|(_, v)| v);
        assert!(env("SOURCE_DATE_EPOCH").is_some() && env("CFLAGS").is_some());
    }
}
