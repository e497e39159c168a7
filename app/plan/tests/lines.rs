//! Source lines of nodes and properties, in every format and frame.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use plan::Format;

#[test]
fn nodes_and_properties_point_at_their_lines_on_every_fixture() {
    let (mut nodes, mut props) = (0, 0);
    for path in common::files() {
        let name = path.display().to_string();
        // A jsonlog record is one line; all of its plan is on it.
        let one_line = name.contains("/log/") && name.ends_with(".json");
        let paste = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = paste.split('\n').collect();
        for plan in plan::parse(&paste).unwrap().plans {
            let mut last = 0;
            for node in &plan.nodes {
                let (from, to) = node.lines;
                assert!(from >= last && from <= to && to <= lines.len(), "{name}: {from} to {to}");
                assert!(one_line || from > last || last == 0, "{name}: two nodes on line {from}");
                last = if one_line { from } else { to };
                nodes += 1;
                let own = lines[from - 1..to].join("\n").replace(['\n', '+', '↵', ' '], "");
                let kind = node.title().replace(' ', "");
                let wrapped = name.contains("wrapped");
                let there = match plan.format {
                    Format::Text => own.contains(&kind),
                    _ => own.contains(&node.kind.replace(' ', "")),
                };
                assert!(there || wrapped, "{name}:{from}-{to} does not hold {}", node.title());
                for prop in &node.props {
                    assert!(
                        prop.line >= from && prop.line <= to,
                        "{name}: {} at {}",
                        prop.key,
                        prop.line
                    );
                    let number = prop.value.text();
                    let plain = prop.value.number().is_some() && !wrapped;
                    assert!(
                        !plain || lines[prop.line - 1].contains(&*number),
                        "{name}:{} does not hold {number}",
                        prop.line
                    );
                    props += 1;
                }
            }
            for prop in &plan.props {
                assert!(prop.line > 0 && prop.line <= lines.len(), "{name}: {}", prop.key);
            }
        }
    }
    assert!(nodes > 2_000 && props > 10_000, "only {nodes} nodes and {props} properties");
}
