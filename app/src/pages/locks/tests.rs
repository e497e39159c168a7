//! Tests of the rendered locks page on synthetic graphs: number of elements, escaping, hidden
//! statements.

use model::ServerId;
use model::locks::{
    Graph, Hold, LockMode, LockObject, LockSession, Node, ObjectKind, Queue, Root, Wait,
};

use super::SelectedNode;
use super::query::LocksQuery;
use super::render::drawn;
use super::scene::Viewer;
use super::verdict::roots;

fn node(pid: i32, name: &str) -> Node {
    let session = LockSession {
        application_name: Some(name.into()),
        query: Some("select 'secret'".into()),
        state: Some("active".into()),
        ..LockSession::default()
    };
    Node { pid: Some(pid), session: Some(session), ..Node::default() }
}

fn pile_up(waiters: u32, name: &str) -> Graph {
    let object = LockObject {
        database: Some(5),
        relation: Some(1),
        name: Some(name.into()),
        ..LockObject::of(ObjectKind::Relation)
    };
    let mode = LockMode::AccessExclusive;
    let modes = [mode].into_iter().collect();
    let wait = |n: u32| Wait { node: n, pid: 100 + n as i32, mode, waitstart_us: Some(1_000) };
    Graph {
        server_now_ms: 5_001,
        nodes: (0..=waiters).map(|n| node(100 + n as i32, name)).collect(),
        queues: vec![Queue {
            object,
            holders: vec![Hold { node: 0, pid: Some(100), modes, fastpath: false }],
            waiters: (1..=waiters).map(wait).collect(),
        }],
        roots: vec![Root {
            node: 0,
            holds_up: waiters,
            waited_ms: 5_000.0,
            longest_ms: 5_000.0,
            frees_now: 1,
            frees: waiters,
            freed_ms: 5_000.0,
            in_cycle: false,
        }],
        ..Graph::default()
    }
}

fn html(graph: Graph, query: &LocksQuery, shows_text: bool) -> (String, Option<SelectedNode>) {
    let graph = if shows_text { graph } else { graph.without_query_text() };
    let (body, chosen, _) = drawn(
        &Ok(graph),
        &ServerId::new("shop"),
        query,
        &Viewer { text: shows_text, no_actions: None },
    );
    (body, chosen)
}

fn elements(html: &str) -> usize {
    html.match_indices('<')
        .filter(|(at, _)| html.as_bytes().get(at + 1).is_some_and(u8::is_ascii_alphabetic))
        .count()
}

#[test]
fn five_thousand_waiters_are_few_elements_in_every_view() {
    for view in ["", "tree", "table"] {
        for open in ["", "100"] {
            let query =
                LocksQuery { view: view.into(), open: open.into(), ..LocksQuery::default() };
            let (body, _) = html(pile_up(5_000, "orders"), &query, true);
            assert!(elements(&body) < 2_500, "{view} {open}: {}", elements(&body));
        }
    }
    // Every node blocks five others: a fold below every box.
    let mut tree = pile_up(5_000, "orders");
    let (object, mode) = (tree.queues[0].object.clone(), LockMode::AccessExclusive);
    let modes = [mode].into_iter().collect();
    tree.queues = (0..1_000)
        .map(|n| Queue {
            object: LockObject { relation: Some(i64::from(n)), ..object.clone() },
            holders: vec![Hold { node: n, pid: None, modes, fastpath: false }],
            waiters: (n * 5 + 1..=n * 5 + 5)
                .map(|node| Wait { node, pid: 0, mode, waitstart_us: Some(1_000) })
                .collect(),
        })
        .collect();
    let (body, _) = html(tree, &LocksQuery::default(), true);
    assert!(elements(&body) < 2_500, "{}", elements(&body));
    assert!(body.contains("not drawn for lack of space"));
    let (body, _) = html(pile_up(5_000, "orders"), &LocksQuery::default(), true);
    assert!(body.contains("4,996 more waiting here"), "{body}");
}

#[test]
fn hostile_names_are_text() {
    let name = "</text><script>alert(1)</script>\"'";
    for view in ["", "tree", "table"] {
        let query = LocksQuery { view: view.into(), pid: "101".into(), ..LocksQuery::default() };
        let (body, chosen) = html(pile_up(3, name), &query, true);
        let all = body + &chosen.unwrap().html;
        assert!(!all.contains("<script"), "{all}");
        assert!(all.contains("&lt;script&gt;"), "{all}");
    }
}

