//! Parses the JavaScript loader that `wasm-split-cli` generates (`__wasm_split.js`) and writes ours,
//! which fetches one file of WebAssembly modules per page, and one per part of a page whose code is
//! fetched later (`app/src/live/lazy_code.rs`). Pure: reads and writes no files.
//!
//! `wasm-split-cli` writes one loader per module, each after the split points that use it:
//!
//! ```js
//! /* about_view_1, fleet_view_2 */
//! const __chunk_5 = makeLoad(() => { const src = fetch(new URL("./chunk_5_….wasm", import.meta.url)); … }, []);
//! export const __wasm_split_load_about_view_1 = wrapAsyncCb(makeLoad(() => { … }, [__chunk_5]));
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use crate::command::Result;

/// A module that at least this share of the pages use lies in the file that all pages share: what fewer
/// use would be fetched by those that do not. At a third, each page was 100 to 300 KB heavier.
const SHARED_FROM: f64 = 0.8;

/// The file that all pages share.
const SHARED: &str = "shared.bin";

const EXPORT: &str = "export const __wasm_split_load_";

/// The half of our loader that is the same for all builds.
const RUNTIME: &str = include_str!("loader.js");

/// What the generated loader says.
#[derive(Debug, PartialEq)]
pub struct Loader {
    /// What the modules import and how the page is told that they are there, as generated.
    preamble: String,
    /// The split points, in order.
    views: Vec<String>,
    /// Pairs of a split point and a module that it needs, in order; its own module comes last.
    uses: Vec<(String, String)>,
}

/// The modules of each file, and the loader that finds them there.
#[derive(Debug, PartialEq)]
pub struct Bundle {
    /// For each file its modules, in order.
    pub files: BTreeMap<String, Vec<String>>,
    /// The text of the loader.
    pub javascript: String,
}

impl Loader {
    /// Parses the generated loader.
    pub fn parse(text: &str) -> Result<Self> {
        let otherwise = |what: &str| {
            format!("wasm-split-cli wrote its loader in another way than xtask reads: {what}")
        };
        let start = line_start(text, "function makeLoad")
            .ok_or_else(|| otherwise("there is no function makeLoad"))?;
        let (preamble, rest) = text.split_at(start);
        let mut current: Vec<&str> = Vec::new();
        let (mut views, mut uses) = (Vec::new(), Vec::new());
        for line in rest.lines() {
            if let Some(list) = line.strip_prefix("/* ").and_then(|rest| rest.strip_suffix(" */")) {
                current = list.split(", ").collect();
            } else if let Some(rest) = line.strip_prefix(EXPORT) {
                let name = rest.split(' ').next().unwrap_or_default();
                current = vec![name];
                views.push(name.to_owned());
            }
            if let Some(module) = module_name(line) {
                if current.is_empty() {
                    return Err(otherwise(&format!("{module} has no users")));
                }
                uses.extend(current.iter().map(|view| ((*view).to_owned(), module.to_owned())));
            }
        }
        if views.is_empty() {
            return Err(otherwise("it exports no split points"));
        }
        if uses.is_empty() {
            return Err(otherwise("it names no modules"));
        }
        if let Some((view, _)) = uses.iter().find(|(view, _)| !views.contains(view)) {
            return Err(otherwise(&format!("{view} is used and not exported")));
        }
        Ok(Self { preamble: preamble.to_owned(), views, uses })
    }

    /// The modules that the loader names, each once.
    pub fn modules(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.uses.iter().map(|(_, module)| module.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Lays the modules out in files and writes our loader, given the size of each module.
    pub fn bundle(&self, sizes: &HashMap<String, usize>) -> Result<Bundle> {
        let mut pages: HashMap<&str, Vec<&str>> = HashMap::new();
        for (view, module) in self.uses.iter().filter(|(view, _)| is_page(view)) {
            pages.entry(module).or_default().push(page(view));
        }
        let many = self.views.iter().filter(|view| is_page(view)).count() as f64 * SHARED_FROM;
        let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (view, module) in &self.uses {
            let pages = pages.get(module.as_str()).map_or(&[][..], Vec::as_slice);
            let shared = module.starts_with("chunk_") && pages.len() as f64 >= many;
            let file = match shared {
                true => SHARED.into(),
                // A part is fetched after its page.
                false if is_page(view) || pages.contains(&page(view)) => page_file(page(view)),
                false => part_file(view),
            };
            let all = files.entry(file).or_default();
            if !all.contains(module) {
                all.push(module.clone());
            }
        }
        Ok(Bundle { javascript: self.javascript(&files, sizes)?, files })
    }

    /// Our loader: the size of each module, the modules of each file, and the file of each split point.
    fn javascript(
        &self,
        files: &BTreeMap<String, Vec<String>>,
        sizes: &HashMap<String, usize>,
    ) -> Result<String> {
        let modules = self.modules();
        let size = |module: &&str| {
            sizes.get(*module).map(ToString::to_string).ok_or_else(|| {
                format!("the loader of wasm-split-cli names {module}, which it did not write")
            })
        };
        let known = modules.iter().map(size).collect::<Result<Vec<String>>>()?;
        let mut text = format!("{}{RUNTIME}", self.preamble);
        let _ = writeln!(text, "const sizes = [{}];\nconst contents = {{", known.join(","));
        for (file, held) in files {
            let places = held.iter().filter_map(|one| modules.binary_search(&one.as_str()).ok());
            let places: Vec<String> = places.map(|place| place.to_string()).collect();
            let _ = writeln!(text, "\"{file}\": [{}],", places.join(","));
        }
        text.push_str("};\n");
        for view in &self.views {
            let file = if is_page(view) { page_file(page(view)) } else { part_file(view) };
            let body = match files.contains_key(&file) {
                true => format!("page(\"{file}\")"),
                false => "Promise.resolve()".into(), // All of it is in the main module.
            };
            let _ = writeln!(text, "{EXPORT}{view} = wrapAsyncCb(() => {body});");
        }
        Ok(text)
    }
}

/// Whether a split point is a lazy route; others are parts of a page.
fn is_page(view: &str) -> bool {
    view.starts_with("__") && view.contains("_view_")
}

/// The page of a split point: `about` of `__about_view_1`, `plan` of its part `plan_report_1`.
fn page(view: &str) -> &str {
    match view.strip_prefix("__").and_then(|name| name.split_once("_view_")) {
        Some((name, _)) => name,
        None => view.split('_').next().unwrap_or(view),
    }
}

fn page_file(page: &str) -> String {
    format!("page-{page}.bin")
}

/// The file of a part of a page: `plan_report_1` lies in `part-plan_report.bin`.
fn part_file(view: &str) -> String {
    format!("part-{}.bin", view.rsplit_once('_').map_or(view, |(name, _)| name))
}

/// The module named by a line: the first `"./NAME.wasm"`.
fn module_name(line: &str) -> Option<&str> {
    let quoted = line.split('"').skip(1).step_by(2);
    let mut names = quoted.filter_map(|text| text.strip_prefix("./"));
    names.find(|name| {
        name.strip_suffix(".wasm").is_some_and(|stem| {
            !stem.is_empty()
                && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    })
}

/// Where the first line begins that starts with these words.
fn line_start(text: &str, words: &str) -> Option<usize> {
    if text.starts_with(words) {
        return Some(0);
    }
    text.find(&format!("\n{words}")).map(|at| at + 1)
}

#[cfg(test)]
mod tests;
