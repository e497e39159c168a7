//! Known faults of the crates in `Cargo.lock`, by a dated copy of the RustSec advisory database: no network is
//! needed, and building cargo-audit or cargo-deny would take longer than all other set-up.

use std::path::Path;

use crate::command::{self, Result, read_text, root};
use crate::lock_file::{self, Package};
use crate::version::{Version, is_within};

/// The copy, below the repository: a line for each advisory on any crate, so that a new dependency is covered.
const COPY: &str = "server/xtask/advisories.txt";

/// Advisories that do not concern us, with the reason. One that no longer applies fails the check, too.
const EXCEPTIONS: [(&str, &str); 1] = [(
    "RUSTSEC-2024-0436",
    "paste is finished, not faulty: a macro that Leptos uses while it is compiled",
)];

/// What the columns of the copy are.
const COLUMNS: &str = "advisory\tcrate\tkind\tpatched\tunaffected\ttitle";

/// An advisory of the database.
#[derive(Debug, Default, PartialEq, Eq)]
struct Advisory {
    id: String,
    package: String,
    /// `vulnerability`, or what the database calls it if it is none.
    kind: String,
    /// Requirements: versions within one of them are not affected.
    patched: Vec<String>,
    unaffected: Vec<String>,
    title: String,
}

impl Advisory {
    fn line(&self) -> String {
        let Self { id, package, kind, patched, unaffected, title } = self;
        let title = title.replace('\t', " ");
        format!(
            "{id}\t{package}\t{kind}\t{}\t{}\t{title}",
            patched.join("; "),
            unaffected.join("; ")
        )
    }

