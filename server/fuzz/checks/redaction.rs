//! What must hold of statements that are stored or sent: a secret in a position that the parser's tree calls
//! one is never shown, a text that does not parse shows no constant behind its cut, and hiding twice is
//! hiding once.

use engine::fuzzing::{tokens, tree};
use engine::without_secrets;
use serde_json::Value;

/// The secret: no other text has it.
const SECRET: &str = "S3cReT9z";
/// Where an input says that the secret stands.
const PLACE: char = '\u{1}';
/// What stands in the place of the rest of a text.
const CUT: &str = "‹hidden: may hold a password›";
/// A longer text is cut; one with hidden constants may have become longer than it was.
const LONGEST_BYTES: usize = 8 << 10;
/// Words behind which nothing of a text that does not parse is shown.
const WORDS: [&str; 7] =
    ["password", "dblink", "conninfo", "connect", "token", "set_config", "pgp_"];
/// Ways to hand over a secret, one of which an input's first byte picks; `{}` is where it stands.
const WAYS: [&str; 28] = [
    "{}",
    "'{}'",
    " password '{}'",
    " options (password '{}')",
    " options (user 'u', set password E'{}\\'')",
    " connection 'host=h password={}'",
    "alter role a encrypted password $x${}$x$ ",
    "create role a login password U&'{}\\0063' valid until 'infinity' ",
    "create user mapping for a server s options (user 'u', password '{}') ",
    "alter user mapping for a server s options (set password '{}') ",
    "create server a foreign data wrapper f options (passfile '{}') ",
    "create subscription a connection 'postgres://u:{}@h/d' publication p ",
    "alter subscription a connection 'host=h password={}' ",
    "alter system set primary_conninfo = 'host=h password={}' ",
    "alter system set primary_conninfo = \"host=h password={}\" ",
    "set app.password = '{}' ",
    "set app.token to \"{}\" ",
    "alter role a set app.secret = {} ",
    "select dblink('host=h password={}', 'select 1') ",
    "select * from dblink_connect('c', 'postgres://u:{}@h/d') ",
    "select pg_catalog.set_config('app.token', '{}', false) ",
    "select pgp_sym_encrypt(x, '{}') ",
    "update accounts set password = crypt('{}', gen_salt('bf')) ",
    "select 1 from accounts where api_token = '{}' ",
    "insert into accounts (name, password) values ('a', '{}') ",
    "copy t to program 'curl -H token:{}' ",
    "do $b$ begin execute 'alter role a password ''{}'''; end $b$ ",
    "create function f() returns void language sql as $$ alter role a password '{}' $$ ",
];

/// Whether the secret was hidden.
pub fn check(bytes: &[u8]) -> bool {
    let Some((first, rest)) = bytes.split_first() else { return false };
    let Ok(rest) = std::str::from_utf8(rest) else { return false };
    if rest.contains(SECRET) || rest.contains(CUT) || rest.contains('\0') {
        return false;
    }
    let way = WAYS[usize::from(*first) % WAYS.len()].replace("{}", SECRET);
    let (before, after) = rest.split_once(PLACE).unwrap_or((rest, ""));
    let text = format!("{before}{way}{after}");
    let shown = without_secrets(&text);
    if shown != text && shown.len() <= LONGEST_BYTES {
        assert_eq!(without_secrets(&shown), shown, "{text}");
    }
    if let Some(kept) = shown.strip_suffix(CUT) {
        assert!(text.starts_with(kept.trim_end()), "{text}\n{shown}");
        let shows = ["'", "/*", "--"].iter().any(|mark| kept.contains(mark));
        assert!(!shows, "what is cut shows a constant or comment: {text}\n{shown}");
    }
    if !shown.contains(SECRET) {
        return true;
    }
    match tree(&text) {
        Some(parsed) => assert!(!holds_secret(&parsed), "{text}\n{shown}"),
        None => {
            let spoken = way.split(SECRET).next().unwrap_or_default().to_lowercase();
            let is_secretive = WORDS.iter().any(|word| spoken.contains(word));
            assert!(!is_secretive, "{text}\n{shown}");
        }
    }
    false
}

