//! What each method calls, and what is missing for it, with the SQL that provides it. Pure.

use model::measure::Method;
use model::{Known, Reason};

use crate::error::quoted;

/// A function of an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// The extension.
    pub extension: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// The types of its parameters, as `oidvectortypes` writes them.
    pub types: &'static str,
    /// Whether it asks for a superuser, whatever was granted.
    pub superuser: bool,
}

/// A function that those may call to whom it is granted.
pub const fn function(
    extension: &'static str,
    name: &'static str,
    types: &'static str,
) -> Function {
    Function { extension, name, types, superuser: false }
}

/// A function of pageinspect, for superusers only.
pub const fn raw(name: &'static str, types: &'static str) -> Function {
    Function { extension: "pageinspect", name, types, superuser: true }
}

/// Says how much free space the map has for a block.
pub const FREE_SPACE: Function = function("pg_freespacemap", "pg_freespace", "regclass, bigint");
const APPROXIMATE: Function = function("pgstattuple", "pgstattuple_approx", "regclass");
const TUPLES: Function = function("pgstattuple", "pgstattuple", "regclass");
const BTREE: Function = function("pgstattuple", "pgstatindex", "regclass");
const GIN: Function = function("pgstattuple", "pgstatginindex", "regclass");
const HASH: Function = function("pgstattuple", "pgstathashindex", "regclass");
/// Reads a page.
pub const RAW_PAGE: Function = raw("get_raw_page", "text, bigint");
/// Takes a page of a heap apart.
pub const HEAP_ITEMS: Function = raw("heap_page_items", "bytea");
/// Says where a page of a B-tree stands and how full it is.
pub const LEAVES: Function = raw("bt_page_stats", "text, bigint");
/// Says how many pages are all-visible.
pub const VISIBLE: Function = function("pg_visibility", "pg_visibility_map_summary", "regclass");

/// What a method calls; all of an extension.
pub fn functions(method: Method) -> &'static [Function] {
    match method {
        Method::FreeSpaceMap => &[FREE_SPACE],
        Method::Approximate => &[APPROXIMATE],
        Method::Tuples => &[TUPLES],
        Method::SampledPages => &[RAW_PAGE, HEAP_ITEMS],
        Method::Btree => &[BTREE],
        Method::SampledLeaves => &[LEAVES],
        Method::Gin => &[GIN],
        Method::Hash => &[HASH],
    }
}

/// The methods for a kind of relation (`pg_class.relkind`) and its access method.
pub fn methods(relkind: &str, access_method: &str) -> Vec<Method> {
    let for_it: &[Method] = match (relkind, access_method) {
        ("r" | "m" | "t", "heap") => {
            &[Method::FreeSpaceMap, Method::Approximate, Method::Tuples, Method::SampledPages]
        }
        ("i", "btree") => &[Method::Btree, Method::SampledLeaves],
        ("i", "gin") => &[Method::Gin],
        ("i", "hash") => &[Method::Hash],
        _ => &[],
    };
    for_it.to_vec()
}

/// What the server says of a function.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FunctionRow {
    /// Its place in the list that was asked for, from 1.
    pub place: i64,
    /// Whether the extension's files are on the server.
    pub available: bool,
    /// The extension's schema.
    #[sqlx(try_from = "model::text::Text")]
    pub nspname: String,
    /// Whether the extension is in this database.
    pub installed: bool,
    /// Whether our role may look into that schema.
    pub usage: bool,
    /// Whether this version of the extension has the function.
    pub found: bool,
    /// Whether our role may call it.
    pub execute: bool,
}

/// The schema to call it in, or what is missing.
pub fn schema(
    function: &Function,
    row: Option<&FunctionRow>,
    (role, superuser): (&str, bool),
) -> Known<String> {
    let row = row.ok_or(Reason::NotYet)?;
    let (extension, name) = (function.extension, function.name);
    let missing = |sql: String| Reason::MissingExtension { name: extension.into(), sql };
    if !row.installed && !row.available {
        let what = format!("the extension {extension}: its files are not on the server");
        return Err(Reason::NotSupported { what });
    }
    if !row.installed {
        return Err(missing(format!("create extension {extension};")));
    }
    if !row.found {
        return Err(missing(format!("alter extension {extension} update;")));
    }
    if function.superuser && !superuser {
        let what = format!("{name} for a role that is no superuser: no grant gives it");
        return Err(Reason::NotSupported { what });
    }
    let (schema, role) = (quoted(&row.nspname), quoted(role));
    if !row.usage {
        let sql = format!("grant usage on schema {schema} to {role};");
        return Err(Reason::missing_grant(format!("the schema of {extension}"), sql));
    }
    if !row.execute {
        let types = function.types;
        let sql = format!("grant execute on function {schema}.{name}({types}) to {role};");
        return Err(Reason::missing_grant(format!("what {name} tells"), sql));
    }
    Ok(row.nspname.clone())
}
