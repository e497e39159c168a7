//! Tests of the guard's decisions, one by one.

use super::*;

const READ: Mode = Mode::Analyze { dml: false, functions: false };
const WRITE: Mode = Mode::Analyze { dml: true, functions: false };

#[track_caller]
fn refused(text: &str, mode: Mode) -> String {
    match guard(text, mode) {
        Err(refusal) => refusal.message(),
        Ok(_) => panic!("{text} passes"),
    }
}

#[track_caller]
fn passes(text: &str, mode: Mode) {
    if let Err(refusal) = guard(text, mode) {
        panic!("{text}: {}", refusal.message());
    }
}

#[test]
fn what_a_developer_pastes_passes() {
    for text in [
        "select 1",
        "SELECT * FROM a JOIN b USING (id) WHERE x = $1 AND y = ANY($2) ORDER BY 1 LIMIT 10;",
        "values (1, 'a'), (2, 'b')",
        "table t",
        "(select 1 union all select 2) order by 1 -- why",
        "with recursive r(n) as (select 1 union all select n + 1 from r where n < 9) select * from r",
        "select a, row_number() over w, count(*) filter (where b) from t window w as (partition by c)",
        "select x.a[1], (y).z.w, array[1, 2], row(1, 2), case a when 1 then 2 end, coalesce(a, b) from t",
        "select * from generate_series(1, 10) with ordinality as g(a, b), lateral (select g.a) s",
        "select * from t tablesample bernoulli (1) repeatable (7)",
        "select a is distinct from b, a between 1 and 2, a ~~ 'x', not exists (select 1) from t",
        "select count(*) from t group by grouping sets ((a), rollup (b, c)) having grouping(a) = 0",
        "select xmlelement(name a, xmlattributes(b as c)), xmlserialize(content d as text) from t",
        "select * from xmltable('/r' passing d columns n int path '@n') x",
        "select json_object('a': 1), json_array(1, 2), json_value(j, '$.a'), j is json from t",
        "select * from json_table(j, '$[*]' columns (a int path '$.a', nested path '$.b' columns (c text)))",
        "select current_date, localtimestamp, now() at time zone 'UTC', interval '1 day', b'101', 1.5e3",
        "select a collate \"C\", greatest(1, 2), nullif(a, b), extract(year from d), overlay(a placing b from 1) from t",
        "select * from t where (a, b) in (select c, d from u) and e @> '{1}' and f -> 'g' ->> 'h' is not null",
    ] {
        passes(text, READ);
    }
}

#[test]
fn changes_of_rows_are_planned_freely_and_run_after_a_yes() {
    for text in [
        "insert into t (a) values (1) on conflict (a) do update set b = excluded.b returning *",
        "update t set (a, b) = (select 1, 2), c = default where d = 1",
        "delete from t using u where t.a = u.a returning t.*",
        "merge into t using u on t.a = u.a when matched then delete when not matched then insert values (1)",
        "with gone as (delete from t returning *) select * from gone",
        "select 1 from (with x as (update t set a = 1 returning 1) select * from x) y",
    ] {
        passes(text, Mode::Plan);
        passes(text, WRITE);
        assert!(refused(text, READ).contains("changes rows"), "{text}");
    }
    for text in [
        "select 1 from t for update",
        "select 1 from t for no key update of t skip locked",
        "select (select 1 from t for key share)",
    ] {
        passes(text, Mode::Plan);
        passes(text, WRITE);
        assert!(refused(text, READ).contains("line 1, column"), "{text}");
    }
}

#[test]
fn what_is_no_plain_statement_is_refused_by_name() {
    for (text, name) in [
        ("explain select 1", "EXPLAIN"),
        ("explain (analyze) delete from t", "EXPLAIN"),
        ("create table x as select 1", "CREATE TABLE AS"),
        ("create materialized view x as select 1", "CREATE TABLE AS"),
        ("declare c cursor for select 1", "DECLARE"),
        ("execute p(1)", "EXECUTE"),
        ("prepare p as select 1", "PREPARE"),
        ("copy t to program 'x'", "COPY"),
        ("do $$ begin end $$", "DO"),
        ("call p()", "CALL"),
        ("listen a", "LISTEN"),
        ("notify a", "NOTIFY"),
        ("vacuum t", "VACUUM"),
        ("set role postgres", "SET"),
        ("reset all", "SET"),
        ("commit", "COMMIT"),
        ("lock table t", "LOCK"),
        ("truncate t", "TRUNCATE"),
        ("alter system set a = 1", "ALTER SYSTEM"),
        ("checkpoint", "CHECKPOINT"),
        ("select 1 into x", "SELECT INTO"),
        ("select 1 into temp x", "SELECT INTO"),
        ("with a as (select 1) select * into x from a", "SELECT INTO"),
        ("delete from t where current of c", "CURRENT OF"),
    ] {
        for mode in [Mode::Plan, WRITE] {
            assert!(refused(text, mode).contains(name), "{text}: {}", refused(text, mode));
        }
    }
}

