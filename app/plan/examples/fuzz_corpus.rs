//! Unpacks a packed fuzz corpus of a libFuzzer target to a folder, and packs it again:
//! `cargo run -p plan --example fuzz_corpus -- unpack FILE FOLDER` and `… pack FILE FOLDER BYTES`.
//!
//! Packing keeps what is packed already and adds new inputs, the smallest first, until the content
//! of the file reaches that many bytes.

#[path = "../tests/common/packed.rs"]
mod packed;

use std::path::Path;

use packed::Inputs;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["unpack", file, folder] => unpack(Path::new(file), Path::new(folder)),
        ["pack", file, folder, bytes] => {
            let bound = bytes.parse().map_err(|_| format!("{bytes}: no number of bytes"))?;
            pack(Path::new(file), Path::new(folder), bound)
        }
        _ => Err("usage: fuzz_corpus unpack FILE FOLDER | pack FILE FOLDER BYTES".into()),
    }
}

/// What is packed in a file.
fn packed(file: &Path) -> Result<Inputs, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    packed::unpack(&bytes).map_err(|error| format!("{}: {error}", file.display()))
}

/// The regressions of the package whose corpus the file is; those are readable files of their own.
fn regressions(file: &Path) -> Result<Inputs, String> {
    let Some(package) =
        file.canonicalize().ok().and_then(|path| Some(path.ancestors().nth(3)?.to_owned()))
    else {
        return Err(format!("{}: no such file", file.display()));
    };
    let folder = package.join("tests/regressions");
    if !folder.exists() {
        return Ok(Inputs::new());
    }
    packed::regressions_in(&folder).map_err(|error| format!("regressions: {error}"))
}

fn unpack(file: &Path, folder: &Path) -> Result<(), String> {
    let mut inputs = packed(file)?;
    let is_diff = file.file_stem().is_some_and(|target| target == "diff");
    let fitting = |input: &[u8]| packed::is_pair(input) == is_diff;
    inputs.extend(regressions(file)?.into_iter().filter(|(_, input)| fitting(input)));
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, content) in &inputs {
        let path = folder.join(name);
        std::fs::write(&path, content).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    println!("{}: {} inputs unpacked", file.display(), inputs.len());
    Ok(())
}

fn pack(file: &Path, folder: &Path, bound: usize) -> Result<(), String> {
    let mut inputs = packed(file)?;
    let regressions = regressions(file)?;
    let mut new: Vec<(String, Vec<u8>)> = vec![];
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !inputs.contains_key(&name) && !regressions.contains_key(&name) {
            new.push((name, std::fs::read(&path).map_err(|error| error.to_string())?));
        }
    }
    new.sort_by_key(|(_, content)| content.len());
    let (was, mut size) = (inputs.len(), inputs.values().map(Vec::len).sum::<usize>());
    for (name, content) in new {
        size += content.len();
        if size > bound {
            break;
        }
        inputs.insert(name, content);
    }
    std::fs::write(file, packed::pack(&inputs)).map_err(|error| error.to_string())?;
    let (all, new) = (inputs.len(), inputs.len() - was);
    println!("{}: {all} inputs packed, {new} of them new", file.display());
    Ok(())
}
