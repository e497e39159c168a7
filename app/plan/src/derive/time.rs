//! Self time per node (exclusive time), as wall-clock time.
//!
//! Printed times are averages per loop over all processes, so a node's *work* is time × loops, and
//! the work of a node minus that of its children is exact up to rounding. Below a Gather, work is
//! turned into wall-clock time by the share the parallel region has of it.

use super::attribution::Payers;
use super::{Derived, Interval, Shape};
use crate::node::{Actual, Plan};

/// Half of the last digit EXPLAIN prints of a time, ms.
const ROUNDING_MS: f64 = 0.0005;

/// What is known about one node's time.
#[derive(Clone, Default)]
struct Account {
    /// Time over all loops and processes.
    work: f64,
    /// How far rounding may have moved `work`.
    rounding: f64,
    /// Work of what it called; before and after the interval's ends.
    paid: f64,
    paid_low: f64,
    paid_high: f64,
    /// What must be taken off because the node above had less than its children claim.
    deficit: f64,
    /// The child with the most work.
    heaviest: Option<(usize, f64)>,
}

pub(super) fn derive(plan: &Plan, shape: &Shape, payers: &[Payers], derived: &mut Derived) {
    let timed =
        plan.nodes.first().and_then(|root| root.actual).is_some_and(|root| root.total_ms.is_some());
    for (node, out) in plan.nodes.iter().zip(&mut derived.nodes) {
        out.never_executed = node.never_executed();
    }
    if !timed {
        return;
    }
    let mut accounts: Vec<Account> = plan.nodes.iter().map(|node| account(node.actual)).collect();
    headings(plan, &mut accounts);
    let regions = regions(plan, shape, &accounts, derived);
    let after_ms = pay(plan, shape, payers, &regions, &mut accounts, derived);
    for at in 0..accounts.len() {
        let Some(account) = accounts.get(at).cloned() else { break };
        let own = account.work - account.paid - account.deficit;
        if own < 0.0 {
            // Children claim more than there is: rounding, or an InitPlan that ran further down.
            match account
                .heaviest
                .and_then(|(child, _)| accounts.get_mut(child).filter(|_| child > at))
            {
                Some(child) => {
                    child.deficit += -own * scale(shape, &regions, at)
                        / scale_of(shape, &regions, account.heaviest);
                }
                None => derived.unaccounted_ms += -own * scale(shape, &regions, at),
            }
        }
        let Some(out) = derived.nodes.get_mut(at) else { break };
        let factor = scale(shape, &regions, at);
        out.work_ms = Some(account.work);
        out.total_ms = Some(account.work * factor);
        out.self_ms = Some(own.max(0.0) * factor);
        let mut low =
            (account.work - account.paid_high - account.deficit - account.rounding).max(0.0);
        let mut high = (account.work - account.paid_low + account.rounding).max(own.max(0.0));
        low = low.min(own.max(0.0));
        if let Some(region) = shape.region.get(at).copied().flatten() {
            let region = regions.get(region).copied().flatten().unwrap_or_default();
            out.parallel = region.processes > 1.0 || !is_task(plan, shape, at);
            // Side by side in all processes at best, one after the other at worst.
            low /= region.processes;
            high = high.min(region.wall.high).max(own.max(0.0) * factor);
        }
        out.self_range = Some(Interval { low, high });
    }
    derived.nodes_ms = accounts.first().map(|root| root.work + after_ms);
}

fn account(actual: Option<Actual>) -> Account {
    let actual = actual.unwrap_or_default();
    Account {
        work: actual.total_ms.unwrap_or(0.0) * actual.loops,
        rounding: ROUNDING_MS * actual.loops,
        ..Account::default()
    }
}

/// A heading of Citus has no figures: it took what stands below it.
fn headings(plan: &Plan, accounts: &mut [Account]) {
    let mut below: Vec<f64> = vec![0.0; accounts.len()];
    for (at, node) in plan.nodes.iter().enumerate().rev() {
        let sum = below.get(at).copied().unwrap_or_default();
        let Some(account) = accounts.get_mut(at) else { continue };
        if node.is_heading() && node.actual.is_none() {
            account.work = sum;
        }
        if let Some(above) = node.parent.and_then(|parent| below.get_mut(parent)) {
            *above += account.work;
        }
    }
}

