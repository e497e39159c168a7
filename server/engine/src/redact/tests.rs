//! Secrets in every place where PostgreSQL takes one, and ordinary statements that stay whole.

use super::*;

/// `S3` begins what must not be shown, `MARK` is a part that must.
const SECRETS: &[&str] = &[
    "create role MARK login password 'S3cret'",
    "ALTER USER MARK WITH ENCRYPTED PASSWORD E'S3\\'cret'",
    "alter role MARK PassWord $x$S3cret$x$ valid until 'infinity'",
    "alter role MARK password U&'S3\\0063ret'",
    "/* it */ -- is\n alter /* role */ role MARK /* password */ password /* here */ 'S3cret'",
    // A carriage return ends a comment, and no character is part of two of its marks.
    "-- it\rcreate server MARK foreign data wrapper f options (passfile 'S3cret')",
    "/* a /* b */* c */ create server MARK foreign data wrapper f options (passfile 'S3cret')",
    "/* a /*/ b */ select */ create server MARK foreign data wrapper f options (passfile 'S3cret')",
    // Names that are spelt in escapes.
    "select 'MARK', U&\"dblin\\006b\"('S3cret', 'x')",
    "set u&\"app\\002ejwt\" = 'S3cret' /* MARK */",
    // Constants that touch each other stay two.
    "do $b$ begin execute $c$password S3$c$'MARKED password 'x'53''x'; end $b$; select 'MARK', 'S3passw'",
    "/* password S3cret */ alter role MARK password null",
    "create subscription MARK connection 'host=h password=S3cret' publication p",
    "alter subscription MARK connection 'postgres://u:S3cret@h/d'",
    "alter system set primary_conninfo = 'host=MARKED user=S3u password=S3cret'; select 'MARK'",
    // PostgreSQL takes a name or a number as the value of a setting, too.
    "alter system set primary_conninfo = \"host=MARKED password=S3cret\"; select 'MARK'",
    "set app.token to \"S3cret\"; select 'MARK'",
    "alter role MARK set app.jwt = S3cret",
    "alter database MARK set app.jwt to S3cret",
    "create user mapping for MARK server s options (user 'u', password 'S3cret')",
    "alter user mapping for MARK server s options (set password 'S3cret')",
    "create server MARK foreign data wrapper f options (passfile 'S3cret')",
    "select 'MARK', dblink('host=h pass' || 'word=S3cret', 'select 1')",
    "select 'MARK' from dblink_connect('postgres://u:S3cret@h/d')",
    "select pg_catalog.set_config('app.token', 'S3cret', false), 'MARK'",
    "select 'MARK', f('postgres://u:S3cret@h/d')",
    "select 'MARK', f('pass' || 'word=S3cret') from connections",
    "select pgp_sym_encrypt('MARKED', 'S3cret'), 'MARK'",
    "update accounts set password = crypt('S3cret', gen_salt('bf')) where name = 'MARK'",
    "select 'MARK' from accounts where api_token = 'S3cret'",
    "insert into accounts (name, password) select 'S3a', 'S3cret' from \"MARK\"",
    "set app.jwt = 'S3cret' /* MARK */",
    "explain select 'MARK', dblink_exec('c', 'alter role a password ''S3cret''')",
    "prepare MARK as select dblink_connect('host=h password=S3cret')",
    "copy MARK to program 'curl -u u:S3cret https://h'",
    "do $$ begin execute 'alter role a pass' || 'word ''S3cret'''; perform MARK(); end $$",
    "do $b$ begin /* MARK */ null; execute format('alter role a password %L', 'S3cret'); end $b$; select 'MARK'",
    "do $b$ begin alter role MARK password 'S3cret'; end $b$",
    "do $b$ begin execute $c$alter role a password 'S3cret'$c$; perform MARK(); end $b$",
    "do language plpython3u $b$ plpy.execute(\"alter role a password \"S3cret\"\") $b$; select 'MARK'",
    "do 'begin execute ''alter role a password ''''S3cret''''''; end'; select 'MARK'",
    "create function MARK() returns void language plpgsql as $$ begin perform dblink_connect('password=S3cret'); end $$",
    "select 1; alter role MARK password 'S3cret'",
    // What our parser does not know: a text that was cut, words of another version or of no version.
    "alter role MARK password 'S3cr",
    "alter role MARK password S3cret",
    "alter role MARK frobnicate 'S3cret'",
    "select \"MARK\", 'x', dblink('password=S3cr",
    "do $$ begin execute 'alter role a password ''S3cr",
    "frobnicate MARK $x$S3cret$x$",
    "frobnicate MARK /* S3cret */",
    "alter role MARK /* password S3cret",
];

