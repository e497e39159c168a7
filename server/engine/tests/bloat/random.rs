//! Tables and histories drawn by a seed.

use crate::numbers::Random;

/// Columns: a type and an expression of a row's number `i`.
const COLUMNS: &[(&str, &str)] = &[
    ("int", "i"),
    ("int", "(random() * 1000)::int"),
    ("int", "i % 17"),
    ("bigint", "i * 3"),
    ("smallint", "i % 100"),
    ("bool", "i % 3 = 0"),
    ("float8", "random()"),
    ("timestamptz", "timestamptz '2024-01-01' + i * interval '1 minute'"),
    ("date", "date '2024-01-01' + i % 400"),
    ("uuid", "md5(i::text)::uuid"),
    ("numeric", "round((random() * 10 ^ (i % 6))::numeric, 3)"),
    ("text", "'value ' || i % 200"),
    ("text", "make.noise(5 + (random() * 40)::int)"),
    ("text", "make.noise(80 + (random() * 150)::int)"),
    ("varchar(30)", "substr(md5(i::text), 1, 4 + i % 20)"),
    ("char(12)", "'c' || i"),
    ("int[]", "array(select generate_series(1, i % 7))"),
    ("jsonb", "jsonb_build_object('a', i, 'b', 'x' || i % 50)"),
];
/// Types with a B-tree that is worth a look.
const KEYS: &[&str] = &[
    "int",
    "bigint",
    "smallint",
    "bool",
    "float8",
    "timestamptz",
    "date",
    "uuid",
    "numeric",
    "text",
    "varchar(30)",
    "char(12)",
];
const MOST_COLUMNS: usize = 9;

/// A table and its history; the same seed gives the same.
pub fn shape(seed: u64) -> (String, Vec<String>) {
    let mut random = Draw(Random(seed));
    let rows = [2_000, 4_000, 8_000, 12_000, 20_000][random.below(5)];
    let columns: Vec<Drawn> =
        (0..=random.below(MOST_COLUMNS)).map(|at| column(&mut random, at)).collect();
    let mut steps = vec![create(&mut random, &columns), insert(&columns, 1, rows)];
    let indexes = (0..random.below(3)).filter_map(|_| index(&mut random, &columns));
    let indexes: Vec<String> = indexes.collect();
    let at = if random.chance(0.3) { 1 } else { steps.len() };
    steps.splice(at..at, indexes);
    let mut last = rows;
    for _ in 0..random.below(4) {
        if random.chance(0.6) {
            steps.push(["va", "vacuum t", "analyze t"][random.below(3)].to_owned());
        }
        steps.push(traffic(&mut random, &columns, rows, &mut last));
    }
    match random.below(10) {
        0..=6 => steps.push("va".to_owned()),
        7 => steps.push("analyze t".to_owned()),
        8 => steps.push("vacuum t".to_owned()),
        _ => {}
    }
    (format!("random_{seed}"), steps)
}

struct Draw(Random);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        (self.0.unit() * end as f64) as usize % end
    }

    fn chance(&mut self, share: f64) -> bool {
        self.0.unit() < share
    }
}

struct Drawn {
    name: String,
    kind: &'static str,
    value: String,
}

fn column(random: &mut Draw, at: usize) -> Drawn {
    let (kind, value) = COLUMNS[random.below(COLUMNS.len())];
    let nulls = [0.0, 0.0, 0.0, 0.1, 0.5, 0.95][random.below(6)];
    let value = if nulls > 0.0 {
        format!("case when random() >= {nulls} then {value} end")
    } else {
        value.to_owned()
    };
    Drawn { name: format!("c{at}"), kind, value }
}

fn create(random: &mut Draw, columns: &[Drawn]) -> String {
    let list: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect();
    let key = if random.chance(0.6) { "bigint primary key" } else { "bigint" };
    let option = ["", "", " with (fillfactor = 80)", " with (fillfactor = 55)"][random.below(4)];
    format!("create table t (id {key}, {}){option}", list.join(", "))
}

fn insert(columns: &[Drawn], from: usize, to: usize) -> String {
    let list: Vec<&str> = columns.iter().map(|column| column.value.as_str()).collect();
    format!("insert into t select i, {} from generate_series({from}, {to}) i", list.join(", "))
}

fn index(random: &mut Draw, columns: &[Drawn]) -> Option<String> {
    let able: Vec<&Drawn> = columns.iter().filter(|column| KEYS.contains(&column.kind)).collect();
    if able.is_empty() {
        return None;
    }
    let mut keys: Vec<&str> =
        (0..=random.below(2)).map(|_| able[random.below(able.len())].name.as_str()).collect();
    keys.dedup();
    let option =
        ["", "", "", " with (fillfactor = 70)", " with (deduplicate_items = off)"][random.below(5)];
    let predicate = ["", "", "", " where id % 5 = 0", " where id > 1000"][random.below(5)];
    Some(format!("create index on t ({}){option}{predicate}", keys.join(", ")))
}

fn traffic(random: &mut Draw, columns: &[Drawn], rows: usize, last: &mut usize) -> String {
    let share = [0.05, 0.2, 0.5, 0.8][random.below(4)];
    let column = &columns[random.below(columns.len())].name;
    let some = (rows as f64 * share) as usize;
    match random.below(7) {
        0 | 1 => format!("delete from t where random() < {share}"),
        2 => format!("delete from t where id < {some}"),
        3 => format!("delete from t where id between {} and {}", rows / 5, rows / 5 + some / 2),
        4 => format!("update t set {column} = {column} where random() < {share}"),
        5 => format!("update t set id = id + 1000000 where random() < {share}"),
        _ => {
            let from = *last + 1;
            *last += some.max(1);
            insert(columns, from, *last)
        }
    }
}
