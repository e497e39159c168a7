//! Tests of the loader on an excerpt of what wasm-split-cli 0.2.4 wrote for pgdeck
//! (`fixtures/__wasm_split.js`: all split points, four of its 150 chunks).

use super::*;

const RECORDED: &str = include_str!("../../fixtures/__wasm_split.js");

fn sizes(loader: &Loader) -> HashMap<String, usize> {
    loader.modules().iter().map(|module| ((*module).to_owned(), module.len())).collect()
}

#[test]
fn a_recorded_loader_names_every_split_point_and_its_modules() {
    let loader = Loader::parse(RECORDED).unwrap();
    assert_eq!(loader.views.len(), 12);
    assert_eq!(loader.modules().len(), 4 + 12);
    assert!(loader.preamble.starts_with("import { initSync } from \"./pgdeck.js\";\n"));
    assert!(loader.preamble.trim_end().ends_with('}') && !loader.preamble.contains("makeLoad"));
    let last = |view: &String| loader.uses.iter().rfind(|(user, _)| user == view).cloned();
    for view in &loader.views {
        assert_eq!(last(view).unwrap().1, format!("split_{view}.wasm"), "its own module is last");
    }
}

#[test]
fn chunks_of_many_pages_are_shared_and_others_lie_in_each_page() {
    let loader = Loader::parse(RECORDED).unwrap();
    let bundle = loader.bundle(&sizes(&loader)).unwrap();
    assert_eq!(bundle.files.len(), 12 + 1);
    let users = |module: &str| loader.uses.iter().filter(|(_, used)| used == module).count();
    for module in loader.modules() {
        let holders = bundle.files.iter().filter(|(_, all)| all.iter().any(|one| one == module));
        let names: Vec<&String> = holders.map(|(name, _)| name).collect();
        match users(module) as f64 >= loader.views.len() as f64 * SHARED_FROM {
            true => assert_eq!(names, ["shared.bin"], "{module}"),
            false => assert_eq!(names.len(), users(module), "{module} in {names:?}"),
        }
    }
}

#[test]
fn the_loader_knows_the_modules_of_each_file_and_their_sizes() {
    let loader = Loader::parse(RECORDED).unwrap();
    let sizes = sizes(&loader);
    let bundle = loader.bundle(&sizes).unwrap();
    let list = |text: &str| -> Vec<usize> {
        let (_, list) = text.split_once('[').unwrap();
        list.trim_end_matches([']', ',', ';']).split(',').map(|one| one.parse().unwrap()).collect()
    };
    let mut lines = bundle.javascript.lines();
    let known = list(lines.find(|line| line.starts_with("const sizes = ")).unwrap());
    assert_eq!(lines.next(), Some("const contents = {"));
    for (file, modules) in &bundle.files {
        let line = lines.next().unwrap();
        assert!(line.starts_with(&format!("\"{file}\": [")), "{line}");
        let held: Vec<usize> = list(line).into_iter().map(|module| known[module]).collect();
        let expected: Vec<usize> = modules.iter().map(|module| sizes[module]).collect();
        assert_eq!(held, expected, "{file}");
    }
    assert_eq!(lines.next(), Some("};"));
}

#[test]
fn the_written_loader_keeps_the_preamble_and_exports_every_split_point() {
    let loader = Loader::parse(RECORDED).unwrap();
    let text = loader.bundle(&sizes(&loader)).unwrap().javascript;
    assert!(text.starts_with(&format!("{}{RUNTIME}const sizes = [", loader.preamble)));
    for view in &loader.views {
        assert_eq!(text.matches(&format!("{EXPORT}{view} = wrapAsyncCb(() => page(\"")).count(), 1);
    }
}

#[test]
fn a_split_point_without_modules_loads_nothing() {
    let text = RECORDED.to_owned()
        + "export const __wasm_split_load___empty_view_1 = wrapAsyncCb(makeLoad(() => async (_imp) => ({}), []));\n";
    let loader = Loader::parse(&text).unwrap();
    let written = loader.bundle(&sizes(&loader)).unwrap().javascript;
    assert!(written.contains("load___empty_view_1 = wrapAsyncCb(() => Promise.resolve());\n"));
}

#[test]
fn another_form_of_the_loader_is_refused_in_one_sentence() {
    let refusal = |text: &str| {
        let error = Loader::parse(text).unwrap_err();
        let start = "wasm-split-cli wrote its loader in another way than xtask reads: ";
        error.strip_prefix(start).unwrap_or_else(|| panic!("{error}")).to_owned()
    };
    assert_eq!(refusal(""), "there is no function makeLoad");
    assert_eq!(refusal("function makeLoad() {}\n"), "it exports no split points");
    let renamed = RECORDED.replace(".wasm\"", ".wasm.gz\"");
    assert_eq!(refusal(&renamed), "it names no modules");
    let without_users: String = RECORDED
        .lines()
        .filter(|line| !line.starts_with("/*"))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert!(refusal(&without_users).ends_with(" has no users"));
    let without_export =
        RECORDED.replace("export const __wasm_split_load___about", "const load_about");
    assert!(refusal(&without_export).ends_with(" is used and not exported"));
}

#[test]
fn a_part_of_a_page_has_a_file_of_its_own_without_what_its_page_has() {
    let part = "/* __plan_view_1, plan_report_2 */\nconst __chunk_8 = makeLoad(() => fetch(\"./chunk_8.wasm\"), []);\n\
        export const __wasm_split_load___plan_view_1 = wrapAsyncCb(makeLoad(() => fetch(\"./split___plan_view_1.wasm\"), [__chunk_8]));\n\
        export const __wasm_split_load___rules_view_3 = wrapAsyncCb(makeLoad(() => fetch(\"./split___rules_view_3.wasm\"), []));\n\
        export const __wasm_split_load_plan_report_2 = wrapAsyncCb(makeLoad(() => fetch(\"./split_plan_report_2.wasm\"), [__chunk_8]));\n";
    let start = line_start(RECORDED, "function makeLoad").unwrap();
    let loader = Loader::parse(&format!("{}function makeLoad() {{}}\n{part}", &RECORDED[..start]));
    let loader = loader.unwrap();
    let files = loader.bundle(&sizes(&loader)).unwrap().files;
    assert_eq!(files["page-plan.bin"], ["chunk_8.wasm", "split___plan_view_1.wasm"]);
    assert_eq!(files["part-plan_report.bin"], ["split_plan_report_2.wasm"]);
}

#[test]
fn a_module_that_was_not_written_is_named() {
    let loader = Loader::parse(RECORDED).unwrap();
    let error = loader.bundle(&HashMap::new()).unwrap_err();
    assert!(error.contains(".wasm, which it did not write"), "{error}");
}
