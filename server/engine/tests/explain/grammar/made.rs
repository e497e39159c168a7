//! Plans on tables with any names, under conditions of every form that EXPLAIN prints.

use model::identifier::quote_ident;
use plan::catalog::{Catalog, Column, Index, Relation};

/// Numbers that are as good as random and the same each time (xorshift).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap_or(0)
    }

    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

pub const TABLES: [&str; 9] =
    ["orders", "Order", "select", "a b", "we\"ird", "café", "x;drop table y", "--", "it's"];
pub const COLUMNS: [&str; 20] = [
    "id",
    "status",
    "Name",
    "user",
    "a\"b",
    "x y",
    "ORDER",
    "created_at",
    "1st",
    "semi;colon",
    "it's",
    "a--b",
    "deleted_at",
    "tags",
    "doc",
    "größe",
    "a.b",
    "(x)",
    "null",
    "$1",
];

/// What a condition compares a column with, as EXPLAIN prints it; `C` is the column, `D` another one,
/// `O` a column of another table.
const TESTS: [&str; 62] = [
    "(C = 5)",
    "(C = '-5'::integer)",
    "(5 = C)",
    "(C = 'x'::text)",
    "(C = 'a''; drop table x; --'::text)",
    "((C)::text = 'it''s'::text)",
    "((C)::text = ANY ('{a,b}'::text[]))",
    "(C = ANY ('{1,2}'::integer[]))",
    "(C <> 7)",
    "(C > '2024-01-01 00:00:00+00'::timestamp with time zone)",
    "((C >= 1) AND (C <= 9))",
    "(C < now())",
    "(C > (now() - '1 day'::interval))",
    "(C = CURRENT_DATE)",
    "(C = $1)",
    "(C = ANY ($2))",
    "(C = (InitPlan 1).col1)",
    "(C = O)",
    "(O = C)",
    "(D = C)",
    "(C IS NULL)",
    "(C IS NOT NULL)",
    "C",
    "(NOT C)",
    "(C IS TRUE)",
    "(C IS NOT FALSE)",
    "(C IS DISTINCT FROM 'x'::text)",
    "(lower(C) = 'x'::text)",
    "(lower((C)::text) = 'x'::text)",
    "(upper((C)::text) ~~ 'X%'::text)",
    "(lower(C) = ANY ('{a,b}'::text[]))",
    "(date_trunc('day'::text, C) = '2024-01-01 00:00:00'::timestamp without time zone)",
    "((C)::date = '2024-01-01'::date)",
    "(EXTRACT(year FROM C) = '2024'::numeric)",
    "((C + 1) > 5)",
    "((C * D) = 12)",
    "((C || D) = 'xy'::text)",
    "((C % 10) = 0)",
    "(abs((C - D)) < 3)",
    "(COALESCE(C, 'x'::text) = 'y'::text)",
    "(CASE WHEN (C = 1) THEN 2 ELSE 3 END = 2)",
    "(C ~~ 'abc%'::text)",
    "((C)::text ~~ '%abc%'::text)",
    "(C ~~* '%abc%'::text)",
    "(C !~~ '%abc%'::text)",
    "(C ~ '^abc'::text)",
    "(C ~* 'abc.*def'::text)",
    "((C ->> 'key'::text) = 'v'::text)",
    "((C -> 'a'::text) @> '{\"b\": 1}'::jsonb)",
    "(((C -> 'a'::text) ->> 'b'::text) = 'v'::text)",
    "(C @> '{\"a\": 1}'::jsonb)",
    "(C @> '{a,b}'::text[])",
    "('a'::text = ANY (C))",
    "(C && '[1,5)'::int4range)",
    "(C ? 'key'::text)",
    "(to_tsvector('english'::regconfig, C) @@ '''word'''::tsquery)",
    "(C @@ to_tsquery('word'::text))",
    "(ROW(C, D) > ROW(1, 2))",
    "(C = ('x'::text COLLATE \"C\"))",
    "((C)::character varying(10) = 'x'::bpchar)",
    "(C[1] = 'x'::text)",
    "(hashed SubPlan 1)",
];

/// A generated table, and plans on it.
pub struct Made {
    pub table: String,
    pub columns: Vec<String>,
    pub verbose: bool,
    pub random: Random,
}

impl Made {
    fn column(&mut self) -> String {
        let at = self.random.below(self.columns.len());
        let name = quote_ident(&self.columns[at]);
        if self.verbose { format!("t.{name}") } else { name }
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth > 0 && self.random.below(3) > 0 {
            let word = self.random.one(&[" AND ", " AND ", " AND ", " OR "]);
            let count = 2 + self.random.below(2);
            let parts: Vec<String> = (0..count).map(|_| self.condition(depth - 1)).collect();
            return format!("({})", parts.join(word));
        }
        let mut text = String::new();
        let test = self.random.one(&TESTS);
        let letters: Vec<char> = test.chars().collect();
        for (at, c) in letters.iter().enumerate() {
            let beside = |at: Option<usize>| {
                let near = at.and_then(|at| letters.get(at));
                near.is_none_or(|c| !c.is_alphanumeric() && *c != '_' && *c != '"')
            };
            let alone = beside(at.checked_sub(1)) && beside(at.checked_add(1));
            match c {
                'C' | 'D' if alone => text.push_str(&self.column()),
                'O' if alone => text.push_str("other_table.\"O id\""),
                c => text.push(*c),
            }
        }
        text
    }

