//! The list of parts of a release (SBOM) as CycloneDX 1.5 JSON (cyclonedx.org/docs/1.5/json): every crate of others
//! with version, licence, checksum and what it depends on. The same sources give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::command::{Result, read_text, root};
use crate::licenses::{self, Licensed};
use crate::lock_file::{self, Package};

/// The name of our own part in it.
const OWN: &str = "pgdeck";

/// Writes it to a file.
pub fn write(path: &Path) -> Result<()> {
    let lock = lock_file::packages(&read_text(&root().join("Cargo.lock"))?);
    let text = json(&licenses::shipped()?, &lock)?;
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn json(shipped: &[Licensed], lock: &[Package]) -> Result<String> {
    let locked: BTreeMap<(&str, &str), &Package> =
        lock.iter().map(|one| ((one.name.as_str(), one.version.as_str()), one)).collect();
    let own = lock.iter().find(|one| one.name == "server").ok_or("Cargo.lock has no server")?;
    let refs: BTreeSet<String> = shipped.iter().map(|one| purl(&one.name, &one.version)).collect();
    let (mut components, mut dependencies) = (Vec::new(), Vec::new());
    let mut direct = BTreeSet::new();
    // Our own packages are one part: what they depend on is what it depends on.
    for package in lock.iter().filter(|one| one.source.is_empty()) {
        direct.extend(depends_on(package, lock).filter(|purl| refs.contains(purl)));
    }
    dependencies.push(dependency(OWN, &direct));
    for one in shipped {
        let package = locked.get(&(one.name.as_str(), one.version.as_str()));
        let package =
            package.ok_or_else(|| format!("Cargo.lock has no {} {}", one.name, one.version))?;
        let purl = purl(&one.name, &one.version);
        components.push(format!(
            "{{\"type\":\"library\",\"bom-ref\":{purl},\"name\":{},\"version\":{},\"purl\":{purl},\"hashes\":[{{\"alg\":\"SHA-256\",\"content\":{}}}],\"licenses\":[{{\"expression\":{}}}]}}",
            string(&one.name),
            string(&one.version),
            string(&package.checksum),
            string(&one.license),
            purl = string(&purl),
        ));
        let on = depends_on(package, lock).filter(|purl| refs.contains(purl)).collect();
        dependencies.push(dependency(&purl, &on));
    }
    Ok(format!(
        "{{\n\"bomFormat\":\"CycloneDX\",\n\"specVersion\":\"1.5\",\n\"version\":1,\n\"metadata\":{{\"component\":{{\"type\":\"application\",\"bom-ref\":\"{OWN}\",\"name\":\"{OWN}\",\"version\":{},\"licenses\":[{{\"expression\":\"Apache-2.0\"}}]}}}},\n\"components\":[\n{}\n],\n\"dependencies\":[\n{}\n]\n}}\n",
        string(&own.version),
        components.join(",\n"),
        dependencies.join(",\n"),
    ))
}

/// What a package depends on, as references. Cargo names the version where several are in the file.
fn depends_on<'a>(package: &'a Package, lock: &'a [Package]) -> impl Iterator<Item = String> + 'a {
    package.dependencies.iter().filter_map(|dependency| {
        let mut words = dependency.split(' ');
        let (name, version) = (words.next()?, words.next());
        let mut named = lock.iter().filter(|one| one.name == name);
        let found = named.find(|one| version.is_none_or(|version| version == one.version))?;
        Some(purl(name, &found.version))
    })
}

/// The package URL (github.com/package-url/purl-spec).
fn purl(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

fn dependency(of: &str, on: &BTreeSet<String>) -> String {
    let on: Vec<String> = on.iter().map(|purl| string(purl)).collect();
    format!("{{\"ref\":{},\"dependsOn\":[{}]}}", string(of), on.join(","))
}

/// A JSON string. Names, versions and licences of crates hold no control characters.
fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn it_has_what_the_format_requires_and_every_crate_that_is_shipped() {
        let shipped = licenses::shipped().unwrap();
        let lock = lock_file::packages(&read_text(&root().join("Cargo.lock")).unwrap());
        let text = json(&shipped, &lock).unwrap();
        assert_eq!(text, json(&shipped, &lock).unwrap());
        let bom: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&bom["bomFormat"], &bom["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
        assert!(bom["version"].as_u64() >= Some(1));
        let own = &bom["metadata"]["component"];
        assert_eq!((&own["type"], &own["name"]), (&"application".into(), &"pgdeck".into()));
        let components = bom["components"].as_array().unwrap();
        assert_eq!(components.len(), shipped.len());
        let mut refs = BTreeSet::from([own["bom-ref"].as_str().unwrap()]);
        for component in components {
            let field = |name: &str| component[name].as_str().unwrap();
            assert_eq!(field("type"), "library");
            assert_eq!(field("purl"), field("bom-ref"));
            assert!(field("purl").starts_with(&format!("pkg:cargo/{}@", field("name"))));
            assert!(refs.insert(field("bom-ref")), "twice: {component}");
            let hash = &component["hashes"][0];
            assert_eq!(hash["alg"], "SHA-256");
            let content = hash["content"].as_str().unwrap();
            assert!(content.len() == 64 && content.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!(!component["licenses"][0]["expression"].as_str().unwrap().is_empty());
        }
        let dependencies = bom["dependencies"].as_array().unwrap();
        assert_eq!(dependencies.len(), refs.len(), "one for each part");
        for dependency in dependencies {
            let on = dependency["dependsOn"].as_array().unwrap().iter();
            for one in on.chain([&dependency["ref"]]) {
                assert!(refs.contains(one.as_str().unwrap()), "{one} is no part");
            }
        }
        let of = |name: &str| {
            let found =
                dependencies.iter().find(|one| one["ref"].as_str().unwrap().starts_with(name));
            found.unwrap()["dependsOn"].as_array().unwrap().clone()
        };
        assert!(
            of("pgdeck").iter().any(|one| one.as_str().unwrap().starts_with("pkg:cargo/sqlx@"))
        );
        assert!(
            of("pkg:cargo/axum@")
                .iter()
                .any(|one| one.as_str().unwrap().starts_with("pkg:cargo/hyper@"))
        );
    }
}