const ORDINARY_TEXTS: &[&str] = &[
    "select password_hash from accounts where id = 1",
    "select * from users where name = 'eve' and role = 'admin'",
    "/* app=web */ update orders set note = 'server' where id = $1 -- traceparent",
    "insert into servers (name) values ('db1')",
    "autovacuum: VACUUM ANALYZE public.orders (to prevent wraparound)",
    "START_REPLICATION SLOT \"s\" LOGICAL 0/0 (proto_version '4', publication_names '\"p\"')",
    "SET application_name = 'web'",
    "call refresh_totals('x')",
    "copy orders (note) from stdin",
    "do $$ begin perform count(*) from orders where note = 'x'; end $$",
    "create index concurrently on orders (note) where note <> 'x'",
    "create role a login password $1",
    "select 'a long text that was c",
    "",
    "-- only a comment",
];

#[test]
fn secrets_are_hidden_however_they_are_written() {
    for text in SECRETS {
        let shown = statement(text);
        // The marker beside it is what the test would find if nothing were hidden.
        assert!(text.contains("S3"), "{text}");
        assert!(!shown.contains("S3"), "{text}\n{shown}");
        let must = text.contains("MARK") && !text.contains("/* MARK */");
        assert!(!must || shown.contains("MARK"), "{text}\n{shown}");
        assert!(shown.contains(CUT), "{text}\n{shown}");
    }
    println!("{} texts with secrets", SECRETS.len());
}

#[test]
fn an_ordinary_statement_stays_whole() {
    for text in ORDINARY_TEXTS {
        assert_eq!(statement(text), *text);
    }
}

#[test]
fn what_is_hidden_leaves_a_statement_that_can_be_parsed() {
    let parsed = |text: &str| pg_query::parse(text, 0).is_ok();
    for text in SECRETS.iter().filter(|text| parsed(text)) {
        assert!(parsed(&statement(text)), "{text}\n{}", statement(text));
    }
}

/// However a text is cut, nothing of the secret is left: `track_activity_query_size` cuts anywhere.
#[test]
fn a_cut_text_shows_no_secret_either() {
    for text in SECRETS {
        for (end, _) in text.char_indices() {
            let shown = statement(&text[..end]);
            assert!(!shown.contains("S3"), "{}\n{shown}", &text[..end]);
        }
    }
}

/// As long as `track_activity_query_size` allows, or as long and deep as is parsed: nothing overflows the stack.
#[test]
fn a_deep_text_is_hidden_too() {
    for size in [LONGEST_BYTES - 100, 1 << 20] {
        let chain = |part: &str| part.repeat(size / part.len());
        for text in [
            format!("select dblink('S3cret'{})", chain("||'x'")),
            format!("select dblink('S3cret') {}", chain("+1")),
            format!("select {}dblink('S3cret')", chain("(")),
            format!("select dblink('S3cret') {}", chain("union select 1 ")),
            format!("select {} dblink('S3cret')", chain("not ")),
            format!("select dblink('S3cret'), a{}", chain("[1]")),
            format!("do $a$ begin execute {} 'S3cret'; end $a$", chain("'x'||")),
            format!("select dblink('S3cret'{})", chain(",'x'")),
        ] {
            assert!(!statement(&text).contains("S3"), "{}", &text[..60]);
        }
    }
}

#[test]
fn hiding_twice_is_hiding_once() {
    for text in SECRETS.iter().chain(ORDINARY_TEXTS) {
        for (end, _) in text.char_indices().step_by(5).chain([(text.len(), ' ')]) {
            let once = statement(&text[..end]);
            assert_eq!(statement(&once), once, "{}", &text[..end]);
        }
    }
}

#[test]
fn comments_at_the_beginning_are_passed_over() {
    for (text, rest) in [
        ("/* a /* b */ c */ select 1", "select 1"),
        ("/*/ a */ select 1", "select 1"),
        ("-- a\n  -- b\n((select 1))", "select 1))"),
        ("-- a\rselect 1", "select 1"),
        ("/* a /* b */* c */ select 1", "select 1"),
        ("/* a /*/ b */ c */ select 1", "select 1"),
        ("/* open", ""),
        ("-- open", ""),
        ("select /* a */ 1", "select /* a */ 1"),
    ] {
        assert_eq!(after_comments(text), rest, "{text}");
    }
}
