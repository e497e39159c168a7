//! Builds both halves of pgdeck: the browser part (WebAssembly, JavaScript, style sheet) into
//! `target/site` or `target/site-release`, and the binary that serves or embeds it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::command::{self, Result, root, run, target};
use crate::{bundle, parallel, reproducible, sbom, styles};

/// `wasm-opt`'s arguments: smallest size, and the features that all supported browsers have.
const WASM_OPT: [&str; 11] = [
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "-o",
];

/// Compresses each file named by its arguments with brotli; Node.js is there, wasm-opt needs it.
const COMPRESS: &str = "const fs = require('fs'); for (const file of process.argv.slice(1)) \
    fs.writeFileSync(`${file}.br`, require('zlib').brotliCompressSync(fs.readFileSync(file)))";

/// Which build of the browser part.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Dev,
    Release,
    /// A release that can be built again.
    Shipped,
}

impl Kind {
    fn profile(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release | Self::Shipped => "wasm-release",
        }
    }

    /// A release has a folder of its own: it must never embed the browser part of a dev build.
    fn site(self) -> PathBuf {
        let name = if self == Self::Dev { "target/site" } else { "target/site-release" };
        root().join(name)
    }
}

/// Builds the dev profile: a dev server reads the browser part's files when they are requested, so
/// both halves are built at once. All default members are built, so that the tests use the same
/// dependencies with the same features.
pub fn dev() -> Result<()> {
    let mut server = command::new("cargo");
    server.args(["build", "--quiet"]);
    both(&mut server, Lints::Warn).map(|_| ())
}

/// What a warning of rustc or clippy does.
#[derive(Clone, Copy)]
pub enum Lints {
    /// It is shown: a newer compiler's lints must not keep anybody from running pgdeck.
    Warn,
    /// It fails the build.
    Deny,
}

impl Lints {
    fn run(self, command: &mut Command) -> Result<()> {
        match self {
            Self::Warn => run(command),
            Self::Deny => command::run_without_warnings(command),
        }
    }
}

/// How long the halves of a build took, in seconds.
pub struct Times {
    /// cargo's build of the native packages.
    pub native: u64,
    /// The browser part.
    pub browser: u64,
}

/// Builds the browser part while `native` builds what runs on this machine.
pub fn both(native: &mut Command, lints: Lints) -> Result<Times> {
    let start = Instant::now();
    thread::scope(|scope| {
        let browser =
            scope.spawn(|| browser_part(Kind::Dev, lints).map(|()| start.elapsed().as_secs()));
        eprintln!("       Building the server (dev)");
        let built = lints.run(native).map(|()| start.elapsed().as_secs());
        let browser = browser.join().unwrap_or_else(|_| Err("the build panicked".into()));
        Ok(Times { native: built?, browser: browser? })
    })
}

/// Builds an optimised pgdeck: the browser part first, since the binary embeds it. Benchmarks use it, with the
/// flags that they are compiled with themselves.
pub fn release() -> Result<()> {
    optimised(Kind::Release)
}

/// The same as it is given to others: it can be built again, byte by byte, and comes with the list of its parts.
pub fn shipped() -> Result<()> {
    optimised(Kind::Shipped)?;
    sbom::write(&target().join("release/pgdeck.cdx.json"))
}

fn optimised(kind: Kind) -> Result<()> {
    browser_part(kind, Lints::Warn)?;
    eprintln!("       Building the server (release)");
    let mut server = cargo(kind)?;
    run(server.args(["build", "--quiet", "--locked", "--release", "--package", "server"]))
}

/// Cargo for a kind of build. A release is not linted: clippy compiles without optimising MIR.
fn cargo(kind: Kind) -> Result<Command> {
    let mut cargo = command::new("cargo");
    match kind {
        Kind::Dev => {}
        Kind::Release => drop(cargo.env_remove("RUSTC_WORKSPACE_WRAPPER")),
        Kind::Shipped => return reproducible::cargo(),
    }
    Ok(cargo)
}

/// Builds the browser part into the site's folder.
fn browser_part(kind: Kind, lints: Lints) -> Result<()> {
    let (profile, site) = (kind.profile(), kind.site());
    eprintln!("       Building the browser part ({profile})");
    let wasm = "wasm32-unknown-unknown";
    let mut hydrate = cargo(kind)?;
    hydrate.args(["build", "--quiet", "--package", "hydrate", "--profile", profile]);
    lints.run(hydrate.args(["--target", wasm]))?;
    let package = site.join("pkg");
    make_empty(&package)?;
    split(&target().join(wasm).join(profile).join("hydrate.wasm"), &package)?;
    if kind != Kind::Dev {
        optimise(&package)?;
    }
    bundle::bundle(&package)?;
    styles::build(root(), &package.join("pgdeck.css"))?;
    for file in command::files_below(&root().join("public")) {
        copy(&file, &site.join(file.strip_prefix(root().join("public")).unwrap_or(&file)))?;
    }
    // A release is compressed once, here, and not by each server that starts.
    if kind != Kind::Dev { compress(&site) } else { Ok(()) }
}

/// Cuts the module into what all pages share and the code of each page (the lazy routes of `app`).
fn split(module: &Path, package: &Path) -> Result<()> {
    run(command::new("wasm-split-cli").arg(module).arg(package).args(["--out-name", "pgdeck"]))?;
    let main = package.join("pgdeck.wasm");
    let mut bindgen = command::new("wasm-bindgen");
    bindgen.args(["--target", "web", "--keep-lld-exports", "--no-typescript"]);
    run(bindgen.args(["--out-name", "pgdeck", "--out-dir"]).arg(package).arg(&main))?;
    std::fs::remove_file(&main).map_err(|error| format!("cannot delete pgdeck.wasm: {error}"))
}

/// Smaller modules are left as they are, bytes: two thirds of the five hundred, 2 % of all bytes.
const WORTH_OPTIMISING: u64 = 1_024;

/// Optimises the modules, the largest first.
fn optimise(package: &Path) -> Result<()> {
    let size = |path: &PathBuf| path.metadata().map_or(0, |file| file.len());
    let mut modules = with_ending(package, &["wasm"]);
    modules.retain(|path| size(path) >= WORTH_OPTIMISING);
    modules.sort_by_key(|path| std::cmp::Reverse(size(path)));
    parallel::each(modules, |module| {
        let mut wasm_opt = command::new("wasm-opt");
        let output = wasm_opt.args(WASM_OPT).args([module, module]).output();
        let output = output.map_err(|error| format!("wasm-opt cannot be started: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("wasm-opt failed on {}:\n{said}", module.display()))
    })
}

fn compress(site: &Path) -> Result<()> {
    let mut files = with_ending(&site.join("pkg"), &["wasm", "bin", "js", "css"]);
    files.extend(with_ending(site, &["svg"]));
    run(command::new("node").args(["-e", COMPRESS]).args(files))
}

/// The files of a folder with one of these endings.
fn with_ending(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut files = command::files_below(folder);
    files.retain(|path| {
        path.parent() == Some(folder)
            && path.extension().is_some_and(|end| endings.iter().any(|one| *one == end))
    });
    files
}

fn make_empty(folder: &Path) -> Result<()> {
    let _ = std::fs::remove_dir_all(folder); // It need not be there.
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().unwrap_or(to);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::copy(from, to))
        .map(|_| ())
        .map_err(|error| format!("cannot copy {}: {error}", from.display()))
}
