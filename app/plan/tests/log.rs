//! Parsing of auto_explain plans in recorded server logs: stderr, csvlog and jsonlog, all formats.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use plan::Format;

#[test]
fn each_log_gives_its_plans_with_their_queries() {
    let folder = common::root().join("log");
    for file in
        ["14.log", "14.csv", "16.log", "16.csv", "16.json", "18.log", "18.csv", "18.json", "19.log"]
    {
        let paste = std::fs::read_to_string(folder.join(file)).unwrap();
        let parsed = plan::parse(&paste).unwrap();
        assert_eq!(parsed.not_understood, [], "{file}");
        let formats: Vec<_> = parsed.plans.iter().map(|plan| plan.format).collect();
        assert_eq!(formats, [Format::Text, Format::Json, Format::Yaml, Format::Xml], "{file}");
        for plan in &parsed.plans {
            let kinds: Vec<_> = plan.nodes.iter().map(|node| node.kind.as_str()).collect();
            assert_eq!(
                kinds,
                ["Limit", "Nested Loop", "Index Scan", "Bitmap Heap Scan", "Bitmap Index Scan"],
                "{file} {:?}",
                plan.format
            );
            let query = plan.query.as_deref().unwrap();
            assert_eq!(
                query.trim_end_matches(';'),
                "select c.name, o.amount\n  from customers c join orders o on o.customer_id = c.id\n where c.id < 20 and c.note <> 'a \"b\", c' limit 5",
                "{file} {:?}",
                plan.format
            );
            assert_eq!(
                plan.nodes[2].get("Filter").unwrap(),
                "(c.note <> 'a \"b\", c'::text)",
                "{file} {:?}",
                plan.format
            );
        }
    }
}