    fn from_line(line: &str) -> Option<Self> {
        let [id, package, kind, patched, unaffected, title] =
            line.split('\t').collect::<Vec<_>>().try_into().ok()?;
        let all = |text: &str| {
            text.split("; ").filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let [id, package, kind, title] = [id, package, kind, title].map(str::to_owned);
        Some(Self { id, package, kind, patched: all(patched), unaffected: all(unaffected), title })
    }

    /// Whether it concerns a version. What cannot be read is taken to be affected.
    fn affects(&self, version: &str) -> bool {
        let Some(version) = Version::parse(version) else { return true };
        let mut safe = self.patched.iter().chain(&self.unaffected);
        !safe.any(|requirement| is_within(&version, requirement) == Some(true))
    }
}

/// Fails on a crate with a known fault.
pub fn check() -> Result<()> {
    let lock = read_text(&root().join("Cargo.lock"))?;
    faults(&lock_file::packages(&lock), &read_text(&root().join(COPY))?, &EXCEPTIONS)
}

fn faults(packages: &[Package], copy: &str, exceptions: &[(&str, &str)]) -> Result<()> {
    let lines = copy.lines().filter(|line| !line.starts_with('#') && *line != COLUMNS);
    let mut known = Vec::new();
    for line in lines {
        known.push(Advisory::from_line(line).ok_or(format!("{COPY} has a line like {line:?}"))?);
    }
    if known.len() < 100 {
        return Err(format!("{COPY} has only {} advisories", known.len()));
    }
    let mut found = Vec::new();
    let mut excepted = Vec::new();
    // Our own packages may be called like others on crates.io.
    for package in packages.iter().filter(|package| !package.source.is_empty()) {
        let of = known.iter().filter(|advisory| advisory.package == package.name);
        for advisory in of.filter(|advisory| advisory.affects(&package.version)) {
            let (id, kind) = (advisory.id.as_str(), advisory.kind.as_str());
            if exceptions.iter().any(|(exception, _)| *exception == id) {
                excepted.push(id);
                continue;
            }
            let (name, version, title) = (&package.name, &package.version, &advisory.title);
            let patched = match advisory.patched.is_empty() {
                true => "no version is without it".to_owned(),
                false => format!("patched in {}", advisory.patched.join(" or ")),
            };
            found.push(format!("{name} {version}: {id} ({kind}), {title}; {patched}"));
        }
    }
    for (exception, _) in exceptions {
        if !excepted.contains(exception) {
            found.push(format!("the exception {exception} is no longer needed: remove it"));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
}

/// Writes the copy anew from a clone of the database.
pub fn copy(database: &Path) -> Result<()> {
    let mut git = command::new("git");
    git.arg("-C").arg(database).args(["log", "-1", "--format=commit %H of %cs"]);
    let output = git.output().map_err(|error| format!("git cannot be started: {error}"))?;
    let commit = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if commit.is_empty() {
        return Err(format!("{} is no clone of the database", database.display()));
    }
    let mut all = Vec::new();
    for path in command::files_below(&database.join("crates")) {
        if path.extension().is_some_and(|ending| ending == "md") {
            let read = parse(&read_text(&path)?);
            all.push(read.map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    let mut lines: Vec<String> = all.into_iter().flatten().map(|one| one.line()).collect();
    lines.sort();
    let text = format!(
        "# RustSec advisory database (https://github.com/RustSec/advisory-db, CC0-1.0), {commit}.\n# Written by cargo xtask advisories FOLDER, from a clone of it.\n{COLUMNS}\n{}\n",
        lines.join("\n")
    );
    std::fs::write(root().join(COPY), text).map_err(|error| format!("{COPY}: {error}"))
}

/// Reads an advisory: TOML between two fences, then Markdown. None: it was withdrawn.
fn parse(text: &str) -> Result<Option<Advisory>> {
    let text = text.replace('\r', "");
    let front = text.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("\n```"));
    let (front, body) = front.ok_or("it does not begin with TOML")?;
    if string(front, "withdrawn").is_some() {
        return Ok(None);
    }
    let title = body.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
    Ok(Some(Advisory {
        id: string(front, "id").ok_or("it has no id")?,
        package: string(front, "package").ok_or("it names no package")?,
        kind: string(front, "informational").unwrap_or_else(|| "vulnerability".into()),
        patched: strings(front, "patched"),
        unaffected: strings(front, "unaffected"),
        title: title.trim().to_owned(),
    }))
}

/// What stands behind `key =` at the beginning of a line, to the end of the text.
fn value<'a>(toml: &'a str, key: &str) -> Option<&'a str> {
    let mut from = 0;
    for line in toml.split_inclusive('\n') {
        let rest = line.strip_prefix(key).map(str::trim_start);
        if rest.is_some_and(|rest| rest.starts_with('=')) {
            return toml.get(from..)?.split_once('=').map(|(_, value)| value.trim_start());
        }
        from += line.len();
    }
    None
}

fn string(toml: &str, key: &str) -> Option<String> {
    value(toml, key)?.split('"').nth(1).map(str::to_owned)
}

/// A list of strings, which may go over several lines.
fn strings(toml: &str, key: &str) -> Vec<String> {
    let list = value(toml, key).and_then(|value| value.strip_prefix('[')?.split_once(']'));
    let (list, _) = list.unwrap_or_default();
    let code = list.lines().map(|line| line.split('#').next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    code.split('"').skip(1).step_by(2).map(|text| text.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADVISORY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2021-0003\"\npackage = \"smallvec\"\nurl = \"https://x/#y\"\n\n[versions]\npatched = [\n  \">= 0.6.14, < 1.0.0\", # the old line\n  \">= 1.6.1\",\n]\nunaffected = [\"< 0.6.3\"]\n```\n\n# Buffer overflow\n\nText.\n";

    #[test]
    fn advisories_are_read_and_written() {
        let read = parse(ADVISORY).unwrap().unwrap();
        assert_eq!(read.patched, [">= 0.6.14, < 1.0.0", ">= 1.6.1"]);
        assert_eq!((read.kind.as_str(), read.title.as_str()), ("vulnerability", "Buffer overflow"));
        for (version, affected) in [
            ("0.6.2", false),
            ("0.6.13", true),
            ("0.6.14", false),
            ("1.6.0", true),
            ("1.15.1", false),
            ("?", true),
        ] {
            assert_eq!(read.affects(version), affected, "{version}");
        }
        assert_eq!(Advisory::from_line(&read.line()), Some(read));
        let unsound = ADVISORY.replace("url =", "informational = \"unsound\"\nurl =");
        assert_eq!(parse(&unsound).unwrap().unwrap().kind, "unsound");
        let withdrawn = ADVISORY.replace("url =", "withdrawn = \"2024-01-01\"\nurl =");
        assert_eq!(parse(&withdrawn), Ok(None));
        assert!(parse("# No TOML").is_err());
    }

    #[test]
    fn our_crates_have_no_known_faults() {
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn a_planted_version_is_found_and_named() {
        let copy = read_text(&root().join(COPY)).unwrap();
        let lock = read_text(&root().join("Cargo.lock")).unwrap();
        let mut packages = lock_file::packages(&lock);
        let smallvec = packages.iter_mut().find(|package| package.name == "smallvec").unwrap();
        smallvec.version = "1.6.0".into();
        let found = faults(&packages, &copy, &EXCEPTIONS).unwrap_err();
        assert!(found.contains("smallvec 1.6.0: RUSTSEC-2021-0003 (vulnerability)"), "{found}");
        assert!(found.contains("patched in >= 0.6.14, < 1.0.0 or >= 1.6.1"), "{found}");
        let why = faults(&packages, &copy, &[("RUSTSEC-2021-0003", "tried here")]);
        assert!(!why.unwrap_err().contains("RUSTSEC-2021-0003"));
        // Ours of the same name is not meant, and an exception is not forgotten.
        packages.retain(|package| package.name != "smallvec");
        packages.push(Package {
            name: "smallvec".into(),
            version: "1.6.0".into(),
            ..Package::default()
        });
        let none = faults(&packages, &copy, &EXCEPTIONS);
        assert_eq!(none, Ok(()));
        let stale = faults(&packages, &copy, &[("RUSTSEC-2021-0003", "tried here")]).unwrap_err();
        assert!(stale.contains("no longer needed"), "{stale}");
    }
}
