//! Layout of tree, flame graph, groups and totals, on every fixture and on plans of 50,000 nodes.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use plan::layout::{self, Layout, Measure, Piece, Scale, Shades, Size, Tile, What, Window};
use plan::{Cost, Derived, Node, Plan};

/// A plan in which every node names its parent, without going through text.
fn of(parents: &[Option<usize>]) -> (Plan, Derived) {
    let mut plan = Plan::default();
    for parent in parents {
        let depth = parent.map_or(0, |parent| plan.nodes[parent].depth + 1);
        let cost = Some(Cost { total: 1.0, ..Cost::default() });
        plan.nodes.push(Node {
            parent: *parent,
            depth,
            kind: format!("Kind {}", plan.nodes.len() % 7),
            cost,
            ..Node::default()
        });
    }
    let derived = plan::derive(&plan);
    (plan, derived)
}

/// Depth-first trees of a fixed seed.
fn random(nodes: usize, seed: u64) -> Vec<Option<usize>> {
    let mut state = seed;
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % end as u64) as usize
    };
    let mut path: Vec<usize> = vec![];
    let mut parents = vec![];
    for at in 0..nodes {
        if path.len() > 1 && below(3) > 0 {
            let keep = 1 + below(path.len());
            path.truncate(keep);
        }
        parents.push(path.last().copied());
        path.push(at);
    }
    parents
}

fn lay_out(plan: &Plan, derived: &Derived) -> Layout {
    layout::tree(plan, &layout::groups(plan, derived), &Window::default(), Size::default())
}

/// Tiles of a level do not overlap, and parents stand over the middle of their children.
fn check(layout: &Layout) {
    let mut right: Vec<f64> = vec![];
    let mut ends: Vec<Option<(f64, f64)>> = vec![None; layout.tiles.len()];
    for tile in &layout.tiles {
        right.resize(right.len().max(tile.level + 1), f64::NEG_INFINITY);
        assert!(tile.x >= right[tile.level] - 1e-6, "tiles overlap at level {}", tile.level);
        right[tile.level] = tile.x + layout.size.width + layout.size.gap_x;
        assert!(tile.x >= 0.0 && tile.x + layout.size.width <= layout.width + 1e-6);
        if let Some(parent) = tile.parent {
            let (low, high) = ends[parent].unwrap_or((tile.x, tile.x));
            ends[parent] = Some((low.min(tile.x), high.max(tile.x)));
        }
    }
    for (tile, ends) in layout.tiles.iter().zip(ends) {
        if let Some((low, high)) = ends {
            assert!((tile.x - (low + high) / 2.0).abs() < 1e-6);
        }
    }
}

#[test]
fn trees_are_tidy_on_every_fixture_and_on_random_trees() {
    for (_, plan) in common::fixtures() {
        check(&lay_out(&plan, &plan::derive(&plan)));
    }
    for seed in 1..40 {
        let (plan, derived) = of(&random(300, seed * 7919));
        let layout = lay_out(&plan, &derived);
        assert_eq!(layout.tiles.len(), 300);
        check(&layout);
        assert_eq!(layout, lay_out(&plan, &derived), "the same plan gives the same picture");
    }
}

