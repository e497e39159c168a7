//! `Cargo.lock`: its packages, with their source, checksum and dependencies.

/// A package of the lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it comes from; empty for our own.
    pub source: String,
    /// SHA-256 of the archive, in hexadecimal; empty for our own.
    pub checksum: String,
    /// As Cargo writes them: the name, and the version where several are in the file.
    pub dependencies: Vec<String>,
}

/// All packages, in the order of the file.
pub fn packages(text: &str) -> Vec<Package> {
    let mut all: Vec<Package> = Vec::new();
    for line in text.lines() {
        if line == "[[package]]" {
            all.push(Package::default());
        }
        let Some(package) = all.last_mut() else { continue };
        let quoted = |text: &str| text.trim().trim_end_matches(',').trim_matches('"').to_owned();
        match line.split_once(" = ") {
            Some(("name", value)) => package.name = quoted(value),
            Some(("version", value)) => package.version = quoted(value),
            Some(("source", value)) => package.source = quoted(value),
            Some(("checksum", value)) => package.checksum = quoted(value),
            None if line.starts_with(" \"") => package.dependencies.push(quoted(line)),
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read() {
        let text = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"s\"\nchecksum = \"c\"\ndependencies = [\n \"b\",\n \"c 2.0.0\",\n]\n\n[[package]]\nname = \"b\"\nversion = \"0.1.0\"\n";
        let [a, b] = packages(text).try_into().unwrap();
        assert_eq!((a.name.as_str(), a.version.as_str(), a.source.as_str()), ("a", "1.0.0", "s"));
        assert_eq!(
            (a.checksum.as_str(), a.dependencies),
            ("c", vec!["b".into(), "c 2.0.0".into()])
        );
        assert_eq!(b, Package { name: "b".into(), version: "0.1.0".into(), ..Package::default() });
    }
}
