//! Makes the folder of the browser's files where it is missing, so that everything compiles before the
//! browser part was built.

fn main() {
    let site = std::path::Path::new("../target/site");
    if let Err(error) = std::fs::create_dir_all(site) {
        println!("cargo::warning=cannot make {}: {error}", site.display());
    }
    // A release embeds the files; development builds read them when asked.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../target/site");
    }
}
