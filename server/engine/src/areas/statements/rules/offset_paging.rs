//! Rule: pages far behind the first are fetched with OFFSET, which reads everything before them.

use model::statements::{Measure, Ranked, StatementText, Statements};
use model::{About, Finding, Known, Limit, Reason, Unit};
use pg_query::protobuf::Token;

use super::super::evidence::{about, number, watched_for};
use crate::rule::InForce;

/// Over which time it is judged, seconds.
const OVER: Limit = Limit {
    name: "over_s",
    default: 300.0,
    unit: Unit::Seconds,
    source: "ours: a report that pages through a table once is no trouble",
};
/// Blocks touched for each row returned.
const BLOCKS_FROM: Limit = Limit {
    name: "blocks_per_row_from",
    default: 20.0,
    unit: Unit::Count,
    source: "ours: an index leads to a row by about five blocks; the rest was read to be skipped",
};
/// Time per call, ms.
const MEAN_FROM: Limit = Limit {
    name: "mean_from_ms",
    default: 5.0,
    unit: Unit::Ms,
    source: "ours: below, nobody waits",
};
/// Share of the time of all statements.
const SHARE_FROM: Limit = Limit {
    name: "share_from_percent",
    default: 1.0,
    unit: Unit::Percent,
    source: "ours: one per cent of the server's time",
};
/// Calls from which it is a habit.
const CALLS: f64 = 10.0;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Pages are fetched with OFFSET",
    effect: "The server reads and throws away all rows before the page: the tenth page costs ten times the first, and rows that come or go are shown twice or not at all.",
    remedy: "Remember the last row of a page and ask for what follows it: where (created, id) > ($1, $2) order by created, id limit 20, with an index on these columns.",
    docs: "https://www.postgresql.org/docs/current/queries-limit.html",
    limits: &[OVER, BLOCKS_FROM, MEAN_FROM, SHARE_FROM],
};

/// Judges statements that touch many blocks for each row, by their text.
pub fn offset_paging(evidence: &Statements, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let window = watched_for(evidence, limits.get(&OVER))?;
    let total = window.total.get(Measure::ExecTime);
    let is_costly = |entry: &&Ranked| {
        let rows = entry.sums.get(Measure::Rows).max(1.0);
        let share = 100.0 * entry.sums.get(Measure::ExecTime) / total.max(f64::EPSILON);
        entry.key.toplevel
            && entry.sums.get(Measure::Calls) >= CALLS
            && entry.sums.shared_blocks() / rows >= limits.get(&BLOCKS_FROM)
            && share >= limits.get(&SHARE_FROM)
            && entry.sums.mean_ms().is_some_and(|mean| mean >= limits.get(&MEAN_FROM))
    };
    let costly: Vec<&Ranked> = window.top.iter().filter(is_costly).collect();
    let text = |entry: &&Ranked| evidence.text(entry.key.queryid);
    if !costly.is_empty() && costly.iter().all(|entry| text(entry).is_none()) {
        return Err(Reason::Nothing {
            message: "The texts of the statements that touch many blocks are not known.".into(),
        });
    }
    let paging = costly.into_iter().filter(|entry| text(entry).is_some_and(skips_rows));
    Ok(paging.map(|entry| finding(evidence, entry, total, limits)).collect())
}

/// Whether OFFSET is given a value. By the lexer alone: the parser is recursive, and a text may be deep.
fn skips_rows(text: &StatementText) -> bool {
    let Ok(scanned) = pg_query::scan(&text.text) else { return false };
    let tokens: Vec<i32> = scanned.tokens.iter().map(|token| token.token).collect();
    tokens.windows(2).any(|pair| {
        matches!(pair, [offset, value] if *offset == Token::Offset as i32
            && [Token::Param as i32, Token::Iconst as i32, Token::Ascii40 as i32].contains(value))
    })
}

fn finding(evidence: &Statements, entry: &Ranked, total: f64, limits: &InForce<'_>) -> Finding {
    let calls = entry.sums.get(Measure::Calls);
    let rows = entry.sums.get(Measure::Rows);
    let who = evidence.role(entry.key.userid);
    let place = evidence.database(entry.key.dbid);
    let message = format!(
        "Role {who} in database {place} pages with OFFSET: {:.0} blocks are touched for each row that is returned, {:.0} per call.",
        entry.sums.shared_blocks() / rows.max(1.0),
        entry.sums.shared_blocks() / calls
    );
    let numbers = vec![
        number("calls", calls, Unit::Count),
        number("rows per call", rows / calls, Unit::Count),
        number("blocks per call", entry.sums.shared_blocks() / calls, Unit::Count),
        number("mean", entry.sums.mean_ms().unwrap_or_default(), Unit::Ms),
        number(
            "share of the time in statements",
            100.0 * entry.sums.get(Measure::ExecTime) / total.max(f64::EPSILON),
            Unit::Percent,
        ),
    ];
    about(
        &entry.key,
        limits,
        message,
        numbers,
        (ABOUT.remedy, "readers must be able to jump to any page, and few do."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_offset_with_a_value_skips_rows() {
        let text = |text: &str| StatementText { text: text.into(), ..StatementText::default() };
        for paging in [
            "select * from orders order by id limit $1 offset $2",
            "SELECT * FROM orders OFFSET $1 ROWS FETCH NEXT $2 ROWS ONLY",
            "select * from (select * from orders offset ($1 * $2)) o",
        ] {
            assert!(skips_rows(&text(paging)), "{paging}");
        }
        for other in [
            "select \"offset\" from orders where id > $1",
            "select id as offset from orders",
            "select 'offset $1' -- offset $1",
            "select * from orders limit $1",
            "'",
        ] {
            assert!(!skips_rows(&text(other)), "{other}");
        }
    }
}
