//! Source files: length, opening sentence, purity of `model`, `plan` and `bloat`, nothing left open.

use crate::files::{files, none, sources, without_tests};

/// Longest source file, lines: "about 300", with room for one more function.
const LONGEST_FILE: usize = 350;

/// Whether the file begins with `//!` and a sentence of some length.
fn opens_with_a_sentence(text: &str) -> bool {
    let opening: Vec<&str> =
        text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    let sentence = opening.join(" ");
    sentence.len() >= 20 && sentence.contains(['.', ':', ';'])
}

#[test]
fn source_files_are_short_and_say_what_they_know() {
    let mut long = Vec::new();
    let mut silent = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            long.push(format!("{path}: {lines} lines"));
        }
        if !opens_with_a_sentence(&text) {
            silent.push(path);
        }
    }
    none(long, &format!("Split these by responsibility; a file has at most {LONGEST_FILE} lines:"));
    none(
        silent,
        "Open these with `//!` and a sentence in the terms of PostgreSQL, axum or Leptos that says what the file is:",
    );
}

#[test]
fn the_pure_packages_do_no_io() {
    let pure =
        ["app/model", "app/plan/src", "server/bloat"].map(|folder| files(folder, ".rs")).concat();
    let faults = pure.into_iter().filter_map(|(path, text)| {
        let text = without_tests(&text);
        ["std::fs", "std::net", "SystemTime", "Instant::now", "tokio", "std::env"]
            .iter()
            .find(|word| text.contains(*word))
            .map(|word| format!("{path}: {word}"))
    });
    none(faults.collect(), "model, plan and bloat read no clock and do no I/O; hand the value in:");
}

#[test]
fn nothing_is_skipped_or_left_open() {
    let words = [
        "#[ignore",
        "test.skip(",
        "test.fixme(",
        "test.only(",
        "describe.only(",
        "todo!(",
        "unimplemented!(",
    ];
    let open = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    let mut faults = Vec::new();
    for (path, text) in [sources(), files("end2end", ".ts"), files("server", ".sql")].concat() {
        if path.ends_with("tidy/sources.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            // A process that another test starts and kills is no skipped test.
            let skips = words.iter().any(|word| line.contains(word))
                && !line.contains("started by the test below");
            if skips || open.iter().any(|word| line.contains(word.as_str())) {
                faults.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none(faults, "Finish these, or open an issue and delete the line:");
}