#[test]
fn chains_fans_and_combs_take_steps_as_they_have_nodes() {
    let chain = |n: usize| (0..n).map(|at| at.checked_sub(1)).collect::<Vec<_>>();
    let fan = |n: usize| (0..n).map(|at| (at > 0).then_some(0)).collect::<Vec<_>>();
    // Two children each, one of which goes on: every contour is long.
    let comb =
        |n: usize| (0..n).map(|at| at.checked_sub(1).map(|at| at / 2 * 2)).collect::<Vec<_>>();
    let binary = |n: usize| {
        let mut parents = vec![None];
        let mut path = vec![(0, 0)];
        while parents.len() < n {
            let depth = path.len();
            match path.last_mut() {
                Some((at, done)) if *done < 2 && depth < 14 => {
                    *done += 1;
                    let parent = *at;
                    parents.push(Some(parent));
                    path.push((parents.len() - 1, 0));
                }
                Some(_) => drop(path.pop()),
                None => break,
            }
        }
        parents
    };
    for (name, shape) in [
        ("chain", &chain as &dyn Fn(usize) -> Vec<Option<usize>>),
        ("fan", &fan),
        ("comb", &comb),
        ("binary", &binary),
        ("random", &|n| random(n, 4711)),
    ] {
        let (plan, derived) = of(&shape(50_000));
        let layout = layout::tree(&plan, &[], &Window::default(), Size::default());
        check(&layout);
        // Each step is a tile, one of its children, or a level of a contour: a small number each.
        assert!(layout.steps <= plan.nodes.len() * 4, "{name}: {} steps", layout.steps);
        let all = layout.visible(0.0, 0.0, layout.width, layout.height);
        assert_eq!(
            all.filter(|piece| matches!(piece, Piece::Tile(_))).count(),
            plan.nodes.len(),
            "{name}"
        );
        assert_eq!(layout::groups(&plan, &derived).len(), 0, "{name}");
    }
}

/// All pieces that cross a window, by looking at each.
fn slowly(layout: &Layout, left: f64, top: f64, right: f64, bottom: f64) -> Vec<Piece> {
    let crosses =
        |x0: f64, x1: f64, y0: f64, y1: f64| x1 >= left && x0 <= right && y1 >= top && y0 <= bottom;
    let Size { width, height, gap_y, .. } = layout.size;
    let mut pieces = vec![];
    for (at, tile) in layout.tiles.iter().enumerate() {
        let Tile { x, y, trunk, .. } = *tile;
        let centre = x + width / 2.0;
        if layout.tiles.iter().any(|child| child.parent == Some(at))
            && crosses(trunk.0, trunk.1, y + height, y + height + gap_y)
        {
            pieces.push(Piece::Trunk(at));
        }
        if tile.parent.is_some() && crosses(centre, centre, y - gap_y / 2.0, y) {
            pieces.push(Piece::Tooth(at));
        }
        if crosses(x, x + width, y, y + height) {
            pieces.push(Piece::Tile(at));
        }
    }
    pieces
}

#[test]
fn what_is_in_sight_is_what_crosses_the_window() {
    for seed in 1..10 {
        let (plan, derived) = of(&random(200, seed * 104_729));
        let layout = lay_out(&plan, &derived);
        for step in 0..40 {
            let (left, top) = (
                layout.width * f64::from(step % 8) / 8.0,
                layout.height * f64::from(step % 5) / 5.0,
            );
            let (right, bottom) = (left + 700.0, top + 300.0);
            let mut fast: Vec<Piece> = layout.visible(left, top, right, bottom).collect();
            let mut slow = slowly(&layout, left, top, right, bottom);
            fast.sort_by_key(|piece| format!("{piece:?}"));
            slow.sort_by_key(|piece| format!("{piece:?}"));
            assert_eq!(fast, slow, "seed {seed}, window {step}");
        }
    }
    // One parent of 10,000: a screenful shows no more lines than tiles.
    let (plan, _) = of(&(0..10_001).map(|at| (at > 0).then_some(0)).collect::<Vec<_>>());
    let layout = layout::tree(&plan, &[], &Window::default(), Size::default());
    let middle = layout.width / 2.0;
    assert!(layout.visible(middle - 600.0, 0.0, middle + 600.0, 800.0).count() < 20);
}

