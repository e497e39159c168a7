//! Documents: what they name exists, and the README starts with what a newcomer needs.

use crate::files::{files, none, root, sources};

#[test]
fn paths_in_the_architecture_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let named: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('/') && !word.contains([' ', '<', '*', '{', ':', '…', '(']))
        .filter(|word| !word.starts_with('/') && !word.starts_with("target/"))
        .collect();
    assert!(
        named.len() > 20,
        "ARCHITECTURE.md names {} paths: the test no longer sees them",
        named.len()
    );
    let gone = named.into_iter().filter(|path| !root().join(path).exists()).map(str::to_owned);
    none(gone.collect(), "ARCHITECTURE.md names paths that do not exist; mend the document:");
}

#[test]
fn nothing_names_one_machine() {
    let places = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat()];
    let mut faults = Vec::new();
    let documents = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "Makefile",
        ".ci/env",
        ".ci/run",
        ".ci/setup",
    ]
    .map(|name| (name.to_owned(), std::fs::read_to_string(root().join(name)).unwrap_or_default()));
    for (path, text) in [sources(), documents.to_vec()].concat() {
        for place in &places {
            if text.contains(place.as_str()) {
                faults.push(format!("{path}: {place}"));
            }
        }
    }
    none(faults, "These hold a path of one machine; derive it instead:");
}

#[test]
fn the_readme_begins_with_what_a_newcomer_needs() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let order = ["![", "make demo", "make test", "grant pg_monitor", "ARCHITECTURE.md"];
    let places: Vec<Option<usize>> = order.iter().map(|word| text.find(word)).collect();
    let sorted = places.windows(2).all(|pair| pair[0].is_some() && pair[0] < pair[1]);
    assert!(sorted, "README.md shows, in this order: {order:?}; found at {places:?}");
}

#[test]
fn documents_and_sections_named_in_comments_exist() {
    let mut faults = Vec::new();
    let read =
        [sources(), files("end2end", ".ts"), files("style", ".css"), files("server", ".sql")];
    for (path, text) in read.iter().flatten() {
        if path.contains("/tests/tidy/") {
            continue;
        }
        // Words in string literals are file names and texts of the program's own.
        let comments = text.lines().filter(|line| {
            let line = line.trim_start();
            ["//", "--", "*", "/*"].iter().any(|mark| line.starts_with(mark))
        });
        let comments: String = comments.flat_map(|line| [line, "\n"]).collect();
        for word in comments.split(|c: char| !(c.is_alphanumeric() || "/._-#".contains(c))) {
            let word = word.trim_end_matches('.');
            let file = word.rsplit('/').next().unwrap_or(word);
            let is_source = file.ends_with(".rs") && file.len() > 3;
            if is_source
                && !read.iter().flatten().any(|(known, _)| known.ends_with(&format!("/{file}")))
            {
                faults.push(format!("{path}: {word}"));
            }
            let (name, section) = word.split_once('#').unwrap_or((word, ""));
            if !name.ends_with(".md") || name.len() < 5 {
                continue;
            }
            match std::fs::read_to_string(root().join(name)) {
                Err(_) => faults.push(format!("{path}: {name}")),
                Ok(document)
                    if !section.is_empty() && !anchors(&document).contains(&section.to_owned()) =>
                {
                    faults.push(format!("{path}: {word}"));
                }
                Ok(_) => {}
            }
        }
    }
    none(
        faults,
        "These cite a document, a section or a source file that is not in the repository; mend the comment, write it into docs/, or cite the source itself:",
    );
}

/// The anchors of a document's headings, as Markdown renderers make them, and those written out.
fn anchors(document: &str) -> Vec<String> {
    let of_headings = document.lines().filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        heading
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    });
    let written = document.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    of_headings.chain(written.map(str::to_owned)).collect()
}
