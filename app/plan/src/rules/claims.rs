//! Which time of which node a finding claims.

use super::{Case, Judged, Whole};

/// Whose time a finding's remedy would save.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Claim {
    /// Its node's, and a share of what that called if it saves more than the node took itself. Of a
    /// finding on no node: time of the execution that no node is known to have taken.
    #[default]
    Node,
    /// These milliseconds of the nodes themselves.
    Own(Vec<(usize, f64)>),
    /// These nodes' with all that they called.
    Below(Vec<usize>),
    /// What the execution took outside of nodes.
    Outside,
    /// Planning's.
    Planning,
}

/// Milliseconds of one account: a node's, that of the time outside of nodes, that of planning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part {
    /// The place of the node; behind the nodes stand the two others.
    pub at: usize,
    /// How much of it.
    pub ms: f64,
}

/// Nodes visited in all, so that a hostile plan with a finding on each level takes bounded time.
const MOST_VISITED: usize = 2_000_000;

/// Resolves claims on one plan.
pub(super) struct Claims<'a> {
    case: &'a Case<'a>,
    /// By node: what it called, and the share of that node's time it paid.
    called: Vec<Vec<(usize, f64)>>,
    /// Visits left.
    visits: usize,
    /// By node, zero between two claims: the share of its time that is claimed.
    shares: Vec<f64>,
    /// Nodes with the greatest self time first; made when it is asked for.
    heaviest: Option<Vec<Part>>,
}

impl<'a> Claims<'a> {
    pub(super) fn new(case: &'a Case<'a>) -> Self {
        let count = case.derived.nodes.len();
        let mut called: Vec<Vec<(usize, f64)>> = vec![vec![]; count];
        for (at, own) in case.derived.nodes.iter().enumerate() {
            let total = own.total_ms.unwrap_or(0.0);
            for (payer, ms) in &own.payers {
                if let Some(called) = called.get_mut(*payer).filter(|_| total > 0.0) {
                    called.push((at, (ms / total).clamp(0.0, 1.0)));
                }
            }
        }
        Self { case, called, visits: MOST_VISITED, shares: vec![0.0; count], heaviest: None }
    }

    /// What a finding claims; nothing where nothing was timed.
    pub(super) fn of(&mut self, judged: &mut Judged) -> Vec<Part> {
        let Some(saves) = judged.saves_ms else { return vec![] };
        let outside = self.case.derived.nodes.len();
        match (&judged.claim, judged.node) {
            (Claim::Node, Some(at)) => self.of_node(at, saves),
            (Claim::Node, None) => self.anywhere(saves),
            (Claim::Own(parts), _) => {
                parts.iter().map(|(at, ms)| Part { at: *at, ms: ms.max(0.0) }).collect()
            }
            (Claim::Below(nodes), _) => {
                let parts = self.below(nodes);
                shared(parts, saves)
            }
            (Claim::Outside, _) => vec![Part { at: outside, ms: saves }],
            (Claim::Planning, _) => {
                judged.whole = Whole::Planning;
                vec![Part { at: outside.saturating_add(1), ms: saves }]
            }
        }
    }

    fn self_ms(&self, at: usize) -> f64 {
        self.case.derived.nodes.get(at).and_then(|own| own.self_ms).unwrap_or(0.0)
    }

    fn of_node(&mut self, at: usize, saves: f64) -> Vec<Part> {
        let own = self.self_ms(at);
        if saves <= own {
            return vec![Part { at, ms: saves }];
        }
        let node = self.case.plan.nodes.get(at);
        // What more a hash table costs than its own time is that of the join above, which reads it.
        let join = node.filter(|node| node.kind == "Hash").and_then(|node| node.parent);
        if let Some(join) = join {
            let rest = self.self_ms(join).min(saves - own);
            return vec![Part { at, ms: own }, Part { at: join, ms: rest }];
        }
        let mut parts = self.below(&[at]);
        let all = parts.iter().fold(0.0, |sum, part| sum + part.ms);
        // What is still more is that of the node above, which works on its rows.
        if let Some(above) = node.and_then(|node| node.parent).filter(|_| saves > all) {
            parts.push(Part { at: above, ms: self.self_ms(above).min(saves - all) });
        }
        shared(parts, saves)
    }

    /// All time of some nodes and of what they called, each node's own at most once.
    pub(super) fn below(&mut self, nodes: &[usize]) -> Vec<Part> {
        let mut touched: Vec<usize> = vec![];
        let mut open: Vec<(usize, f64)> = nodes.iter().rev().map(|at| (*at, 1.0)).collect();
        while let Some((at, share)) = open.pop() {
            let Some(sum) = self.shares.get_mut(at).filter(|_| self.visits > 0) else { continue };
            self.visits = self.visits.saturating_sub(1);
            if *sum == 0.0 {
                touched.push(at);
            }
            *sum += share;
            let called = self.called.get(at).map(Vec::as_slice).unwrap_or_default();
            // What adds nothing is not followed: shares only shrink on the way.
            open.extend(
                called.iter().map(|(below, of)| (*below, share * of)).filter(|(_, of)| *of > 1e-6),
            );
        }
        let mut parts = vec![];
        for at in touched {
            let share = self.shares.get_mut(at).map(std::mem::take).unwrap_or(0.0).min(1.0);
            parts.push(Part { at, ms: self.self_ms(at) * share });
        }
        parts
    }

    /// Time that was measured apart: first what no node took, then triggers' statements', then that of
    /// the nodes which took the most.
    fn anywhere(&mut self, saves: f64) -> Vec<Part> {
        let case = self.case;
        let heaviest = self.heaviest.get_or_insert_with(|| {
            let mut nodes: Vec<Part> = case
                .nodes()
                .map(|(at, _, own)| Part { at, ms: own.self_ms.unwrap_or(0.0) })
                .collect();
            let writes = |part: &Part| {
                case.plan.nodes.get(part.at).is_some_and(|node| node.kind == "ModifyTable")
            };
            nodes.sort_by(|a, b| writes(b).cmp(&writes(a)).then(b.ms.total_cmp(&a.ms)));
            nodes
        });
        let outside = Part { at: case.derived.nodes.len(), ms: case.outside_ms() };
        let mut rest = saves;
        let mut parts = vec![];
        for part in std::iter::once(&outside).chain(heaviest.iter()) {
            if rest <= 0.0 {
                break;
            }
            let ms = part.ms.min(rest);
            rest -= ms;
            parts.push(Part { at: part.at, ms });
        }
        parts
    }
}

/// The parts, each by the same share, so that they are no more than what is saved.
fn shared(mut parts: Vec<Part>, saves: f64) -> Vec<Part> {
    let all: f64 = parts.iter().map(|part| part.ms).sum();
    let share = if all > saves { saves / all } else { 1.0 };
    for part in &mut parts {
        part.ms *= share;
    }
    parts
}
