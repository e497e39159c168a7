//! The file format of a packed fuzz corpus: all inputs of one libFuzzer target in one file.
//!
//! A file is a run of entries. An entry is a header line `name length`, then exactly `length` bytes
//! (any bytes: inputs need not be UTF-8), then a line feed. Entries are sorted by name, so that
//! packing the same inputs again gives the same file.
#![allow(dead_code, clippy::allow_attributes, reason = "the test reads, the example also writes")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Inputs by name; libFuzzer names an input by the SHA-1 of its content.
pub type Inputs = BTreeMap<String, Vec<u8>>;

/// In the readable files of `tests/regressions` this line stands for a NUL, which divides the two
/// plans of an input for the target `diff`.
const NUL_LINE: &str = "--- NUL ---\n";

/// The packed corpus of a target.
pub fn path(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/corpus/{target}.packed"))
}

/// Splits a packed file into its inputs; the error names the byte at which it is damaged.
pub fn unpack(mut bytes: &[u8]) -> Result<Inputs, String> {
    let (whole, mut inputs) = (bytes.len(), Inputs::new());
    while !bytes.is_empty() {
        let at = whole - bytes.len();
        let (entry, rest) = entry(bytes).ok_or_else(|| format!("damaged entry at byte {at}"))?;
        if inputs.insert(entry.0.to_owned(), entry.1.to_vec()).is_some() {
            return Err(format!("{} stands there twice", entry.0));
        }
        bytes = rest;
    }
    Ok(inputs)
}

/// The name and content of an entry.
type Entry<'a> = (&'a str, &'a [u8]);

/// The first entry, and the bytes behind it.
fn entry(bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (name, length) = std::str::from_utf8(bytes.get(..end)?).ok()?.split_once(' ')?;
    let rest = bytes.get(end.checked_add(1)?..)?;
    let (content, rest) = rest.split_at_checked(length.parse().ok()?)?;
    Some(((name, content), rest.strip_prefix(b"\n")?))
}

/// Puts inputs into one file.
pub fn pack(inputs: &Inputs) -> Vec<u8> {
    let mut bytes = vec![];
    for (name, content) in inputs {
        bytes.extend_from_slice(format!("{name} {}\n", content.len()).as_bytes());
        bytes.extend_from_slice(content);
        bytes.push(b'\n');
    }
    bytes
}

/// The findings of `tests/regressions`, by name, as the fuzz targets take them.
pub fn regressions() -> std::io::Result<Inputs> {
    regressions_in(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/regressions"))
}

/// The findings in a folder.
pub fn regressions_in(folder: &Path) -> std::io::Result<Inputs> {
    let mut inputs = Inputs::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path)?.replace(NUL_LINE, "\0");
        inputs.insert(name, text.into_bytes());
    }
    Ok(inputs)
}

/// Whether an input is one for the target `diff`: two plans.
pub fn is_pair(input: &[u8]) -> bool {
    input.contains(&0)
}
