//! Plans of real servers as people's tools mangle them: each is read with the figures of the clean
//! paste, or it is said that something is missing.
#![expect(clippy::unwrap_used, reason = "tests")]

mod containers;
mod encodings;
mod lines;

use std::path::Path;

use containers::{CONTAINERS, JSON};
use encodings::ENCODINGS;
use lines::{CUTS, PREFIXES, WRAPS};
use plan::{Parsed, Plan};

const MAJORS: [&str; 6] = ["14", "15", "16", "17", "18", "19"];
const PLANS: [&str; 12] = [
    "hash_join",
    "nested_loop",
    "subplan",
    "parallel_join",
    "window",
    "update",
    "cte",
    "partitions",
    "sort_spill",
    "initplan",
    "union",
    "memoize",
];

/// A small generator with a fixed seed: the test is the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A recorded plan; the seed decides which.
    fn plan(&mut self, ext: &str) -> (String, String) {
        let name = format!("{}/{}.{ext}", self.of(&MAJORS), self.of(&PLANS));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(&name);
        (name, std::fs::read_to_string(path).unwrap())
    }
}

/// How a mangled plan was read.
#[derive(Debug, PartialEq)]
enum Read {
    Right,
    /// Refused, or something is said to be missing.
    Marked,
    Wrong,
}

/// A plan without its places in the paste, and without the statement.
fn figures(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.line = 0;
    plan.query = None;
    for node in &mut plan.nodes {
        node.lines = (0, 0);
        let workers = node.workers.iter_mut().flat_map(|worker| &mut worker.props);
        node.props.iter_mut().chain(workers).for_each(|prop| prop.line = 0);
    }
    let triggers = plan.triggers.iter_mut().flat_map(|trigger| &mut trigger.props);
    plan.props.iter_mut().chain(triggers).for_each(|prop| prop.line = 0);
    plan
}

fn marked(parsed: &Parsed) -> bool {
    !parsed.not_understood.is_empty()
        || parsed.notices.iter().any(|notice| notice.doubtful)
        || parsed.plans.iter().any(|plan| plan.broken.is_some())
}

fn read(clean: &str, mangled: &[u8]) -> Read {
    let clean: Vec<Plan> = plan::parse(clean).unwrap().plans.iter().map(figures).collect();
    let Ok(parsed) = plan::parse(&plan::decode(mangled)) else { return Read::Marked };
    let same = parsed.plans.iter().map(figures).eq(clean);
    match (same, marked(&parsed)) {
        (true, false) => Read::Right,
        (_, true) => Read::Marked,
        (false, false) => Read::Wrong,
    }
}

/// A hundred and more: each transformation alone, then pairs of them.
fn manglings() -> Vec<(String, String, Vec<u8>)> {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut all = vec![];
    let mut push = |name: String, clean: String, mangled: Vec<u8>| all.push((name, clean, mangled));
    for (name, step) in PREFIXES.iter().chain(WRAPS).chain(CONTAINERS) {
        let (file, text) = random.plan("txt");
        push(format!("{name}: {file}"), text.clone(), step(&text).into_bytes());
    }
    for (name, step) in ENCODINGS {
        let (file, text) = random.plan("txt");
        push(format!("{name}: {file}"), text.clone(), step(&text));
    }
    for (name, step) in JSON {
        let (file, text) = random.plan("json");
        push(format!("{name}: {file}"), text.clone(), step(&text).into_bytes());
    }
    for at in 0..32 {
        let (file, text) = random.plan("txt");
        let (encoding, encode) = random.of(ENCODINGS);
        let (first, one) = random.of(if at % 2 == 0 { WRAPS } else { CONTAINERS });
        let (second, two) = random.of(PREFIXES);
        let (name, mangled) = match at % 4 {
            0 => (format!("{first}, {second}"), two(&one(&text)).into_bytes()),
            1 => (format!("{first}, {encoding}"), encode(&one(&text))),
            2 => (format!("{second}, {encoding}"), encode(&two(&text))),
            _ => (format!("{second} in {first}"), one(&two(&text)).into_bytes()),
        };
        push(format!("{name}: {file}"), text, mangled);
    }
    all
}

#[test]
fn a_hundred_manglings_are_read_right_or_said_to_be_read_in_part() {
    let all = manglings();
    let read: Vec<_> = all.iter().map(|(name, clean, bytes)| (name, read(clean, bytes))).collect();
    let count = |kind: Read| read.iter().filter(|(_, read)| *read == kind).count();
    for (name, read) in read.iter().filter(|(_, read)| *read != Read::Right) {
        println!("{read:?}: {name}");
    }
    let (right, wrong) = (count(Read::Right), count(Read::Wrong));
    println!("{right} of {} manglings read right, {wrong} wrong without a notice", read.len());
    assert!(read.len() >= 100);
    assert_eq!(wrong, 0);
    assert!(right * 100 >= read.len() * 90, "only {right} of {} are read right", read.len());
}

#[test]
fn what_is_cut_is_said_to_be_cut() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for (name, cut) in CUTS {
        for _ in 0..6 {
            let (file, text) = random.plan("txt");
            let mangled = cut(&text);
            assert_ne!(read(&text, mangled.as_bytes()), Read::Wrong, "{name}: {file}\n{mangled}");
        }
    }
}

#[test]
fn each_reading_of_a_mangled_plan_is_right_or_marked() {
    let mut random = Random(0x0DDB_1A5E_5BAD_5EED);
    let (mut right, mut wrong) = (0, vec![]);
    for _ in 0..300 {
        let (mut name, text) = random.plan("txt");
        let mut mangled = text.clone();
        for _ in 0..=random.below(2) {
            let (step, with) = match random.below(4) {
                0 => random.of(PREFIXES),
                1 => random.of(WRAPS),
                2 => random.of(CONTAINERS),
                _ => random.of(CUTS),
            };
            mangled = with(&mangled);
            name = format!("{step}, {name}");
        }
        let bytes = if random.below(3) == 0 {
            let (step, with) = random.of(ENCODINGS);
            name = format!("{step}, {name}");
            with(&mangled)
        } else {
            mangled.into_bytes()
        };
        match read(&text, &bytes) {
            Read::Right => right += 1,
            Read::Marked => {}
            Read::Wrong => wrong.push(name),
        }
    }
    println!("{right} of 300 random manglings read right");
    assert_eq!(wrong, [] as [String; 0]);
    assert!(right >= 150, "only {right} of 300 are read right");
}
