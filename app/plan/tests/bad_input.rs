//! Error messages for input that is no plan or a truncated one: what was expected where; what was
//! parsed so far is kept.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use plan::{Format, ParseError, Parsed};

fn fixture(name: &str) -> String {
    std::fs::read_to_string(common::root().join(name)).unwrap()
}

fn broken(parsed: &Parsed) -> &ParseError {
    parsed.plans.last().unwrap().broken.as_ref().unwrap()
}

#[track_caller]
fn is_one_sentence(error: &ParseError) {
    let message = error.to_string();
    assert!(
        message.starts_with("Line ") && message.ends_with('.') && !message.contains('\n'),
        "{message}"
    );
    assert!(error.line > 0 && error.column > 0 && error.expected.len() > 5, "{message}");
}

#[test]
fn what_is_no_plan_at_all() {
    let binary: String =
        String::from_utf8_lossy(&(0..=255).cycle().take(10_000).collect::<Vec<u8>>()).into_owned();
    for paste in [
        "",
        "hello",
        "select 1;",
        "{\"a\": 1}",
        "<html></html>",
        "- a: b",
        "\u{0}\u{0}\u{0}",
        "\u{feff}",
        "(cost=",
        &binary,
    ] {
        let error = plan::parse(paste).unwrap_err();
        is_one_sentence(&error);
        assert!(
            error.expected.contains("the output of EXPLAIN (text, JSON, YAML or XML)"),
            "{error}"
        );
    }
}

#[test]
fn a_plan_that_is_cut_anywhere_keeps_what_was_read() {
    for (name, least) in
        [("hash_join.txt", 1), ("hash_join.json", 1), ("hash_join.xml", 1), ("hash_join.yaml", 1)]
    {
        let whole = fixture(&format!("18/{name}"));
        let nodes = plan::parse(&whole).unwrap().plans[0].nodes.len();
        let (mut read, mut said) = (0, 0);
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)).step_by(37) {
            match plan::parse(&whole[..end]) {
                Ok(parsed) => {
                    let plan = &parsed.plans[0];
                    read += usize::from(plan.nodes.len() >= least);
                    said += usize::from(plan.broken.is_some());
                    if let Some(broken) = &plan.broken {
                        is_one_sentence(broken);
                    }
                    assert!(
                        plan.broken.is_some() || plan.nodes.len() == nodes,
                        "{name}: nobody says that it ends at {end}"
                    );
                }
                Err(error) => is_one_sentence(&error),
            }
        }
        assert!(read > 20 && said > 10, "{name}: {read} read, {said} said to be cut");
    }
}

#[test]
fn a_join_without_its_second_input_is_cut() {
    let parsed = plan::parse("Hash Join  (cost=1.00..2.00 rows=1 width=4)\n  Hash Cond: (a.x = b.x)\n  ->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)\n").unwrap();
    assert_eq!(parsed.plans[0].nodes.len(), 2);
    assert_eq!(
        broken(&parsed).to_string(),
        "Line 4, column 1: expected the second input of the Hash Join of line 1."
    );
    let parsed = plan::parse("Limit  (cost=1.00..2.00 rows=1 width=4)\n  ->  Sort  (cost=1.00..2.00 rows=1 width=4)\n        Sort Key: a\n").unwrap();
    assert_eq!(
        broken(&parsed).to_string(),
        "Line 4, column 1: expected what stands beneath the Sort of line 2."
    );
}

#[test]
fn a_plan_whose_start_is_missing_gives_what_can_be_read() {
    for name in ["hash_join.txt", "parallel_join.txt"] {
        let whole = fixture(&format!("18/{name}"));
        let tail: Vec<&str> = whole.lines().skip(3).collect();
        let parsed = plan::parse(&tail.join("\n")).unwrap();
        assert!(!parsed.plans[0].nodes.is_empty(), "{name}");
    }
    let json = fixture("18/hash_join.json");
    let tail = json.split_once("\"Plans\": [").unwrap().1;
    match plan::parse(tail) {
        Ok(parsed) => is_one_sentence(parsed.plans[0].broken.as_ref().unwrap_or(&ParseError {
            line: 1,
            column: 1,
            expected: "nothing more".into(),
        })),
        Err(error) => is_one_sentence(&error),
    }
}

#[test]
fn two_formats_in_one_paste_are_two_plans() {
    let (text, json, yaml, xml) = (
        fixture("18/union.txt"),
        fixture("18/union.json"),
        fixture("18/union.yaml"),
        fixture("18/union.xml"),
    );
    for (a, b, formats) in [
        (&text, &json, [Format::Text, Format::Json]),
        (&json, &text, [Format::Json, Format::Text]),
        (&text, &xml, [Format::Text, Format::Xml]),
        (&xml, &yaml, [Format::Xml, Format::Yaml]),
        (&yaml, &json, [Format::Yaml, Format::Json]),
    ] {
        let parsed = plan::parse(&format!("{a}\n{b}")).unwrap();
        let found: Vec<Format> = parsed.plans.iter().map(|plan| plan.format).collect();
        assert_eq!(found, formats);
        assert!(parsed.plans.iter().all(|plan| plan.broken.is_none()));
        assert_eq!(parsed.plans[0].nodes.len(), parsed.plans[1].nodes.len());
    }
    // One within the other: JSON that goes on as TEXT.
    let half = &json[..json.len() / 2];
    let parsed = plan::parse(&format!("{half}\n{text}")).unwrap();
    is_one_sentence(parsed.plans[0].broken.as_ref().unwrap());
}

#[test]
fn two_hundred_megabytes_are_read_up_to_the_limit() {
    let mut paste = String::with_capacity(201 << 20);
    paste.push_str("Append  (cost=0.00..9.00 rows=1 width=4)\n");
    let filter = format!("        Filter: (note = '{}'::text)\n", "x".repeat(8_000));
    while paste.len() < 200 << 20 {
        paste.push_str("  ->  Seq Scan on t  (cost=0.00..9.00 rows=1 width=4)\n");
        paste.push_str(&filter);
    }
    let parsed = plan::parse(&paste).unwrap();
    let nodes = parsed.plans[0].nodes.len();
    assert!(nodes > 4_000 && nodes < 4_500, "{nodes} nodes");
    let message = broken(&parsed).to_string();
    is_one_sentence(broken(&parsed));
    assert!(
        message.ends_with("expected the end: only the first 32 MB of the 200 MB pasted are read."),
        "{message}"
    );
    drop(parsed);
    drop(paste);
    // Lines without end: the limit of lines holds first.
    let error = plan::parse(&"\n".repeat(3 << 20)).unwrap_err();
    is_one_sentence(&error);
    assert!(error.to_string().ends_with("within the first 2 MB."), "{error}");
}
