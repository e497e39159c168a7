//! Whether the message of an error may be shown. Errors about values quote them, so an error of what a person
//! asks for can hand out rows that nobody granted to the reader (PgHero CVE-2023-22626).

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

/// Classes and codes whose messages name objects, limits and the statement's own words, never a value.
/// Class 42 is syntax and undefined names, 25 the transaction's state, 0A what is not supported, 23
/// constraints by their name, 40 conflicts, 53 and 54 resources and limits, 55 and 57 the state of objects and of
/// the server, 58 its files, 3D and 3F unknown databases and schemas, XX001 and XX002 damaged pages by their number.
const FREE_OF_DATA: [&str; 15] = [
    "42", "25", "0A", "23", "40", "53", "54", "55", "57", "58", "3D", "3F", "22012", "XX001",
    "XX002",
];

/// Whether a message with this SQLSTATE holds no value. With a context it comes from inside a function,
/// which may raise any code with any text.
fn is_free_of_data(sqlstate: &str, context: Option<&str>) -> bool {
    context.is_none() && FREE_OF_DATA.iter().any(|class| sqlstate.starts_with(class))
}

/// What is shown in place of the message; None where that may be shown.
pub fn instead(error: &dyn DatabaseError) -> Option<String> {
    let sqlstate = error.code().unwrap_or_default();
    let context = error.try_downcast_ref::<PgDatabaseError>().and_then(|error| error.r#where());
    // hypopg says under its name what it does not support, with the code of internal errors.
    let is_of_hypopg = context.is_none() && error.message().starts_with("hypopg: ");
    (!is_of_hypopg && !is_free_of_data(&sqlstate, context)).then(|| in_place_of(&sqlstate))
}

/// What is shown in place of a message that may hold a value.
fn in_place_of(sqlstate: &str) -> String {
    let condition = match sqlstate {
        "22P02" => "a value is not valid for its type",
        "22003" => "a number is out of range",
        "22007" | "22008" => "a value is not a valid date or time",
        "22021" | "22P05" => "a text does not fit the encoding",
        _ if sqlstate.starts_with("22") => "a value is not accepted",
        _ if sqlstate.starts_with("P0") => "a function raised it",
        _ => "it was raised while the statement was planned or executed",
    };
    format!("{condition}; the message is not shown because it may contain data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_without_values_are_shown() {
        for code in ["42601", "42P01", "42703", "42501", "25006", "22012"] {
            assert!(is_free_of_data(code, None), "{code}");
            assert!(
                !is_free_of_data(code, Some("PL/pgSQL function f() line 1 at RAISE")),
                "{code}"
            );
        }
        for code in ["22P02", "22003", "P0001", "XX000", "38000"] {
            assert!(!is_free_of_data(code, None), "{code}");
            assert!(in_place_of(code).contains("may contain data"));
        }
    }
}