    fn sort_key(&mut self) -> String {
        let orders =
            ["", " DESC", " NULLS FIRST", " DESC NULLS LAST", " COLLATE \"C\"", " USING ~<~"];
        let count = 1 + self.random.below(2);
        let keys: Vec<String> = (0..count)
            .map(|_| {
                let (column, order) = (self.column(), self.random.one(&orders));
                match self.random.below(4) {
                    0 => format!("(lower({column})){order}"),
                    _ => format!("{column}{order}"),
                }
            })
            .collect();
        keys.join(", ")
    }

    /// Text of a plan on which many rules fire.
    pub fn plan(&mut self) -> String {
        let table = quote_ident(&self.table);
        let table =
            if self.verbose { format!("\"My schema\".{table} t") } else { format!("{table} t") };
        let figures = |rows: usize, ms: usize| {
            format!(
                "(cost=0.00..9000.00 rows=10 width=8) (actual time=0.010..{ms}.000 rows={rows} loops=1)"
            )
        };
        let output = match self.verbose {
            true => format!("\n    Output: {}, {}", self.column(), self.column()),
            false => String::new(),
        };
        let (first, second) = (self.condition(2), self.condition(1));
        let scan = match self.random.below(5) {
            0 => format!(
                "Index Scan using i on {table}  {}{output}\n    Index Cond: {second}\n    Filter: {first}\n    Rows Removed by Filter: 900000",
                figures(20_000, 900)
            ),
            1 => format!(
                "Bitmap Heap Scan on {table}  {}{output}\n    Recheck Cond: {second}\n    Filter: {first}\n    Rows Removed by Filter: 900000\n    Heap Blocks: exact=100 lossy=9000\n    ->  Bitmap Index Scan on i  {}\n          Index Cond: {second}\n          Index Searches: 70000",
                figures(20_000, 900),
                figures(20_000, 9)
            ),
            2 => format!(
                "Index Only Scan using i on {table}  {}{output}\n    Index Cond: {second}\n    Heap Fetches: 19000\n    Index Searches: 19000",
                figures(20_000, 900)
            ),
            3 => format!(
                "Index Scan using i on {table}  {}{output}\n    Filter: {first}\n    Rows Removed by Filter: 900000",
                figures(10, 900)
            ),
            _ => format!(
                "Seq Scan on {table}  {}{output}\n    Filter: {first}\n    Rows Removed by Filter: 900000\n    Buffers: shared hit=9000",
                figures(self.random.below(20_000), 900)
            ),
        };
        let indented = scan.replace('\n', "\n    ");
        let whole = match self.random.below(4) {
            0 => format!("Limit  {}\n  ->  {}", figures(10, 950), scan.replace('\n', "\n  ")),
            1 => format!(
                "Limit  {}\n  ->  Sort  {}\n        Sort Key: {}\n        Sort Method: top-N heapsort  Memory: 30kB\n        ->  {}",
                figures(10, 960),
                figures(10, 950),
                self.sort_key(),
                indented.replace('\n', "\n    ")
            ),
            2 => format!(
                "Sort  {}\n  Sort Key: {}\n  Sort Method: external merge  Disk: 90000kB\n  ->  {}",
                figures(20_000, 1500),
                self.sort_key(),
                scan.replace('\n', "\n  ")
            ),
            _ => format!(
                "Nested Loop  {}\n  Join Filter: {}\n  Rows Removed by Join Filter: 900000\n  ->  Seq Scan on other_table  {}\n  ->  {}",
                figures(10, 990),
                self.condition(1),
                figures(10, 1),
                scan.replace('\n', "\n  ")
            ),
        };
        format!("{whole}\nPlanning Time: 100.000 ms\nExecution Time: 2000.000 ms\n")
    }

    pub fn catalog(&mut self) -> Catalog {
        let column = |name: &String| Column {
            name: name.clone(),
            n_distinct: Some(5.0),
            correlation: Some(0.1),
            null_frac: Some(0.0),
            most_common_freq: Some(0.9),
            ..Column::default()
        };
        let relation = Relation {
            schema: "My schema".into(),
            name: self.table.clone(),
            size_bytes: Some(1e9),
            reltuples: Some(1e6),
            columns: self.columns.iter().map(column).collect(),
            indexes: vec![Index {
                name: "an \"index\"".into(),
                method: "btree".into(),
                keys: vec![quote_ident(&self.columns[0])],
                indisvalid: self.random.below(2) == 0,
                ..Index::default()
            }],
            ..Relation::default()
        };
        Catalog { relations: vec![relation], ..Catalog::default() }
    }
}
