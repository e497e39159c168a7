//! Identifiers that anonymising keeps: PostgreSQL's key words, types, functions and settings.

/// Functions of pg_catalog that a statement may call, one per line, in byte order; from
/// PostgreSQL 18's pg_proc without input, output and operator functions.
const FUNCTIONS: &str = include_str!("functions.txt");

/// Names of types, with those that SQL spells in several words.
const TYPES: &str = "array bigint bit bool boolean box bpchar bytea char character cid cidr circle date daterange \
    decimal double float4 float8 inet int int2 int4 int4range int8 int8range integer interval \
    json jsonb jsonpath line lseg macaddr macaddr8 money name numeric numrange oid path pg_lsn \
    point polygon precision real record regclass regconfig regproc regrole regtype smallint text \
    tid time timestamp timestamptz timetz tsquery tsrange tstzrange tsvector unknown uuid varbit \
    varchar varying void xid xid8 xml zone without with";

/// Reserved words and those that shape a statement: none of them differs from a name by its
/// place, and none gives anything away.
const KEYWORDS: &str = "all analyze and any array as asc begin between both by case cast collate commit conflict \
    create cross current_date current_role current_time current_timestamp current_user default \
    delete desc distinct do else end escape except exists explain false fetch for from full \
    group having ilike in inner insert intersect into is isnull join lateral leading left like \
    limit localtime localtimestamp matched materialized merge natural not nothing notnull null \
    nulls of offset on only or order outer over overlaps partition placing primary recursive \
    returning right rollback select session_user set similar some symmetric table tablesample \
    then to trailing true union unique update using values variadic verbose when where window \
    with within without";

/// Words in capitals that PostgreSQL prints in expressions; an unquoted name is never in capitals.
const CAPITALS: &str = "ABSENT ALL AND ANY ARRAY AS ASC AT BETWEEN BY CASE COALESCE COLLATE CURRENT CURRENT_DATE \
    CURRENT_TIMESTAMP CURRENT_USER DEFAULT DESC DISTINCT DOCUMENT ELSE END EXCEPT EXISTS EXTRACT \
    FALSE FILTER FIRST FOLLOWING FOR FROM GREATEST GROUP GROUPING GROUPS IN IS JSON LAST LEAST \
    LOCALTIME LOCALTIMESTAMP NORMALIZED NOT NULL NULLIF NULLS OF OR ORDER OVER OVERLAPS PARTIAL \
    PARTITION PRECEDING RANGE REPEATABLE ROW ROWS SESSION_USER SET SIMILAR SYMMETRIC THEN TIES \
    TIME TO TRUE UNBOUNDED UNIQUE USING VALUE VALUES WHEN WITH WITHIN WITHOUT ZONE";

/// Words of plans: they stand in expressions and labels.
const OF_PLANS: &[&str] = &[
    "InitPlan",
    "SubPlan",
    "alternatives",
    "exists",
    "hashed",
    "rescan",
    "returns",
    "true",
    "false",
];

/// Names that PostgreSQL gives itself.
const NAMES: &[&str] = &[
    "*VALUES*",
    "information_schema",
    "cmax",
    "cmin",
    "ctid",
    "excluded",
    "new",
    "old",
    "pg_catalog",
    "public",
    "tableoid",
    "xmax",
    "xmin",
    "unnamed_join",
    "unnamed_subquery",
];

/// Settings whose values may name a role, a schema, a file or a host.
const TELLING: &[&str] = &[
    "application_name",
    "default_tablespace",
    "default_text_search_config",
    "dynamic_library_path",
    "local_preload_libraries",
    "role",
    "search_path",
    "session_authorization",
    "session_preload_libraries",
    "temp_tablespaces",
];

pub(crate) fn is_function(name: &str) -> bool {
    // Lines of a file in byte order: halving over the text would cost more lines than it saves.
    FUNCTIONS.lines().any(|line| line == name)
}

/// Whether a list of words divided by spaces holds one.
fn holds(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|own| own == word)
}

pub(crate) fn is_type(name: &str) -> bool {
    holds(TYPES, name)
}

pub(super) fn is_keyword(word: &str) -> bool {
    holds(KEYWORDS, &word.to_ascii_lowercase())
}

pub(super) fn is_printed_keyword(word: &str) -> bool {
    holds(CAPITALS, word) || OF_PLANS.contains(&word)
}

pub(super) fn is_own_name(name: &str) -> bool {
    let numbered = ["*SELECT* ", "*VALUES*_"].iter().find_map(|start| name.strip_prefix(start));
    let digits = |rest: &str| rest.chars().all(|c| c.is_ascii_digit());
    NAMES.contains(&name) || numbered.is_some_and(digits)
}

pub(super) fn is_telling_setting(name: &str) -> bool {
    TELLING.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_functions_are_known_and_in_order() {
        assert!(FUNCTIONS.lines().is_sorted());
        for name in ["count", "sum", "lower", "generate_series", "coalesce", "now"] {
            assert!(is_function(name), "{name}");
        }
        assert!(!is_function("slow_one"));
    }
}
