//! Checks the licences (SPDX expressions) and sources of the crates that pgdeck is built from, without
//! cargo-deny, which takes minutes to build, and lists what is shipped.

use crate::command::{self, Result, read_text, root};

/// The licences that we may ship.
const ALLOWED: [&str; 13] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

const REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

/// What is shipped, below the repository: `/about` shows it.
const LIST: &str = "app/src/pages/about/licenses.txt";

/// The target of releases: crates differ by target, and the list must not.
const SERVER_TARGET: &str = "x86_64-unknown-linux-gnu";
/// The target of the browser part.
const BROWSER_TARGET: &str = "wasm32-unknown-unknown";

/// A crate with its version and licence, an SPDX expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Licensed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence.
    pub license: String,
}

/// Fails on a crate whose licence does not allow us to ship it, or that is not from crates.io, and where the list is
/// not that of `Cargo.lock`.
pub fn check() -> Result<()> {
    let lock = read_text(&root().join("Cargo.lock"))?;
    let mut sources = lock.lines().filter(|line| line.starts_with("source = "));
    if let Some(foreign) = sources.find(|line| *line != REGISTRY) {
        return Err(format!("Cargo.lock has a package that is not from crates.io: {foreign}"));
    }
    let mut all = crates("server", SERVER_TARGET, "normal,build")?;
    all.extend(crates("hydrate", BROWSER_TARGET, "normal,build")?);
    if let Some(Licensed { name, license, .. }) = all.iter().find(|one| !allowed(&one.license)) {
        return Err(format!("{name} has a licence we may not ship: {license}"));
    }
    match read_text(&root().join(LIST))? == list(&shipped()?) {
        true => Ok(()),
        false => Err(format!(
            "{LIST} is not that of Cargo.lock; write it with cargo xtask licenses write"
        )),
    }
}

/// Writes the list anew.
pub fn write() -> Result<()> {
    std::fs::write(root().join(LIST), list(&shipped()?)).map_err(|error| format!("{LIST}: {error}"))
}

fn list(all: &[Licensed]) -> String {
    let line = |one: &Licensed| format!("{}\t{}\t{}\n", one.license, one.name, one.version);
    let mut lines: Vec<String> = all.iter().map(line).collect();
    lines.sort();
    lines.concat()
}

/// The crates of others that both parts are made of, macros included, each once.
pub fn shipped() -> Result<Vec<Licensed>> {
    let mut all = crates("server", SERVER_TARGET, "normal")?;
    all.extend(crates("hydrate", BROWSER_TARGET, "normal")?);
    all.sort();
    all.dedup();
    Ok(all)
}

/// The crates of others that a package is built from.
fn crates(package: &str, target: &str, edges: &str) -> Result<Vec<Licensed>> {
    let mut tree = command::new("cargo");
    tree.args(["tree", "--quiet", "--locked", "--edges", edges, "--prefix", "none"]);
    tree.args(["--format", "{l}\t{p}", "--package", package, "--target", target]);
    let output = tree.output().map_err(|error| format!("cargo tree cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "cargo tree failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let crates: Vec<Licensed> = text.lines().filter_map(licensed).collect();
    if crates.len() < 10 {
        return Err(format!("cargo tree names only {} crates of {package}", crates.len()));
    }
    Ok(crates)
}

/// A line of `cargo tree`; None for a package of our own, which has a path.
fn licensed(line: &str) -> Option<Licensed> {
    let (license, package) = line.split_once('\t')?;
    let mut words = package.split_whitespace();
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    let is_ours = words.any(|word| word.starts_with("(/"));
    (!is_ours).then(|| Licensed {
        name: name.to_owned(),
        version: version.to_owned(),
        license: license.replace('/', " OR ").split_whitespace().collect::<Vec<_>>().join(" "),
    })
}

/// Whether we may ship what has this SPDX expression; crates also write `A/B` for `A OR B`.
fn allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = expression.split_whitespace().peekable();
    let verdict = any_of(&mut words);
    words.next().is_none() && verdict
}

type Words<'a, 'b> = &'b mut std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: Words) -> bool {
    let mut verdict = all_of(words);
    while words.next_if_eq(&"OR").is_some() {
        verdict |= all_of(words);
    }
    verdict
}

fn all_of(words: Words) -> bool {
    let mut verdict = one(words);
    while words.next_if_eq(&"AND").is_some() {
        verdict &= one(words);
    }
    verdict
}

fn one(words: Words) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let verdict = any_of(words);
        return words.next_if_eq(&")").is_some() && verdict;
    }
    let Some(license) = words.next() else { return false };
    if words.next_if_eq(&"WITH").is_none() {
        return ALLOWED.contains(&license);
    }
    let exception = words.next().unwrap_or_default();
    ALLOWED.contains(&format!("{license} WITH {exception}").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_defines_them() {
        for yes in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/GPL-3.0",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
            "GPL-2.0 AND GPL-3.0 OR MIT AND ISC",
        ] {
            assert!(allowed(yes), "{yes}");
        }
        for no in ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH exception", "(MIT", "MIT ISC"] {
            assert!(!allowed(no), "{no}");
        }
    }

    #[test]
    fn we_may_ship_every_crate() {
        assert_eq!(check(), Ok(()));
    }
}
