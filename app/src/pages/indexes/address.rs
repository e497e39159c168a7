//! The list of indexes in an address: its query parameters, and links to it.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::ServerId;
use model::indexes::Question;

use crate::links;

/// The parameters that a sort heading keeps: another order begins on the first page.
pub const SORTED: &[&str] = &["q", "database", "problem", "sort"];

/// The question in the address.
pub fn from_url() -> Memo<Question> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let part = |name: &str| query.get(name).unwrap_or_default();
            Question {
                q: part("q"),
                database: part("database"),
                problem: part("problem"),
                sort: part("sort"),
                page: part("page").parse().unwrap_or_default(),
            }
        })
    })
}

/// The address of the list that answers a question.
pub fn to_listing(server: &ServerId, question: &Question) -> String {
    let page = if question.page > 0 { question.page.to_string() } else { String::new() };
    let pairs = [
        ("q", question.q.as_str()),
        ("database", question.database.as_str()),
        ("problem", question.problem.as_str()),
        ("sort", question.sort.as_str()),
        ("page", page.as_str()),
    ];
    links::area(server, "indexes") + &links::query(&pairs)
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
        let to = to_listing(&ServerId::new("shop"), &question);
        assert_eq!(to, "/s/shop/indexes?q=a%20b&problem=indexes%2Funused_index&page=2");
    }
}
