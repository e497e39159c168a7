//! Tables with a history: how they were made, filled and changed. Each lies in a schema of its name; steps run in
//! sessions of their own, and `va` stands for `vacuum analyze t`.

/// Functions that the steps use: text that does not compress, text that does, and numbers few of which are common.
pub const SETUP: &str = "
create schema make;
create function make.noise(n int) returns text language sql volatile as $$
  select substr(string_agg(translate(encode(sha512((random()::text || i)::bytea), 'base64'), E'\\n', ''), ''), 1, n)
    from generate_series(1, n / 86 + 1) i $$;
create function make.prose(n int) returns text language sql volatile as $$
  select substr(repeat('the quick brown fox ' || (random() * 1000)::int || ' jumps over the lazy dog ', n / 40 + 1), 1, n) $$;
create function make.zipf(n int) returns int language sql volatile as $$
  select least(n, greatest(1, exp(random() * ln(n))::int)) $$;
create type make.mood as enum ('sad', 'ok', 'happy');
create type make.pair as (a int, b text);
create domain make.positive as int check (value >= 0)";

/// A name and the steps.
pub type Made = (&'static str, &'static [&'static str]);

/// Kinds on which the estimator was developed, in a smaller form.
pub const KINDS: &[Made] = &[
    (
        "narrow",
        &[
            "create table t (id int primary key, a int, b int); insert into t select i, i % 1000, (random() * 1e6)::int from generate_series(1, 40000) i; create index on t (a); create index on t (b)",
            "va",
        ],
    ),
    (
        "padded",
        &[
            "create table t (a bool, b bigint, c smallint, d bigint, e int, f timestamptz, g bool); insert into t select true, i, 1, i, i, now(), false from generate_series(1, 20000) i; create index on t (b); create index on t (g, e, b)",
            "va",
        ],
    ),
    (
        "no_columns",
        &["create table t (); insert into t select from generate_series(1, 20000)", "va"],
    ),
    (
        "fillfactor_50",
        &[
            "create table t (id int, s text) with (fillfactor = 50); insert into t select i, make.noise(20 + i % 60) from generate_series(1, 10000) i; create index on t (id) with (fillfactor = 60)",
            "va",
        ],
    ),
    (
        "fillfactor_set_later",
        &[
            "create table t (id int, a bigint, b bigint); insert into t select i, i, i from generate_series(1, 30000) i",
            "alter table t set (fillfactor = 70)",
            "va",
        ],
    ),
    (
        "nulls_of_few",
        &[
            "create table t (id int, a int, b bigint, c text, d timestamptz, e smallint, f bool); insert into t select i, nullif((random() * 3)::int, 0), case when random() < .7 then i end, case when random() < .5 then 'x' || i end, case when random() < .6 then now() end, case when random() < .9 then 1 end, case when random() < .4 then true end from generate_series(1, 20000) i; create index on t (a); create index on t (c); create index on t (e, c)",
            "va",
        ],
    ),
    (
        "text_short",
        &[
            "create table t (id int, s text); insert into t select i, make.noise(5 + (random() * 35)::int) from generate_series(1, 15000) i; create index on t (s)",
            "va",
        ],
    ),
    (
        "text_wide",
        &[
            "create table t (id int, s text); insert into t select i, make.noise(300 + (random() * 1200)::int) from generate_series(1, 1500) i",
            "va",
        ],
    ),
    (
        "text_compressed",
        &[
            "create table t (id int, s text); insert into t select i, make.prose(3000 + (random() * 8000)::int) from generate_series(1, 4000) i",
            "va",
        ],
    ),
    (
        "toast_mixed",
        &[
            "create table t (id int, s text, u text); insert into t select i, case when random() < .2 then make.noise(3000 + (random() * 3000)::int) else make.noise((random() * 200)::int) end, 'k' || i from generate_series(1, 2000) i",
            "va",
        ],
    ),
    (
        "toast_updated",
        &[
            "create table t (id int, s text); insert into t select i, make.noise(4000 + (random() * 4000)::int) from generate_series(1, 300) i",
            "update t set s = make.noise(4000 + (random() * 4000)::int) where random() < .5",
            "va",
        ],
    ),
    (
        "jsonb_inline",
        &[
            "create table t (id int, j jsonb); insert into t select i, jsonb_build_object('id', i, 'name', make.noise(10 + i % 30), 'tags', jsonb_build_array('a', i % 7)) from generate_series(1, 8000) i",
            "va",
        ],
    ),
    (
        "arrays",
        &[
            "create table t (id int, a int[]); insert into t select i, array(select generate_series(1, 1 + i % 12)) from generate_series(1, 15000) i",
            "va",
        ],
    ),
    (
        "numerics",
        &[
            "create table t (id int, n numeric, m numeric(12, 2)); insert into t select i, random() * power(10, i % 9), i * 1.25 from generate_series(1, 20000) i; create index on t (n); create index on t (m)",
            "va",
        ],
    ),
    (
        "names",
        &[
            "create table t (id int, n name); insert into t select i, ('relation_' || i)::name from generate_series(1, 10000) i; create index on t (n)",
            "va",
        ],
    ),
    (
        "dropped_columns",
        &[
            "create table t (id int, a text, b bigint, c text); insert into t select i, make.noise(60), i, 'x' from generate_series(1, 8000) i",
            "alter table t drop column a",
            "va",
        ],
    ),
    (
        "fast_default",
        &[
            "create table t (id int, a int); insert into t select i, i from generate_series(1, 30000) i",
            "alter table t add column d text not null default 'the default that old rows lack'",
            "va",
        ],
    ),
    (
        "char_n",
        &[
            "create table t (id int, c char(20), d char(200)); insert into t select i, 'c' || i, 'd' || i from generate_series(1, 5000) i; create index on t (c)",
            "va",
        ],
    ),
    (
        "matview",
        &[
            "create table source (id int, s text); insert into source select i, make.noise(i % 50) from generate_series(1, 10000) i; create materialized view t as select id, s from source; create index on t (id)",
            "va",
        ],
    ),
    (
        "half_deleted",
        &[
            "create table t (id int primary key, s text); insert into t select i, make.noise(40) from generate_series(1, 15000) i",
            "delete from t where random() < .5",
            "va",
        ],
    ),
    (
        "half_deleted_dirty",
        &[
            "create table t (id int primary key, s text); insert into t select i, make.noise(40) from generate_series(1, 15000) i",
            "delete from t where random() < .5",
            "analyze t",
        ],
    ),
    (
        "head_deleted",
        &[
            "create table t (id int primary key, s text); insert into t select i, make.noise(40) from generate_series(1, 15000) i",
            "delete from t where id < 9000",
            "va",
        ],
    ),
    (
        "all_deleted",
        &[
            "create table t (id int primary key, s text); insert into t select i, make.noise(40) from generate_series(1, 8000) i",
            "delete from t",
            "va",
        ],
    ),
    (
        "hot_updates",
        &[
            "create table t (id int primary key, n int, s text) with (fillfactor = 70); insert into t select i, 0, make.noise(60) from generate_series(1, 8000) i",
            "va",
            "update t set n = n + 1 where random() < .4",
            "update t set n = n + 1 where random() < .4",
            "va",
        ],
    ),
    (
        "updates_of_keys",
        &[
            "create table t (id int primary key, n int); insert into t select i, i from generate_series(1, 20000) i; create index on t (n)",
            "update t set n = n + 100000",
            "va",
            "update t set n = n + 100000 where random() < .3",
            "va",
        ],
    ),
    (
        "rows_grown",
        &[
            "create table t (id int primary key, s text); insert into t select i, '' from generate_series(1, 15000) i",
            "update t set s = make.noise(80)",
            "va",
        ],
    ),
    (
        "insert_rolled_back",
        &[
            "create table t (id int, s text); insert into t select i, make.noise(40) from generate_series(1, 8000) i",
            "do $$ begin insert into t select i, make.noise(40) from generate_series(1, 8000) i; raise exception 'x'; exception when others then null; end $$",
            "va",
        ],
    ),
    (
        "grown_since_analyze",
        &[
            "create table t (id int primary key, s text); insert into t select i, make.noise(40) from generate_series(1, 5000) i",
            "va",
            "insert into t select i, make.noise(40) from generate_series(5001, 15000) i",
        ],
    ),
    (
        "wider_since_analyze",
        &[
            "create table t (id int primary key, s text); insert into t select i, make.noise(20) from generate_series(1, 8000) i",
            "va",
            "insert into t select i, make.noise(150) from generate_series(8001, 12000) i",
        ],
    ),
    (
        "never_analyzed",
        &[
            "create table t (id int not null, n bigint not null); insert into t select i, i from generate_series(1, 20000) i",
        ],
    ),
    (
        "never_analyzed_text",
        &[
            "create table t (id int primary key, s text); insert into t select i, make.noise(50) from generate_series(1, 8000) i",
        ],
    ),
    (
        "only_vacuumed",
        &[
            "create table t (id int primary key, s text); insert into t select i, make.noise(50) from generate_series(1, 8000) i",
            "delete from t where id % 3 = 0",
            "vacuum t",
        ],
    ),
    (
        "target_zero",
        &[
            "create table t (id int primary key, s text); alter table t alter s set statistics 0; insert into t select i, make.noise(50) from generate_series(1, 8000) i",
            "va",
        ],
    ),
    (
        "partitions",
        &[
            "create table t (id int, d int, s text) partition by range (d); create table t_1 partition of t for values from (0) to (50); create table t_2 partition of t for values from (50) to (100); create index on t (id); insert into t select i, i % 100, make.noise(30) from generate_series(1, 15000) i",
            "delete from t where d < 20",
            "va",
        ],
    ),
    (
        "inheritance",
        &[
            "create table t (id int, s text); create table t_child (extra text) inherits (t); insert into t select i, make.noise(30) from generate_series(1, 8000) i; insert into t_child select i, make.noise(90), 'x' from generate_series(1, 8000) i",
            "va",
            "vacuum analyze t_child",
        ],
    ),
    (
        "keys_30_times",
        &[
            "create table t (id int primary key, k int); insert into t select i, i % 1000 from generate_series(1, 30000) i; create index on t (k); create index off on t (k) with (deduplicate_items = off); create index on t (k) include (id)",
            "va",
        ],
    ),
    (
        "keys_zipf",
        &[
            "create table t (id int primary key, k int); insert into t select i, make.zipf(5000) from generate_series(1, 30000) i; create index on t (k)",
            "va",
        ],
    ),
    (
        "keys_of_text",
        &[
            "create table t (id int primary key, s text); insert into t select i, 'status of ' || i % 40 from generate_series(1, 20000) i; create index on t (s)",
            "va",
        ],
    ),
    (
        "keys_bool_null",
        &[
            "create table t (id int primary key, b bool); insert into t select i, case when i % 5 > 0 then i % 2 = 0 end from generate_series(1, 30000) i; create index on t (b)",
            "va",
        ],
    ),
    (
        "keys_multi",
        &[
            "create table t (id int primary key, a int, b int, c text); insert into t select i, i % 20, (random() * 100)::int, 'c' || i % 300 from generate_series(1, 20000) i; create index on t (a, b); create index on t (c, a)",
            "va",
        ],
    ),
    (
        "keys_partial",
        &[
            "create table t (id int primary key, state int, n int); insert into t select i, i % 10, case when i % 4 > 0 then i end from generate_series(1, 30000) i; create index on t (id) where state = 3; create index on t (n) where n is not null; create index on t (state) where state < 2",
            "va",
        ],
    ),
    (
        "keys_of_expressions",
        &[
            "create table t (id int primary key, s text); insert into t select i, 'Name' || i from generate_series(1, 15000) i; create index on t (lower(s)); create index on t ((id % 10)); create index on t (upper(s), id)",
            "va",
        ],
    ),
    (
        "keys_uuid_random",
        &[
            "create table t (u uuid primary key, n int); insert into t select md5(i::text)::uuid, i from generate_series(1, 20000) i",
            "va",
        ],
    ),
    (
        "keys_wide",
        &[
            "create table t (id int, s text); insert into t select i, make.noise(100 + (random() * 400)::int) from generate_series(1, 2500) i; create index on t (s)",
            "va",
        ],
    ),
    (
        "keys_compressed",
        &[
            "create table t (id int, s text); insert into t select i, i || make.prose(800 + (random() * 800)::int) from generate_series(1, 2000) i; create index on t (s)",
            "va",
        ],
    ),
    (
        "keys_range_deleted",
        &[
            "create table t (id int primary key, ts timestamptz); insert into t select i, now() + i * interval '1 second' from generate_series(1, 30000) i; create index on t (ts)",
            "delete from t where id between 5000 and 20000",
            "va",
        ],
    ),
    (
        "keys_90_deleted",
        &[
            "create table t (id int primary key, s text); insert into t select i, md5(i::text) from generate_series(1, 20000) i; create index on t (s)",
            "delete from t where random() < .9",
            "va",
        ],
    ),
    (
        "unique_of_several",
        &[
            "create table t (a int, b text, n int, unique (a, b)); insert into t select i % 50, 'b' || i, i from generate_series(1, 15000) i",
            "va",
        ],
    ),
    (
        "other_methods",
        &[
            "create table t (id int, a int[], p point, r int4range); insert into t select i, array[i, i % 10], point(i, i), int4range(i, i + 5) from generate_series(1, 4000) i; create index on t using gin (a); create index on t using gist (p); create index on t using brin (id); create index on t using hash (id); create index on t (r)",
            "va",
        ],
    ),
];

/// Others, written without a look at the estimator.
pub const OTHERS: &[Made] = &[
    (
        "wide_200_ints",
        &[
            r#"do $$ begin execute (select 'create table t (' || string_agg('c' || i || ' int', ', ') || ')' from generate_series(1, 200) i); execute (select 'insert into t select ' || string_agg('n + ' || i, ', ') || ' from generate_series(1, 600) n' from generate_series(1, 200) i); end $$"#,
            "delete from t where c1 % 3 = 0",
            "va",
        ],
    ),
    (
        "wide_half_null",
        &[
            r#"do $$ begin execute (select 'create table t (' || string_agg('c' || i || ' bigint', ', ') || ')' from generate_series(1, 60) i); execute (select 'insert into t select ' || string_agg('case when random() < .5 then n end', ', ') || ' from generate_series(1, 3000) n' from generate_series(1, 60) i); end $$"#,
            "va",
        ],
    ),
    (
        "eight_and_nine",
        &[
            "create table t (a int, b int, c int, d int, e int, f int, g int, h int); insert into t select i, i, i, i, i, i, i, case when i % 2 = 0 then i end from generate_series(1, 15000) i; create table t_nine (like t, i int); insert into t_nine select a, b, c, d, e, f, g, h, case when random() < .3 then a end from t",
            "va",
            "vacuum analyze t_nine",
        ],
    ),
    (
        "two_thirds_null_text",
        &[
            "create table t (id int, a text, b text, c text); insert into t select i, case when i % 3 = 0 then make.noise(30) end, case when i % 3 = 1 then make.noise(60) end, case when i % 3 = 2 then make.noise(90) end from generate_series(1, 8000) i; create index on t (a); create index on t (b, c)",
            "va",
        ],
    ),
    (
        "dropped_and_deleted",
        &[
            "create table t (id int primary key, a text, b int, c text); insert into t select i, make.noise(100), i, make.noise(20) from generate_series(1, 6000) i",
            "alter table t drop column a, drop column b",
            "delete from t where id % 4 = 0",
            "va",
        ],
    ),
    (
        "dropped_after_nine",
        &[
            "create table t (a int, b int, c int, d int, e int, f int, g int, h int, i int, j int); insert into t select i, i, i, i, i, i, i, i, i, i from generate_series(1, 8000) i",
            "alter table t drop column j",
            "va",
        ],
    ),
    (
        "default_of_three_columns",
        &[
            "create table t (id int, s text); insert into t select i, make.noise(30) from generate_series(1, 8000) i",
            "alter table t add column a int default 1, add column b timestamptz default '2020-01-01', add column c text default 'abc'",
            "update t set a = 2 where random() < .3",
            "va",
        ],
    ),
    (
        "fillfactor_after_updates",
        &[
            "create table t (id int primary key, n int) with (fillfactor = 60); insert into t select i, 0 from generate_series(1, 20000) i",
            "update t set n = 1 where id % 2 = 0",
            "alter table t reset (fillfactor)",
            "va",
        ],
    ),
    (
        "hot_many_rounds",
        &[
            "create table t (id int primary key, n int, f float8) with (fillfactor = 85); insert into t select i, 0, random() from generate_series(1, 10000) i",
            "update t set n = n + 1 where random() < .2",
            "vacuum t",
            "update t set n = n + 1 where random() < .2",
            "vacuum t",
            "update t set n = n + 1 where random() < .2",
            "va",
        ],
    ),
    (
        "toast_external",
        &[
            "create table t (id int, s text); alter table t alter s set storage external; insert into t select i, repeat('x', 2500 + (random() * 9000)::int) from generate_series(1, 500) i",
            "delete from t where id % 2 = 0",
            "va",
        ],
    ),
    (
        "toast_main",
        &[
            "create table t (id int, s text); alter table t alter s set storage main; insert into t select i, make.prose(6000) from generate_series(1, 1500) i",
            "va",
        ],
    ),
    (
        "toast_target",
        &[
            "create table t (id int, s text) with (toast_tuple_target = 256); insert into t select i, make.noise(300 + (random() * 600)::int) from generate_series(1, 3000) i",
            "va",
        ],
    ),
    (
        "toast_of_nulls",
        &[
            "create table t (id int, s text, j jsonb); insert into t select i, case when i % 10 = 0 then make.noise(9000) end, jsonb_build_object('k', i) from generate_series(1, 3000) i",
            "va",
        ],
    ),
    (
        "toast_set_null",
        &[
            "create table t (id int, s text); insert into t select i, make.noise(5000) from generate_series(1, 400) i",
            "update t set s = null where id % 2 = 0",
            "va",
        ],
    ),
    (
        "bytea_small",
        &[
            "create table t (id bigint primary key, b bytea); insert into t select i, sha256(i::text::bytea) from generate_series(1, 12000) i; create index on t (b)",
            "delete from t where id % 5 = 0",
            "va",
        ],
    ),
    (
        "numeric_keys",
        &[
            "create table t (id int, n numeric(20, 4)); insert into t select i, (i * 7919 % 100003) / 7.0 from generate_series(1, 20000) i; create index on t (n); create unique index on t (id, n)",
            "va",
        ],
    ),
    (
        "floats_and_dates",
        &[
            "create table t (d date, f float4, g float8, ti time, iv interval); insert into t select date '2020-01-01' + i % 365, random(), random(), time '00:00' + i * interval '1 second', i * interval '1 minute' from generate_series(1, 15000) i; create index on t (d); create index on t (f); create index on t (iv); create index on t (ti, d)",
            "va",
        ],
    ),
    (
        "enum_and_domain",
        &[
            "create table t (id make.positive, m make.mood, p make.pair); insert into t select i, (array['sad', 'ok', 'happy'])[1 + i % 3]::make.mood, (i, 'x' || i)::make.pair from generate_series(1, 15000) i; create index on t (m); create index on t (id)",
            "delete from t where random() < .3",
            "va",
        ],
    ),
    (
        "inet_and_mac",
        &[
            "create table t (id int, a inet, m macaddr); insert into t select i, ('10.' || i % 256 || '.' || i / 256 || '.1')::inet, ('08:00:2b:01:02:' || lpad(to_hex(i % 256), 2, '0'))::macaddr from generate_series(1, 15000) i; create index on t (a); create index on t (m)",
            "va",
        ],
    ),
    (
        "arrays_of_text",
        &[
            "create table t (id int, a text[]); insert into t select i, array(select 'tag' || j from generate_series(1, i % 6) j) from generate_series(1, 10000) i; create index on t (a)",
            "update t set a = a || 'more'::text where id % 3 = 0",
            "va",
        ],
    ),
    (
        "jsonb_keys",
        &[
            "create table t (id int, j jsonb); insert into t select i, jsonb_build_object('user', i % 500, 'at', now()) from generate_series(1, 8000) i; create index on t ((j ->> 'user')); create index on t (((j ->> 'user')::int)); create index on t (j)",
            "va",
        ],
    ),
    (
        "tsvector",
        &[
            "create table t (id int, v tsvector); insert into t select i, to_tsvector('simple', make.prose(60 + i % 100)) from generate_series(1, 4000) i",
            "va",
        ],
    ),
    (
        "partial_of_expression",
        &[
            "create table t (id int primary key, email text, deleted timestamptz); insert into t select i, 'User' || i || '@example.org', case when i % 8 = 0 then now() end from generate_series(1, 15000) i; create unique index on t (lower(email)) where deleted is null; create index on t (deleted) where deleted is not null; create index on t (email, deleted) where deleted is null or id > 100",
            "va",
        ],
    ),
    (
        "partial_with_coalesce",
        &[
            "create table t (id int primary key, a int, b int); insert into t select i, case when i % 3 = 0 then i end, i % 7 from generate_series(1, 15000) i; create index on t (a) where coalesce(a, 0) < 9000; create index on t (b) where a > 100; create index on t (a, b) where b = 1",
            "va",
        ],
    ),
    (
        "include_of_text",
        &[
            "create table t (id int, k int, s text, primary key (id) include (s)); insert into t select i, i % 100, make.noise(10 + i % 50) from generate_series(1, 10000) i; create index on t (k) include (s, id)",
            "va",
        ],
    ),
    (
        "descending_unique",
        &[
            "create table t (a bigint, b smallint, c text); insert into t select i, i % 3, 'c' || i % 1000 from generate_series(1, 20000) i; create unique index on t (a desc nulls last, b); create index on t (c collate \"C\" desc)",
            "va",
        ],
    ),
    (
        "nulls_not_unique",
        &[
            "create table t (id int, k int); create unique index on t (k); insert into t select i, case when i % 10 = 0 then i end from generate_series(1, 20000) i",
            "va",
        ],
    ),
    (
        "uuid_random_deleted",
        &[
            "create table t (u uuid primary key, s text); insert into t select md5(random()::text)::uuid, make.noise(25) from generate_series(1, 12000) i",
            "delete from t where random() < .4",
            "va",
        ],
    ),
    (
        "names_with_toast",
        &[
            "create table t (n name primary key, s text); insert into t select ('n' || i)::name, make.noise(3000) from generate_series(1, 500) i",
            "va",
        ],
    ),
    (
        "skewed_text",
        &[
            "create table t (id int, s text); insert into t select i, case when i % 100 < 90 then 'common' else 'rare ' || make.noise(20) end from generate_series(1, 15000) i; create index on t (s); create index on t (s) with (deduplicate_items = off)",
            "va",
        ],
    ),
    (
        "ten_values_random",
        &[
            "create table t (id int, k bigint); insert into t select i, (random() * 9)::int from generate_series(1, 25000) i; create index on t (k); create index on t (k) with (fillfactor = 70)",
            "delete from t where random() < .3",
            "va",
        ],
    ),
    (
        "index_before_load",
        &[
            "create table t (id int primary key, k int, s text); create index on t (k); create index on t (s)",
            "insert into t select i, (random() * 5000)::int, md5(random()::text) from generate_series(1, 15000) i",
            "va",
        ],
    ),
    (
        "queue",
        &[
            "create table t (id bigint primary key, state text, at timestamptz); create index on t (state, at)",
            "insert into t select i, 'new', now() from generate_series(1, 5000) i",
            "update t set state = 'done'",
            "delete from t where id < 4500",
            "vacuum t",
            "insert into t select i, 'new', now() from generate_series(5001, 9000) i",
            "update t set state = 'done' where id > 5000",
            "va",
        ],
    ),
    (
        "upsert_of_counters",
        &[
            "create table t (k text primary key, n int); insert into t select 'counter ' || i, 0 from generate_series(1, 6000) i",
            "insert into t select 'counter ' || i, 1 from generate_series(1, 6000, 2) i on conflict (k) do update set n = t.n + 1",
            "insert into t select 'counter ' || i, 1 from generate_series(1, 9000, 3) i on conflict (k) do update set n = t.n + 1",
            "analyze t",
        ],
    ),
    (
        "truncated_and_loaded",
        &[
            "create table t (id int primary key, s text); insert into t select i, make.noise(50) from generate_series(1, 8000) i",
            "truncate t",
            "insert into t select i, make.noise(30) from generate_series(1, 6000) i",
            "va",
        ],
    ),
    (
        "loaded_and_analyzed_at_once",
        &[
            "create table t (id int primary key, s text)",
            "insert into t select i, make.noise(30) from generate_series(1, 9000) i; analyze t",
        ],
    ),
    (
        "created_from_a_query",
        &[
            "create table t as select i as id, make.noise(60) as s, i % 5 as k from generate_series(1, 9000) i; create index on t (k)",
            "va",
        ],
    ),
    (
        "refreshed_view",
        &[
            "create table source as select i as id, make.noise(40) as s from generate_series(1, 8000) i; create materialized view t as select id, s from source; create unique index on t (id)",
            "refresh materialized view concurrently t",
            "refresh materialized view t",
            "va",
        ],
    ),
    (
        "unlogged_churn",
        &[
            "create unlogged table t (id int primary key, s text); insert into t select i, make.noise(45) from generate_series(1, 8000) i",
            "update t set s = s where random() < .6",
            "va",
            "delete from t where id between 2000 and 5000",
            "va",
        ],
    ),
    (
        "list_partitions",
        &[
            "create table t (id int, r text, n bigint) partition by list (r); create table t_eu partition of t for values in ('eu'); create table t_us partition of t for values in ('us'); create table t_other partition of t default; create index on t (r, id); insert into t select i, (array['eu', 'us', 'asia', 'us'])[1 + i % 4], i from generate_series(1, 20000) i",
            "delete from t where r = 'us' and id % 2 = 0",
            "va",
        ],
    ),
    (
        "inherited_and_own",
        &[
            "create table t (id int primary key, s text); create table t_a () inherits (t); create table t_b (x int[]) inherits (t); insert into t select i, 'own' from generate_series(1, 3000) i; insert into t_a select i, make.noise(200) from generate_series(1, 3000) i; insert into t_b select i, make.noise(20), array[i, i] from generate_series(1, 5000) i",
            "delete from t_a where id % 2 = 0",
            "va",
            "vacuum analyze t_a",
            "vacuum analyze t_b",
        ],
    ),
    (
        "stale_by_half",
        &[
            "create table t (id int primary key, k int, s text); insert into t select i, i % 50, make.noise(30) from generate_series(1, 10000) i; create index on t (k)",
            "va",
            "delete from t where id % 2 = 0",
            "insert into t select i, i % 500, make.noise(40) from generate_series(20001, 24000) i",
        ],
    ),
    (
        "vacuumed_in_sweeps",
        &[
            "create table t (id int primary key, s text); insert into t select i, md5(i::text) from generate_series(1, 30000) i",
            "va",
            "delete from t where id between 2000 and 4500",
            "vacuum t",
            "delete from t where id between 8000 and 11000",
            "vacuum t",
            "delete from t where id between 15000 and 19000",
            "vacuum t",
        ],
    ),
    (
        "one_row_updated",
        &[
            "create table t (id int primary key, n int); insert into t values (1, 0)",
            "do $$ begin for i in 1 .. 4000 loop update t set n = n + 1; end loop; end $$",
            "va",
        ],
    ),
    (
        "row_security",
        &[
            "create table t (id int primary key, s text); alter table t enable row level security; insert into t select i, make.noise(35) from generate_series(1, 8000) i",
            "delete from t where id % 3 = 0",
            "va",
        ],
    ),
    (
        "quoted \"Names\"",
        &[
            "create table t (\"Id\" int primary key, \"größe\" text, \"order\" int); insert into t select i, make.noise(20), case when i % 2 = 0 then i end from generate_series(1, 10000) i; create index on t (\"größe\"); create index \"X y\" on t (\"order\") where \"order\" is not null",
            "va",
        ],
    ),
    (
        "extended_statistics",
        &[
            "create table t (a int, b int, c int); create statistics s (ndistinct) on a, b from t; insert into t select i % 200, i % 200 / 2, i from generate_series(1, 20000) i; create index on t (a, b); create index on t (b, a, c)",
            "va",
        ],
    ),
    (
        "varchar_limits",
        &[
            "create table t (id int, a varchar(10), b varchar(200)); insert into t select i, substr(md5(i::text), 1, 1 + i % 10), make.noise(i % 180) from generate_series(1, 6000) i; create index on t (a); create index on t (b)",
            "analyze t",
        ],
    ),
];