#[test]
fn boxes_name_relation_and_statement() {
    let mut graph = pile_up(2, "orders");
    let long = format!("update orders\n  set note = '</text><b>{}'", "x".repeat(200));
    for node in &mut graph.nodes {
        node.session.as_mut().unwrap().query = Some(long.clone());
    }
    graph.nodes[0].session.as_mut().unwrap().state = Some("idle in transaction".into());
    let (body, _) = html(graph, &LocksQuery::default(), true);
    let drawing = body.split("<svg").nth(1).unwrap().split("</svg>").next().unwrap();
    assert!(drawing.contains("holds ACCESS EXCLUSIVE on orders · blocks 2"), "{drawing}");
    assert!(drawing.contains("wants ACCESS EXCLUSIVE on orders"), "{drawing}");
    assert_eq!(drawing.matches(">last: update orders set note = ").count(), 1, "{drawing}");
    assert_eq!(drawing.matches(">update orders set note = ").count(), 2, "{drawing}");
    assert!(!drawing.contains("<b>") && drawing.contains("&lt;b&gt;"), "{drawing}");
    assert_eq!(drawing.matches(&"x".repeat(200)).count(), 3, "all of it is in the title");
    assert_eq!(drawing.matches(&"x".repeat(40)).count(), 3 * 5, "and only there: {drawing}");
}

#[test]
fn without_the_right_no_statement_is_anywhere() {
    for view in ["", "tree", "table"] {
        let query = LocksQuery { view: view.into(), pid: "101".into(), ..LocksQuery::default() };
        let (body, chosen) = html(pile_up(3, "orders"), &query, false);
        let chosen = chosen.unwrap().html;
        assert!(!body.contains("secret") && !chosen.contains("secret"));
        assert!(chosen.contains("Statement text is hidden"));
        let (body, chosen) = html(pile_up(3, "orders"), &query, true);
        assert!(body.contains("secret") && chosen.unwrap().html.contains("secret"), "{view}");
    }
}

#[test]
fn the_verdict_names_the_root_and_what_ending_it_frees() {
    let message = roots(&pile_up(12, "orders"));
    assert!(
        message
            .starts_with("12 sessions wait for a lock, the longest for 5\u{a0}s. orders (pid 100)"),
        "{message}"
    );
    assert!(
        message.contains("(pid 100) blocks 12 sessions. Ending it frees 12 sessions (1 at once"),
        "{message}"
    );
}

#[test]
fn a_filter_that_passes_nobody_says_so() {
    let query = LocksQuery { q: "object:invoices".into(), ..LocksQuery::default() };
    assert!(html(pile_up(3, "orders"), &query, true).0.contains("matches this filter"));
}

/// The action is a form in the server's HTML: it works without JavaScript, and tells why it is
/// disabled.
#[test]
fn waiters_of_now_can_be_chosen_by_pid_and_start() {
    let mut graph = pile_up(2, "shop");
    for (node, start) in graph.nodes.iter_mut().zip([None, Some(7), None]) {
        node.session.as_mut().unwrap().backend_start_ms = start;
    }
    let table = |at: Option<i64>, no_actions: Option<&str>| {
        let query = LocksQuery { view: "table".into(), at, ..LocksQuery::default() };
        let viewer = Viewer { text: true, no_actions: no_actions.map(str::to_owned) };
        drawn(&Ok(graph.clone()), &ServerId::new("shop"), &query, &viewer).0
    };
    let now = table(None, None);
    assert!(now.contains(r#"value="101@7""#), "{now}");
    assert_eq!(now.matches("checkbox").count(), 1, "who cannot be identified cannot be chosen");
    assert!(!now.contains(" disabled") && now.contains(r#"action="/s/shop/act""#), "{now}");
    let refused = table(None, Some("It needs the role operator."));
    assert_eq!(refused.matches(" disabled").count(), 2, "{refused}");
    assert!(refused.contains("It needs the role operator."), "{refused}");
    assert!(!table(Some(5), None).contains("checkbox"), "the past cannot be acted on");
}

#[test]
fn the_table_is_ordered_by_any_column_both_ways() {
    let graph = pile_up(3, "shop");
    let pids = |sort: &str| {
        let query = LocksQuery { view: "table".into(), sort: sort.into(), ..LocksQuery::default() };
        let (html, _) = html(graph.clone(), &query, true);
        let rows = html.split("id=\"r-").skip(1);
        rows.map(|row| row.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(pids("pid"), ["101", "102", "103"]);
    assert_eq!(pids("-pid"), ["103", "102", "101"]);
    assert_eq!(pids("-holds_up").len(), 3);
    assert_eq!(pids("nonsense").len(), 3, "an unknown column shows all");
}

#[test]
fn roots_are_named_with_what_ending_them_frees() {
    let roots = super::roots::top_root(&pile_up(3, "shop"));
    let json = serde_json::to_string(&roots).unwrap();
    assert!(
        json.contains("pid 100") && json.contains("blocks 3 sessions. Ending it frees 3 sessions"),
        "{json}"
    );
}