#[test]
fn alike_siblings_are_folded_and_opened_on_request() {
    let mut paste = String::from(
        "Append  (cost=0.00..900.00 rows=90 width=4) (actual time=0.100..100.000 rows=300 loops=1)\n",
    );
    for at in 0..30 {
        paste.push_str(&format!("  ->  Seq Scan on part_{at}  (cost=0.00..9.00 rows=1 width=4) (actual time=0.010..{}.000 rows=10 loops=1)\n", if at == 17 { 40 } else { 1 }));
    }
    for at in 0..8 {
        paste.push_str(&format!("  ->  Index Scan using i on more_{at}  (cost=0.00..9.00 rows=1 width=4) (actual time=0.010..1.000 rows=10 loops=1)\n"));
    }
    let (plan, derived) = common::one(&paste);
    let groups = layout::groups(&plan, &derived);
    assert_eq!(groups.len(), 1, "eight in a row stay as they are");
    let group = &groups[0];
    assert_eq!(
        (group.first(), group.members.len(), group.nodes, group.end, group.worst),
        (1, 30, 30, 31, 18)
    );
    assert_eq!((group.self_ms, group.rows), (Some(69.0), Some(300.0)));
    let folded = layout::tree(&plan, &groups, &Window::default(), Size::default());
    assert_eq!(folded.tiles.len(), 10);
    assert_eq!((folded.tiles[1].what, folded.tiles[1].hidden), (What::Group(0), 30));
    let opened = Window { opened: [1].into(), ..Window::default() };
    assert_eq!(layout::tree(&plan, &groups, &opened, Size::default()).tiles.len(), 39);
    let collapsed = Window { collapsed: [0].into(), ..Window::default() };
    let one = layout::tree(&plan, &groups, &collapsed, Size::default());
    assert_eq!((one.tiles.len(), one.tiles[0].hidden), (1, 38));
}

#[test]
fn flames_stay_within_their_parents_on_every_fixture() {
    for (name, plan) in common::fixtures() {
        let derived = plan::derive(&plan);
        for least in [0.0, 0.01, 0.2] {
            let flame = layout::flame(&plan, &derived, least);
            let mut seen = 0;
            for rect in &flame.rects {
                seen += rect.nodes;
                assert!(rect.x0 >= 0.0 && rect.x0 <= rect.x1 && rect.x1 <= 1.0 + 1e-9, "{name}");
                let Some(parent) = rect.parent else { continue };
                let above = flame.rects.iter().find(|one| one.node == Some(parent)).unwrap();
                assert!(
                    rect.x0 >= above.x0 - 1e-9 && rect.x1 <= above.x1 + 1e-9,
                    "{name}: {rect:?} in {above:?}"
                );
            }
            assert_eq!(seen, plan.nodes.len(), "{name}: every node stands in one rectangle");
        }
    }
    let (plan, derived) = common::one(
        "Sort  (cost=10.00..10.50 rows=1 width=4)\n  ->  Seq Scan on t  (cost=0.00..4.00 rows=1 width=4)\n",
    );
    let flame = layout::flame(&plan, &derived, 0.0);
    assert_eq!((flame.measure, flame.whole), (Measure::Cost, 10.5));
    assert_eq!(flame.rects[1].x1, 4.0 / 10.5);
}

#[test]
fn totals_and_shades_cover_every_node() {
    for (name, plan) in common::fixtures() {
        let derived = plan::derive(&plan);
        let totals = layout::totals(&plan, &derived);
        let nodes: usize = totals.kinds.iter().map(|kind| kind.nodes.len()).sum();
        assert_eq!(nodes, plan.nodes.len(), "{name}");
        if derived.nodes_ms.is_some() {
            let sum: f64 = totals.kinds.iter().filter_map(|kind| kind.self_ms).sum();
            let own: f64 = derived.nodes.iter().filter_map(|node| node.self_ms).sum();
            assert!((sum - own).abs() < 1e-6, "{name}");
            assert!(totals.kinds.is_sorted_by(|a, b| a.self_ms >= b.self_ms), "{name}");
        }
        let shades = Shades::new(&plan, &derived);
        for at in 0..plan.nodes.len() {
            for scale in Scale::ALL {
                assert!(shades.of(scale, at).is_none_or(|shade| (0.0..=1.0).contains(&shade)));
            }
        }
    }
}
