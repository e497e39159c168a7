//! The list of indexes in an address: its query parameters, and links to it and to one index.

use leptos::prelude::*;
use model::ServerId;
use model::indexes::Question;

use super::listing;
use crate::links;

/// The parameters that a sort heading keeps: another order begins on the first page.
pub const SORTED: &[&str] = &["q", "database", "problem", "sort"];

/// The question in the address.
pub fn from_url() -> Memo<Question> {
    listing::asked(|part| Question {
        q: part("q"),
        database: part("database"),
        problem: part("problem"),
        sort: part("sort"),
        page: part("page").parse().unwrap_or_default(),
    })
}

/// The address of the list that answers a question.
pub fn to_indexes(server: &ServerId, question: &Question) -> String {
    let pairs = [
        ("q", question.q.as_str()),
        ("database", question.database.as_str()),
        ("problem", question.problem.as_str()),
        ("sort", question.sort.as_str()),
    ];
    listing::address(server, "indexes", &pairs, question.page)
}

/// The address of one index.
pub fn to_index(server: &ServerId, datname: &str, nspname: &str, relname: &str) -> String {
    let query = links::query(&[("database", datname), ("schema", nspname), ("name", relname)]);
    links::area(server, "index") + &query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked() {
        let question = Question {
            q: "a b".into(),
            problem: "indexes/unused_index".into(),
            page: 2,
            ..Question::default()
        };
        let server = ServerId::new("shop");
        let to = to_indexes(&server, &question);
        assert_eq!(to, "/s/shop/indexes?q=a%20b&problem=indexes%2Funused_index&page=2");
        let one = to_index(&server, "d", "s", "<b>&\"");
        assert_eq!(one, "/s/shop/index?database=d&schema=s&name=%3Cb%3E%26%22");
    }
}