#[test]
fn dangerous_functions_are_refused_wherever_they_stand() {
    for text in [
        "select pg_sleep(1)",
        "select pg_catalog.pg_sleep(1)",
        "select \"pg_sleep\"(1)",
        "select U&\"pg\\005fsleep\"(1)",
        "select PG_Sleep (1)",
        "select 1 where exists (select pg_terminate_backend(1))",
        "select * from dblink('x', 'y') as t(a int)",
        "select * from t order by pg_advisory_lock(1)",
        "select * from t limit set_config('a', 'b', true)::int",
        "values (lo_import('/etc/passwd'))",
        "select case when true then pg_read_file('x') end",
        "select sum(1) filter (where pg_sleep(1) is null) over (partition by pg_sleep(1)) from t",
        "insert into t values (pg_sleep(1)) on conflict (pg_sleep(1)) do nothing",
        "select * from rows from (pg_ls_dir('.'))",
        "select query_to_xml('delete from t', true, true, '')",
        "with x as materialized (select pg_sleep(1)) select 1",
        "select (pg_sleep(1)).a",
    ] {
        for mode in [Mode::Plan, Mode::Analyze { dml: true, functions: true }] {
            let message = refused(text, mode);
            assert!(
                message.contains("never calls it") && message.contains("line 1"),
                "{text}: {message}"
            );
        }
    }
}

#[test]
fn one_statement_as_postgresql_counts_them() {
    assert!(refused("select 1; delete from t", READ).contains("line 1, column 11"));
    assert!(refused(r"select '\'; drop table w; --'", READ).contains("more than one"));
    assert!(refused("", READ).contains("no statement"));
    assert!(refused("/* a */ -- b\n;;", READ).contains("no statement"));
    assert!(refused("select 1\0", READ).contains("NUL"));
    assert!(refused("select\nfrom from t", READ).contains("PostgreSQL's parser"));
    passes(r"select 'a; b', $$;$$, $x$ ; $$ ; $x$, E'\'; drop table t; --' /* ; /* ; */ */;", READ);
    passes("select 1;;", READ);
}

#[test]
fn a_syntax_error_has_a_place_where_it_can_be_told() {
    assert!(refused("select *\nfrom t wher a = 1 limit", READ).contains("line"), "end of input");
    assert!(refused("selec 1", READ).contains("line 1, column 1"));
}

#[test]
fn no_depth_and_no_length_is_too_much_for_the_process() {
    let deep = |open: &str, middle: &str, close: &str, n: usize| {
        format!("select {}{middle}{}", open.repeat(n), close.repeat(n))
    };
    for n in [30, 300, 3_000, 30_000] {
        for text in [
            deep("(", "1", ")", n),
            deep("not ", "true", "", n),
            deep("(select ", "1", ")", n),
            deep("case when true then ", "1", " end", n),
            deep("", "1", "+1", n),
            deep("", "1", "::int", n),
            deep("", "1", " union all select 1", n),
            deep("", "1 where a = 1", " and a = 1", n),
            deep("", "a", "[1]", n),
        ] {
            let passed = guard(&text, READ).is_ok();
            assert!(passed || n > 30, "{} levels of {} are ordinary", n, &text[..20]);
        }
    }
    let joins = format!("select 1 from a{}", " join a using (b)".repeat(200));
    passes(&joins, READ);
    assert!(refused(&"x".repeat(STATEMENT_BYTES + 1), READ).contains("100000"));
}

#[test]
fn parameters_are_counted_and_built_texts_are_checked() {
    assert_eq!(guard("select $1, $3::int, '$9'", READ).map(|g| g.parameters()), Ok(3));
    assert!(is_still("explain (format json) select 1", "ExplainStmt"));
    assert!(!is_still("explain (format json) select 1; drop table t", "ExplainStmt"));
}

impl PartialEq for Guarded {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
