//! The ranking of statements in an address: its query parameters, and links to it and to one statement.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::ServerId;
use model::statements::Question;

use crate::links;

/// The parameters that a sort heading keeps: another order begins on the first page.
pub const SORTED: &[&str] = &[
    "range",
    "from",
    "to",
    "with",
    "columns",
    "q",
    "database",
    "role",
    "table",
    "tag",
    "fingerprint",
    "group",
    "sort",
];
/// The question in the address.
pub fn from_url() -> Memo<Question> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let part = |name: &str| query.get(name).unwrap_or_default();
            Question {
                range: part("range"),
                from: part("from"),
                to: part("to"),
                with: part("with"),
                sort: part("sort"),
                columns: part("columns"),
                q: part("q"),
                database: part("database"),
                role: part("role"),
                table: part("table"),
                tag: part("tag"),
                fingerprint: part("fingerprint"),
                group: part("group"),
                page: part("page").parse().unwrap_or_default(),
            }
        })
    })
}

/// The parameters of a question and their values.
pub fn pairs(question: &Question) -> [(&'static str, String); 14] {
    let page = if question.page > 0 { question.page.to_string() } else { String::new() };
    let of = |text: &String| text.clone();
    [
        ("range", of(&question.range)),
        ("from", of(&question.from)),
        ("to", of(&question.to)),
        ("with", of(&question.with)),
        ("columns", of(&question.columns)),
        ("q", of(&question.q)),
        ("database", of(&question.database)),
        ("role", of(&question.role)),
        ("table", of(&question.table)),
        ("tag", of(&question.tag)),
        ("fingerprint", of(&question.fingerprint)),
        ("group", of(&question.group)),
        ("sort", of(&question.sort)),
        ("page", page),
    ]
}

fn query(question: &Question) -> String {
    let pairs = pairs(question);
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    links::query(&pairs)
}

/// The address of the ranking that answers a question.
pub fn to_ranking(server: &ServerId, question: &Question) -> String {
    links::area(server, "statements") + &query(question)
}

/// The address of a statement over the window of a question; of one database and role where they are given.
pub fn to_statement(
    server: &ServerId,
    queryid: i64,
    (database, role): (&str, &str),
    question: &Question,
) -> String {
    let window = Question {
        range: question.range.clone(),
        from: question.from.clone(),
        to: question.to.clone(),
        database: database.to_owned(),
        role: role.to_owned(),
        ..Question::default()
    };
    format!("{}/{queryid}{}", links::area(server, "statements"), query(&window))
}

/// The address of the index suggestions for the window and database of a question.
pub fn to_suggestions(server: ServerId, question: Memo<Question>) -> impl Fn() -> String {
    move || {
        question.with(|question| {
            let kept = Question {
                range: question.range.clone(),
                from: question.from.clone(),
                to: question.to.clone(),
                database: question.database.clone(),
                ..Question::default()
            };
            links::area(&server, "suggestions") + &query(&kept)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked() {
        let server = ServerId::new("shop");
        let question =
            Question { range: "24h".into(), q: "a b".into(), page: 2, ..Question::default() };
        assert_eq!(to_ranking(&server, &question), "/s/shop/statements?range=24h&q=a%20b&page=2");
        let one = to_statement(&server, -7, ("my db", ""), &question);
        assert_eq!(one, "/s/shop/statements/-7?range=24h&database=my%20db");
        let names: Vec<&str> = pairs(&question).iter().map(|(name, _)| *name).collect();
        assert!(SORTED.iter().all(|name| names.contains(name)));
    }
}