/// Whether the secret is a constant where the tree says that it is one: an option of a role, mapping, server
/// or subscription, a setting, an argument of a function that takes secrets, a value of a column that keeps
/// them, a part of a program.
fn holds_secret(parsed: &Value) -> bool {
    let mut open = vec![(parsed, false)];
    while let Some((value, is_within)) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, is_within))),
            Value::Object(fields) => {
                for (key, body) in fields {
                    if is_within && is_constant(key, body) {
                        return true;
                    }
                    if is_program(key, body) {
                        return true;
                    }
                    open.push((body, is_within || takes_secrets(key, body)));
                }
            }
            _ => {}
        }
    }
    false
}

fn is_constant(key: &str, body: &Value) -> bool {
    let text = match key {
        "AConst" => body.pointer("/val/Sval/sval"),
        "DefElem" => body.pointer("/arg/node/String/sval"),
        "conninfo" | "filename" => Some(body),
        _ => None,
    };
    text.and_then(Value::as_str).is_some_and(|text| text.contains(SECRET))
}

/// Whether a statement or expression takes secrets.
fn takes_secrets(key: &str, body: &Value) -> bool {
    let word = |field: &str| body[field].as_str().unwrap_or_default().to_lowercase();
    match key {
        "CreateUserMappingStmt"
        | "AlterUserMappingStmt"
        | "CreateForeignServerStmt"
        | "AlterForeignServerStmt"
        | "CreateSubscriptionStmt"
        | "AlterSubscriptionStmt"
        | "AlterSystemStmt"
        | "CreateRoleStmt"
        | "AlterRoleStmt" => true,
        "CopyStmt" => body["is_program"] == true,
        "VariableSetStmt" | "setstmt" => word("name").contains('.'),
        "FuncCall" => {
            let name = last(&body["funcname"]).to_lowercase();
            name.contains("dblink") || ["set_config", "pgp_sym_encrypt", "crypt"].contains(&&*name)
        }
        "ResTarget" => ["password", "api_token"].contains(&&*word("name")),
        "AExpr" => ["lexpr", "rexpr"].iter().any(|side| {
            let fields = body[*side].pointer("/node/ColumnRef/fields").unwrap_or(&Value::Null);
            ["password", "api_token"].contains(&last(fields))
        }),
        _ => false,
    }
}

/// Whether the secret is a constant or comment within a program that speaks of passwords.
fn is_program(key: &str, body: &Value) -> bool {
    if !["DoStmt", "CreateFunctionStmt"].contains(&key) {
        return false;
    }
    let text = body.to_string();
    let Some(program) = programs(body).find(|program| program.contains(SECRET)) else {
        return false;
    };
    // The tree holds other texts, such as defaults, which are not the program.
    if text.matches(SECRET).count() > 1 || !program.to_lowercase().contains("password") {
        return false;
    }
    tokens(program).is_none_or(|tokens| {
        tokens.iter().any(|(is_constant, token)| *is_constant && token.contains(SECRET))
    })
}

/// The texts of the option AS, and of DO.
fn programs(body: &Value) -> impl Iterator<Item = &str> {
    let options = ["options", "args"].into_iter().filter_map(|field| body[field].as_array());
    options.flatten().filter_map(|option| {
        let option = option.pointer("/node/DefElem")?;
        let arg = &option["arg"];
        let only = arg.pointer("/node/String/sval");
        let text = only.or_else(|| arg.pointer("/node/List/items/0/node/String/sval"))?;
        text.as_str().filter(|_| option["defname"] == "as")
    })
}

fn last(names: &Value) -> &str {
    let names = names.as_array().and_then(|names| names.last());
    names
        .and_then(|name| name.pointer("/node/String/sval"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}
