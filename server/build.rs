//! Says where the browser's files are and makes that folder where it is missing, so that everything
//! compiles before the browser part was built. A release has its own: it must never embed the browser
//! part of a development build.

use std::path::PathBuf;

fn main() {
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let name = if release { "site-release" } else { "site" };
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let site = package.join("../target").join(name);
    if let Err(error) = std::fs::create_dir_all(&site) {
        println!("cargo::warning=cannot make {}: {error}", site.display());
    }
    println!("cargo::rustc-env=PGDECK_SITE={}", site.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
    // A release embeds the files; development builds read them when asked.
    if release {
        println!("cargo::rerun-if-changed={}", site.display());
    }
}