/// The part of a plan below one Gather.
#[derive(Clone, Copy, Debug)]
struct Region {
    /// Wall-clock time of its root, ms.
    wall_ms: f64,
    /// What the output allows for it.
    wall: Interval,
    /// Wall-clock time per work.
    factor: f64,
    /// Processes that ran its root.
    processes: f64,
}

impl Default for Region {
    fn default() -> Self {
        Self { wall_ms: 0.0, wall: Interval::default(), factor: 1.0, processes: 1.0 }
    }
}

/// Whether a node is part of a task of Citus, which one process runs.
fn is_task(plan: &Plan, shape: &Shape, at: usize) -> bool {
    let root = shape.region.get(at).copied().flatten();
    root.and_then(|root| plan.nodes.get(root)).is_some_and(|root| root.kind == "Task")
}

fn scale(shape: &Shape, regions: &[Option<Region>], at: usize) -> f64 {
    let region = shape.region.get(at).copied().flatten();
    region.and_then(|root| regions.get(root).copied().flatten()).map_or(1.0, |region| region.factor)
}

/// The same for the child that takes a deficit over; never zero.
fn scale_of(shape: &Shape, regions: &[Option<Region>], child: Option<(usize, f64)>) -> f64 {
    let factor = child.map_or(1.0, |(child, _)| scale(shape, regions, child));
    if factor > 0.0 { factor } else { 1.0 }
}

/// The regions by the place of their roots.
fn regions(
    plan: &Plan,
    shape: &Shape,
    accounts: &[Account],
    derived: &mut Derived,
) -> Vec<Option<Region>> {
    let mut regions: Vec<Option<Region>> = vec![None; plan.nodes.len()];
    let tasks = tasks(plan, accounts);
    for (at, node) in plan.nodes.iter().enumerate() {
        let Some(root) = shape.region.get(at).copied().flatten() else { continue };
        if root == at {
            let gather = node.parent.and_then(|gather| plan.nodes.get(gather));
            let gather_actual = gather.and_then(|gather| gather.actual).unwrap_or_default();
            let loops = node.actual.map_or(0.0, |actual| actual.loops);
            let processes = (loops / gather_actual.loops.max(1.0)).round().max(1.0);
            let work = accounts.get(at).map_or(0.0, |account| account.work);
            let gather_ms = gather_actual.total_ms.unwrap_or(0.0) * gather_actual.loops;
            let times: Vec<f64> = node
                .workers
                .iter()
                .filter_map(|worker| worker.actual)
                .filter_map(|actual| Some(actual.total_ms? * actual.loops))
                .collect();
            // With VERBOSE each worker's time is printed, and the rest is the leader's: the slowest
            // of them is what the Gather waited for.
            let slowest = times.iter().copied().fold(work - times.iter().sum::<f64>(), f64::max);
            let mut least = if times.is_empty() { work / processes } else { slowest };
            // Tasks run side by side: together they take as long as the slowest.
            let side_by_side = node.parent.and_then(|parent| tasks.get(parent)).copied();
            if let Some((sum, most)) = side_by_side.filter(|_| node.kind == "Task") {
                least = if sum > 0.0 { work * most.min(gather_ms) / sum } else { 0.0 };
            }
            let wall_ms = least.min(gather_ms).max(0.0);
            let factor = if work > 0.0 { wall_ms / work } else { 1.0 };
            let wall = Interval { low: wall_ms, high: work.min(gather_ms).max(wall_ms) };
            if let Some(region) = regions.get_mut(at) {
                *region = Some(Region { wall_ms, wall, factor, processes });
            }
        }
        let gather_loops = plan
            .nodes
            .get(root)
            .and_then(|root| root.parent)
            .and_then(|gather| plan.nodes.get(gather))
            .and_then(|gather| gather.actual)
            .map_or(1.0, |actual| actual.loops.max(1.0));
        let most = regions.get(root).copied().flatten().unwrap_or_default().processes;
        let loops = node.actual.map_or(0.0, |actual| actual.loops);
        if let Some(out) = derived.nodes.get_mut(at) {
            out.processes = (loops / gather_loops).round().clamp(1.0, most.max(1.0));
        }
    }
    regions
}

