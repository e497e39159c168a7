//! Places of a statement, or of what it reaches, where an expression stands that calls a function.

/// Where an expression stands: its name, what it needs, the statement. `E` is the expression.
pub struct Place {
    pub name: &'static str,
    pub setup: &'static str,
    pub statement: &'static str,
}

/// Places in a statement that reads.
pub const READING: &[Place] = &[
    Place { name: "selected", setup: "", statement: "select E" },
    Place { name: "in a view", setup: "create view z# as select E as n; alter view z# owner to analyst", statement: "select n from z#" },
    Place { name: "as a condition", setup: "", statement: "select 1 from one where E is not null" },
    Place { name: "in a CTE", setup: "", statement: "with q as materialized (select E as n) select n from q" },
    Place { name: "in a join", setup: "", statement: "select 1 from one a join one b on a.n = b.n and E is not null" },
    Place { name: "as an order", setup: "", statement: "select n from one order by n + E" },
    Place { name: "in a group", setup: "", statement: "select count(*) from one group by n having E is not null" },
    Place { name: "as a limit", setup: "", statement: "select n from one limit E" },
    Place { name: "as values", setup: "", statement: "values (E)" },
    Place { name: "in a subquery", setup: "", statement: "select 1 where exists (select 1 where E is not null)" },
    Place { name: "beside a table", setup: "", statement: "select q.n from one, lateral (select E as n) q" },
    Place { name: "as a filter", setup: "", statement: "select count(*) filter (where E is not null) from one" },
    Place { name: "in a window", setup: "", statement: "select sum(n) over (partition by n + E) from one" },
    Place { name: "in a union", setup: "", statement: "select 1 union all select E" },
    Place {
        name: "in row security",
        setup: "create table z# (n int); insert into z# values (1); alter table z# enable row level security;
                create policy p on z# using (E is not null)",
        statement: "select n from z#",
    },
];

/// Places in a statement that changes rows, also such that take no subquery.
pub const WRITING: &[Place] = &[
    Place { name: "as a default", setup: "create table z# (m int, n int default E)", statement: "insert into z# (m) values (1)" },
    Place { name: "in a check", setup: "create table z# (n int check (n = 1 and E is not null))", statement: "insert into z# values (1)" },
    Place { name: "in an index", setup: "create table z# (n int); create index on z# ((n + E))", statement: "insert into z# values (1)" },
    Place {
        name: "as the predicate of an index",
        setup: "create table z# (n int); create index on z# (n) where n = 1 and E is not null",
        statement: "insert into z# values (1)",
    },
    Place {
        name: "as the condition of a trigger",
        setup: "create table z# (n int); create trigger t before insert on z# for each row when (new.n = 1 and E is not null)
                execute function suppress_redundant_updates_trigger()",
        statement: "insert into z# values (1)",
    },
    Place { name: "inserted", setup: "create table z# (n int)", statement: "insert into z# values (E)" },
    Place { name: "returned", setup: "create table z# (n int)", statement: "insert into z# values (1) returning E" },
    Place { name: "set", setup: "create table z# (n int); insert into z# values (1)", statement: "update z# set n = E" },
    Place { name: "deleted by", setup: "create table z# (n int); insert into z# values (1)", statement: "delete from z# where E is not null" },
    Place {
        name: "on a conflict",
        setup: "create table z# (n int primary key); insert into z# values (1)",
        statement: "insert into z# values (1) on conflict (n) do update set n = E",
    },
    Place { name: "in a rule", setup: "create table z# (n int); create rule r as on insert to z# do also insert into one values (E)", statement: "insert into z# values (1)" },
    Place {
        name: "in a rule of a view",
        setup: "create view z# as select n from one; create rule r as on update to z# do instead update one set n = E",
        statement: "update z# set n = 2",
    },
    Place {
        name: "in the check of row security",
        setup: "create table z# (n int); alter table z# enable row level security; create policy p on z# with check (E is not null)",
        statement: "insert into z# values (1)",
    },
    Place {
        name: "in a partition's check",
        setup: "create table z# (n int) partition by list (n); create table y# partition of z# (check (n = 1 and E is not null)) default",
        statement: "insert into z# values (1)",
    },
    Place {
        name: "as a stored column",
        setup: "create table z# (n int, m int generated always as (n + E) stored)",
        statement: "insert into z# values (1)",
    },
    Place {
        name: "below a foreign key",
        setup: "create table z# (n int primary key); insert into z# values (1);
                create table y# (n int references z# on delete set null, check (n = 1 or E is not null)); insert into y# values (1)",
        statement: "delete from z#",
    },
    Place {
        name: "in a CTE that changes",
        setup: "create table z# (n int)",
        statement: "with q as (insert into z# values (E) returning n) select n from q",
    },
];

/// Traps that are functions of triggers, which no expression calls.
pub const TRIGGERS: &[Place] = &[
    Place {
        name: "before",
        setup: "create trigger t before insert on z# for each row execute function f#()",
        statement: "insert into z# values (1)",
    },
    Place {
        name: "after",
        setup: "create trigger t after insert on z# for each row execute function f#()",
        statement: "insert into z# values (1)",
    },
    Place {
        name: "per statement",
        setup: "create trigger t after update on z# execute function f#()",
        statement: "update z# set n = 2",
    },
    Place {
        name: "instead",
        setup: "create view v# as select n from z#; create trigger t instead of insert on v# for each row execute function f#()",
        statement: "insert into v# values (1)",
    },
    Place {
        name: "below a foreign key",
        setup: "create table y# (n int references z# on delete cascade); insert into y# values (0);
                create trigger t before delete on y# for each row execute function f#()",
        statement: "delete from z#",
    },
];
