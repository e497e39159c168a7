//! The list of tables in an address: its query parameters, and links to it, to one table, and to what other
//! pages say of it.

use leptos::prelude::*;
use model::ServerId;
use model::inspect::Asked;
use model::tables::Question;

use super::listing;
use crate::links;

/// The parameters that a sort heading keeps: another order begins on the first page.
pub const SORTED: &[&str] = &["database", "q", "kind", "problem", "map", "sort"];

/// The question in the address.
pub fn from_url() -> Memo<Question> {
    listing::asked(|part| Question {
        database: part("database"),
        q: part("q"),
        kind: part("kind"),
        problem: part("problem"),
        sort: part("sort"),
        map: part("map"),
        page: part("page").parse().unwrap_or_default(),
    })
}

/// The address of the list that answers a question.
pub fn to_tables(server: &ServerId, question: &Question) -> String {
    let pairs = [
        ("database", question.database.as_str()),
        ("q", question.q.as_str()),
        ("kind", question.kind.as_str()),
        ("problem", question.problem.as_str()),
        ("map", question.map.as_str()),
        ("sort", question.sort.as_str()),
    ];
    listing::address(server, "tables", &pairs, question.page)
}

/// The address of one table.
pub fn to_table(server: &ServerId, datname: &str, nspname: &str, relname: &str) -> String {
    let query = links::query(&[("database", datname), ("schema", nspname), ("name", relname)]);
    links::area(server, "table") + &query
}

/// The address of one page of a table or B-tree; the first one where no block is named.
pub fn to_page(server: &ServerId, asked: &Asked) -> String {
    let block = if asked.block > 0 { asked.block.to_string() } else { String::new() };
    let item = asked.item.map(|item| item.to_string()).unwrap_or_default();
    let query = links::query(&[
        ("database", &asked.database),
        ("schema", &asked.schema),
        ("name", &asked.name),
        ("block", &block),
        ("item", &item),
    ]);
    links::area(server, "inspect") + &query
}

/// Schema and name as a list shows them: as the catalog spells them.
pub fn full_name(nspname: &str, relname: &str) -> String {
    format!("{nspname}.{relname}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked() {
        let server = ServerId::new("shop");
        let question =
            Question { q: "a&b".into(), sort: "-dead".into(), page: 2, ..Question::default() };
        assert_eq!(to_tables(&server, &question), "/s/shop/tables?q=a%26b&sort=-dead&page=2");
        assert_eq!(to_tables(&server, &Question::default()), "/s/shop/tables");
        let one = to_table(&server, "d", "s", "<b>&\"");
        assert_eq!(one, "/s/shop/table?database=d&schema=s&name=%3Cb%3E%26%22");
    }
}
