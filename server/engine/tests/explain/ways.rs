//! Traps for the guard: ways to an expression that calls a function, times places where such an expression stands.

use super::places::{Place, READING, TRIGGERS, WRITING};

/// A statement that calls a function.
#[derive(Debug)]
pub struct Trap {
    /// Way, place and danger.
    pub name: String,
    /// What a superuser makes before.
    pub setup: String,
    /// A function that its function calls.
    pub function: String,
    /// The statement.
    pub statement: String,
    /// Whether it changes rows.
    pub writes: bool,
}

/// A way: its name; what it needs beside the function `F`, whose own definition is `F` alone where it takes and
/// gives an integer; the expression. `#` is the number of the trap, `@@` an operator of its own.
struct Way {
    name: &'static str,
    function: &'static str,
    more: &'static str,
    expression: &'static str,
}

const PLAIN: &str = "f#(a int) returns int language plpgsql immutable as $$ begin perform public.k#(); return a; end $$";
const OF_TWO: &str = "f#(a int, b int) returns int language plpgsql immutable as $$ begin perform public.k#(); return b; end $$";
const TO_ROW: &str = "f#(a int) returns c# language plpgsql immutable as $$ begin perform public.k#(); return row(a)::public.c#; end $$";
const OF_ROW: &str = "f#(a r#) returns int language plpgsql immutable as $$ begin perform public.k#(); return 1; end $$";

const fn way(name: &'static str, more: &'static str, expression: &'static str) -> Way {
    Way { name, function: PLAIN, more, expression }
}

const fn of(
    name: &'static str,
    (function, more): (&'static str, &'static str),
    expression: &'static str,
) -> Way {
    Way { name, function, more, expression }
}

/// Expressions without a subquery, which may stand in a table's definition too.
const PLAIN_WAYS: &[Way] = &[
    way("by name", "", "f#(1)"),
    way("with its schema", "", "public.f#(1)"),
    way("by the argument's name", "", "f#(a => 1)"),
    way(
        "as a default argument",
        "create function g#(b int default f#(1)) returns int language plpgsql immutable as $$ begin return b; end $$",
        "g#()",
    ),
    way(
        "in a body of standard SQL",
        "create function g#(b int) returns int language sql immutable begin atomic select f#(b); end",
        "g#(1)",
    ),
    of("as an operator", (OF_TWO, "create operator @@ (leftarg = int, rightarg = int, function = f#)"), "(1 @@ 2)"),
    way("as a prefix operator", "create operator @@ (rightarg = int, function = f#)", "(@@ 1)"),
    of("as a qualified operator", (OF_TWO, "create operator @@ (leftarg = int, rightarg = int, function = f#)"), "(1 operator(public.@@) 2)"),
    of("as a cast", (TO_ROW, "create cast (int as c#) with function f#(int)"), "((1::c#).a)"),
    of("as a cast of that syntax", (TO_ROW, "create cast (int as c#) with function f#(int)"), "((cast(1 as c#)).a)"),
    of(
        "as an implicit cast",
        (
            TO_ROW,
            "create cast (int as c#) with function f#(int) as implicit;
             create function g#(b c#) returns int language plpgsql immutable as $$ begin return b.a; end $$",
        ),
        "g#(1)",
    ),
    way("as the check of a domain", "create domain d# as int check (f#(value) is not null)", "(1::d#)"),
    way(
        "as the check of a domain of a domain",
        "create domain b# as int check (f#(value) is not null); create domain d# as b#",
        "(1::d#)",
    ),
    way(
        "as the check within a row",
        "create domain d# as int check (f#(value) is not null); create type k# as (a d#)",
        "((row(1)::k#).a)",
    ),
    way("as the check of an array's domain", "create domain d# as int check (f#(value) is not null)", "((array[1]::d#[])[1])"),
    way("as the check of a text", "create domain d# as int check (f#(value) is not null)", "(('1' || '')::d#)"),
    way(
        "as the check of an argument",
        "create domain d# as int check (f#(value) is not null);
         create function g#(b d#) returns int language plpgsql immutable as $$ begin return b; end $$",
        "g#(1)",
    ),
    way(
        "as the check of a row from JSON",
        "create domain d# as int check (f#(value) is not null); create type k# as (a d#)",
        "((jsonb_populate_record(null::k#, '{\"a\": 1}')).a)",
    ),
    of(
        "as a variadic function",
        ("f#(variadic a int[]) returns int language plpgsql immutable as $$ begin perform public.k#(); return 1; end $$", ""),
        "f#(1, 2)",
    ),
    of(
        "as a polymorphic function",
        ("f#(a anyelement) returns int language plpgsql immutable as $$ begin perform public.k#(); return 1; end $$", ""),
        "f#(1)",
    ),
    of(
        "in a CASE",
        (
            "f#(a c#, b c#) returns bool language plpgsql immutable as $$ begin perform public.k#(); return true; end $$",
            "create operator = (leftarg = c#, rightarg = c#, function = f#)",
        ),
        "(case row(1)::c# when row(1)::c# then 1 end)",
    ),
    of(
        "in NULLIF",
        (
            "f#(a c#, b c#) returns bool language plpgsql immutable as $$ begin perform public.k#(); return true; end $$",
            "create operator = (leftarg = c#, rightarg = c#, function = f#)",
        ),
        "((nullif(row(1)::c#, row(2)::c#)).a)",
    ),
];

