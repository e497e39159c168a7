//! `EXPLAIN` of a statement whose values are not known, for copying.

/// The first major version with `EXPLAIN (GENERIC_PLAN)`.
const GENERIC_PLAN: u16 = 16;
/// Statements that have a plan.
const PLANNED: [&str; 7] = ["select", "with", "insert", "update", "delete", "merge", "values"];
/// The end of a text that was cut off.
const CUT_OFF: char = '…';
/// How the statements of pgdeck itself begin.
pub const OWN: &str = "/* pgdeck ";

/// Whether a statement is one of pgdeck's own.
pub fn is_own(text: &str) -> bool {
    text.trim_start().starts_with(OWN)
}

/// Whether a statement has a plan that can be asked for: utility statements have none, and of a text that was cut
/// off the rest is not known.
pub fn has_plan(text: &str) -> bool {
    let text = trimmed(text);
    let first = without_comments(text).split(|c: char| !c.is_ascii_alphabetic()).next();
    let is_planned =
        PLANNED.iter().any(|word| first.is_some_and(|own| own.eq_ignore_ascii_case(word)));
    is_planned && !text.ends_with(CUT_OFF) && !text.contains(';')
}

/// What to run for the plan of a statement with `$1` in the place of values, on a server of that major. None
/// for a statement without a plan, and for a text that was cut off.
pub fn explain(text: &str, major: u16) -> Option<String> {
    if !has_plan(text) {
        return None;
    }
    let text = trimmed(text);
    let nulls = vec!["null"; parameters(text)];
    Some(match nulls.len() {
        0 => format!("explain (verbose, settings)\n{text};"),
        _ if major >= GENERIC_PLAN => format!("explain (generic_plan, verbose, settings)\n{text};"),
        // Before, a generic plan is that of a prepared statement, whatever its values.
        _ => format!(
            "begin;\nset local plan_cache_mode = force_generic_plan;\nprepare pgdeck_plan as\n{text};\nexplain (verbose, settings) execute pgdeck_plan({});\ndeallocate pgdeck_plan;\nrollback;",
            nulls.join(", ")
        ),
    })
}

fn trimmed(text: &str) -> &str {
    text.trim().trim_end_matches(';').trim_end()
}

fn without_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        let rest = match (text.strip_prefix("/*"), text.strip_prefix("--")) {
            (Some(rest), _) => rest.split_once("*/").map(|(_, rest)| rest),
            (_, Some(rest)) => rest.split_once('\n').map(|(_, rest)| rest),
            _ => return text,
        };
        let Some(rest) = rest else { return "" };
        text = rest;
    }
}

/// How many parameters a statement has: the highest number.
fn parameters(text: &str) -> usize {
    let number = |rest: &str| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..digits)?.parse::<usize>().ok()
    };
    // More than the protocol has are none.
    let numbers = text.split('$').skip(1).filter_map(number).filter(|n| *n <= 65_535);
    numbers.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_explained_as_its_server_can() {
        let text = "/* web */ SELECT * FROM t WHERE a = $2 AND b = $1;";
        let new = explain(text, 16).unwrap();
        assert!(new.starts_with("explain (generic_plan,") && new.ends_with("$1;"), "{new}");
        let old = explain(text, 15).unwrap();
        assert!(old.contains("execute pgdeck_plan(null, null);"), "{old}");
        let plain = explain("select 1", 14).unwrap();
        assert_eq!(plain, "explain (verbose, settings)\nselect 1;");
        for text in ["vacuum t", "select … cut off…", "", "/* open", "select 1; select 2"] {
            assert_eq!(explain(text, 18), None, "{text}");
        }
    }
}