/// By node: the work of the tasks below it, and that of the slowest.
fn tasks(plan: &Plan, accounts: &[Account]) -> Vec<(f64, f64)> {
    let mut tasks = vec![(0.0, 0.0); plan.nodes.len()];
    for (node, account) in plan.nodes.iter().zip(accounts).filter(|(node, _)| node.kind == "Task") {
        if let Some((sum, most)) = node.parent.and_then(|parent| tasks.get_mut(parent)) {
            *sum += account.work;
            *most = account.work.max(*most);
        }
    }
    tasks
}

/// Charges each node's work to the nodes whose time includes it; gives the time after the root's.
fn pay(
    plan: &Plan,
    shape: &Shape,
    payers: &[Payers],
    regions: &[Option<Region>],
    accounts: &mut [Account],
    derived: &mut Derived,
) -> f64 {
    let mut after_ms = 0.0;
    let mut charge =
        |accounts: &mut [Account], payer: usize, child: usize, ms: f64, low: f64, high: f64| {
            let rounding = accounts.get(child).map_or(0.0, |child| child.rounding);
            if let Some(account) = accounts.get_mut(payer) {
                account.paid += ms;
                account.paid_low += low - rounding;
                account.paid_high += high + rounding;
                let parent = plan.nodes.get(child).and_then(|node| node.parent) == Some(payer);
                if parent && account.heaviest.is_none_or(|(_, most)| ms > most) {
                    account.heaviest = Some((child, ms));
                }
            }
            if let Some(out) = derived.nodes.get_mut(child) {
                out.payers.push((payer, ms));
            }
        };
    // The sure ones first: the others look at what is left.
    for (at, payer) in payers.iter().enumerate() {
        if let Payers::Parent(parent) = payer {
            let wall = regions.get(at).copied().flatten();
            let work = accounts.get(at).map_or(0.0, |account| account.work);
            let (ms, range) = wall.map_or((work, Interval { low: work, high: work }), |wall| {
                (wall.wall_ms, wall.wall)
            });
            charge(accounts, *parent, at, ms, range.low, range.high);
        }
    }
    for (at, payer) in payers.iter().enumerate() {
        let work = accounts.get(at).map_or(0.0, |account| account.work * scale(shape, regions, at));
        let left = |accounts: &[Account], at: usize| {
            accounts.get(at).map_or(0.0, |account| (account.work - account.paid).max(0.0))
        };
        match payer {
            Payers::Scans(scans) => {
                let all: f64 = scans.iter().map(|scan| left(accounts, *scan)).sum();
                for scan in scans {
                    let own = left(accounts, *scan);
                    let ms = if all > 0.0 { work.min(all) * own / all } else { 0.0 };
                    let low = (work - (all - own)).clamp(0.0, ms.max(0.0));
                    charge(accounts, *scan, at, ms, low, own.min(work).max(ms));
                }
                if work > all {
                    rest(plan, at, work - all, accounts, &mut after_ms);
                }
            }
            Payers::OneOf(users) => {
                let room = accounts.get(at).map_or(0.0, |account| account.rounding) + ROUNDING_MS;
                let fits = users.iter().find(|user| left(accounts, **user) + room >= work);
                let best = fits.or_else(|| {
                    users.iter().max_by(|a, b| left(accounts, **a).total_cmp(&left(accounts, **b)))
                });
                if let Some(user) = best {
                    let sure = users.len() == 1;
                    charge(accounts, *user, at, work, if sure { work } else { 0.0 }, work);
                }
            }
            Payers::Parent(_) | Payers::Root => {}
        }
    }
    after_ms
}

/// A CTE that took longer than its scans: one that changes data runs on when the root is done, for
/// any other it is rounding, and is taken off its own node.
fn rest(plan: &Plan, at: usize, rest: f64, accounts: &mut [Account], after_ms: &mut f64) {
    if plan.nodes.get(at).is_some_and(|node| node.kind == "ModifyTable") {
        *after_ms += rest;
    } else if let Some(account) = accounts.get_mut(at) {
        account.deficit += rest;
    }
}
