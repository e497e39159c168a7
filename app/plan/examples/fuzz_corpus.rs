//! Unpacks the fuzz corpus of a libFuzzer target to a folder, and packs it again:
//! `cargo run -p plan --example fuzz_corpus -- unpack|pack TARGET FOLDER`.
//!
//! Packing keeps what is packed already and adds new inputs, the smallest first, until the content
//! of the target reaches [`BOUND_BYTES`].

#[path = "../tests/common/packed.rs"]
mod packed;

use std::path::Path;

use packed::Inputs;

/// Content of one target, bytes: all eight stay below 3.3 MB.
const BOUND_BYTES: usize = 400_000;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, target, folder] = arguments.as_slice() else {
        return Err("usage: fuzz_corpus unpack|pack TARGET FOLDER".into());
    };
    let folder = Path::new(folder);
    match command.as_str() {
        "unpack" => unpack(target, folder),
        "pack" => pack(target, folder),
        other => Err(format!("{other}: neither unpack nor pack")),
    }
}

/// What is packed for a target.
fn packed(target: &str) -> Result<Inputs, String> {
    let path = packed::path(target);
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    packed::unpack(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}

fn unpack(target: &str, folder: &Path) -> Result<(), String> {
    let mut inputs = packed(target)?;
    let regressions = packed::regressions().map_err(|error| format!("regressions: {error}"))?;
    let fitting = |input: &[u8]| packed::is_pair(input) == (target == "diff");
    inputs.extend(regressions.into_iter().filter(|(_, input)| fitting(input)));
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, content) in &inputs {
        let path = folder.join(name);
        std::fs::write(&path, content).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    println!("{target}: {} inputs unpacked", inputs.len());
    Ok(())
}

fn pack(target: &str, folder: &Path) -> Result<(), String> {
    let mut inputs = packed(target)?;
    let regressions = packed::regressions().map_err(|error| format!("regressions: {error}"))?;
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
        if size > BOUND_BYTES {
            break;
        }
        inputs.insert(name, content);
    }
    std::fs::write(packed::path(target), packed::pack(&inputs))
        .map_err(|error| error.to_string())?;
    println!("{target}: {} inputs packed, {} of them new", inputs.len(), inputs.len() - was);
    Ok(())
}