/// Expressions with a subquery.
const NESTED_WAYS: &[Way] = &[
    of("as an aggregate's transition", (OF_TWO, "create aggregate g#(int) (sfunc = f#, stype = int, initcond = '0')"), "(select g#(n) from one)"),
    way(
        "as an aggregate's end",
        "create aggregate g#(int) (sfunc = int4pl, stype = int, initcond = '0', finalfunc = f#)",
        "(select g#(n) from one)",
    ),
    way(
        "as a window's aggregate",
        "create aggregate g#(int) (sfunc = int4pl, stype = int, initcond = '0', finalfunc = f#)",
        "(select g#(n) over () from one)",
    ),
    of("by a row's attribute", (OF_ROW, "insert into r# values (1)"), "(select q.f# from r# q)"),
    of("by a table's attribute", (OF_ROW, "insert into r# values (1)"), "(select r#.f# from r#)"),
    of("by an attribute in parentheses", (OF_ROW, "insert into r# values (1)"), "(select (q).f# from r# q)"),
    of(
        "by an attribute with defaults",
        (
            "f#(a r#, b int default 1) returns int language plpgsql immutable as $$ begin perform public.k#(); return 1; end $$",
            "insert into r# values (1)",
        ),
        "(select q.f# from r# q)",
    ),
    way("as a table", "", "(select g from f#(1) g)"),
    way("in a view", "create view v# as select f#(1) as n", "(select n from v#)"),
    way(
        "in a view of a view",
        "create view w# as select f#(1) as n; create view v# as select n from w#",
        "(select n from v#)",
    ),
    way("in a view's condition", "create view v# as select n from one where f#(n) = 1", "(select n from v#)"),
    of(
        "in a view's operator",
        (OF_TWO, "create operator @@ (leftarg = int, rightarg = int, function = f#); create view v# as select n @@ n as n from one"),
        "(select n from v#)",
    ),
    way(
        "in a view's aggregate",
        "create aggregate g#(int) (sfunc = int4pl, stype = int, initcond = '0', finalfunc = f#);
         create view v# as select g#(n) as n from one",
        "(select n from v#)",
    ),
    way(
        "in row security",
        "create table t# (n int); insert into t# values (1); alter table t# enable row level security;
         create policy p on t# using (f#(n) = 1)",
        "(select n from t#)",
    ),
    way(
        "in row security of a partition's parent",
        "create table t# (n int) partition by list (n); create table u# partition of t# default; insert into t# values (1);
         alter table t# enable row level security; create policy p on t# using (f#(n) = 1)",
        "(select n from t#)",
    ),
    of(
        "as an order",
        (
            "f#(a c#, b c#) returns int language plpgsql immutable as $$ begin perform public.k#(); return a.a - b.a; end $$",
            "create function l#(a c#, b c#) returns bool language sql immutable as 'select a.a < b.a';
             create function e#(a c#, b c#) returns bool language sql immutable as 'select a.a = b.a';
             create operator < (leftarg = c#, rightarg = c#, function = l#);
             create operator = (leftarg = c#, rightarg = c#, function = e#);
             create operator class o# default for type c# using btree as operator 1 <, operator 3 =, function 1 f#(c#, c#)",
        ),
        "(select count(*)::int from (select row(x)::c# as y from generate_series(1, 3) x order by y) z)",
    ),
];

/// All, each with a number of its own.
pub fn traps(major: u16) -> Vec<Trap> {
    let mut all = Vec::new();
    let every: Vec<&Way> = PLAIN_WAYS.iter().chain(NESTED_WAYS).collect();
    for way in &every {
        READING.iter().take(2).for_each(|place| add(&mut all, way, place, false));
    }
    for (at, place) in READING.iter().enumerate().skip(2) {
        let turns = every.iter().cycle().skip(5 * at).step_by(11).take(4);
        turns.for_each(|way| add(&mut all, way, place, false));
    }
    for way in PLAIN_WAYS {
        WRITING.iter().take(3).for_each(|place| add(&mut all, way, place, true));
    }
    for (at, place) in WRITING.iter().enumerate().skip(3) {
        let turns = PLAIN_WAYS.iter().cycle().skip(3 * at).step_by(7).take(3);
        turns.for_each(|way| add(&mut all, way, place, true));
    }
    for place in TRIGGERS {
        let function = "f#() returns trigger language plpgsql immutable as $$ begin perform public.k#(); return null; end $$";
        let way = Way {
            name: "a trigger's function",
            function,
            more: "create table z# (n int primary key); insert into z# values (0)",
            expression: "",
        };
        add(&mut all, &way, place, true);
    }
    if major >= 15 {
        let merge = Place {
            name: "merged",
            setup: "create table z# (n int); insert into z# values (1)",
            statement: "merge into z# using one on z#.n = one.n when matched then update set n = E",
        };
        PLAIN_WAYS.iter().take(4).for_each(|way| add(&mut all, way, &merge, true));
    }
    all
}

/// Places that take immutable functions only, which those on JSON are not.
const IMMUTABLE: [&str; 3] = ["in an index", "as the predicate of an index", "as a stored column"];

fn add(all: &mut Vec<Trap>, way: &Way, place: &Place, writes: bool) {
    if way.expression.contains("jsonb_") && IMMUTABLE.contains(&place.name) {
        return;
    }
    let number = all.len() + 1;
    let operator: String = std::iter::successors(Some(number), |rest| Some(rest / 4))
        .take_while(|rest| *rest > 0)
        .filter_map(|rest| ['#', '%', '&', '|'].get(rest % 4).copied())
        .collect();
    let filled = |text: &str| {
        let text = text.replace('E', way.expression).replace("@@", "@!");
        let text = text.replace('#', &number.to_string());
        text.replace("@!", &format!("@{operator}"))
    };
    let (danger, made) = match number % 2 {
        0 => ("volatile", "volatile"),
        _ => ("definer", "stable security definer"),
    };
    let setup = [
        "create type c# as (a int); create table r# (n int)",
        // PostgreSQL does not count what aggregates and comparisons call, but what functions call.
        "create function k#() returns int language plpgsql as $$ begin return 1; end $$",
        &format!("create function {}", way.function),
        way.more,
        place.setup,
        &format!("alter function f# {made}"),
    ];
    let setup: Vec<&str> = setup.into_iter().filter(|part| !part.is_empty()).collect();
    all.push(Trap {
        name: format!("{number}: {} {}, {danger}", way.name, place.name),
        setup: filled(&setup.join(";\n")),
        function: format!("k{number}"),
        statement: filled(place.statement),
        writes,
    });
}
