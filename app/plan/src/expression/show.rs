//! Writes an expression as SQL, in full brackets as PostgreSQL does.

use model::identifier::quote_ident;

use super::{Expression, Id, Part};

/// What is still to be written.
enum Piece {
    Text(String),
    Part(Id),
}

impl Expression {
    /// A part as SQL. With `bare_columns`, columns stand without what is before them, as an index
    /// definition names them. `None` of what cannot stand outside its plan, and of CASE: from which
    /// of its two forms its parts come is not kept.
    pub fn sql(&self, id: Id, bare_columns: bool) -> Option<String> {
        let inside = |id: Id| matches!(self.part(id), Some(Part::SubPlan { .. } | Part::Case(_)));
        if self.below(id).into_iter().any(inside) {
            return None;
        }
        let mut text = String::new();
        let mut todo = vec![Piece::Part(id)];
        while let Some(piece) = todo.pop() {
            match piece {
                Piece::Text(piece) => text.push_str(&piece),
                Piece::Part(id) => {
                    let Some(part) = self.part(id) else { continue };
                    let pieces = self.pieces(part, bare_columns);
                    todo.extend(pieces.into_iter().rev());
                }
            }
        }
        Some(text)
    }

    fn pieces(&self, part: &Part, bare_columns: bool) -> Vec<Piece> {
        match part {
            Part::Column { relation, name } => {
                let name = if name == "*" { name.clone() } else { quote_ident(name) };
                match relation.as_ref().filter(|_| !bare_columns) {
                    Some(relation) => {
                        let parts: Vec<String> = relation.split('.').map(quote_ident).collect();
                        vec![text(format!("{}.{name}", parts.join(".")))]
                    }
                    None => vec![text(name)],
                }
            }
            Part::Constant(constant) | Part::Parameter(constant) => vec![text(constant.as_str())],
            Part::SubPlan { name, .. } => vec![text(name.as_str())],
            Part::Call { name, arguments } => {
                let brackets = !super::parse::is_without_brackets(name) || !arguments.is_empty();
                let (open, close) = if brackets { ("(", ")") } else { ("", "") };
                list(&format!("{name}{open}"), arguments, ", ", close)
            }
            Part::Operator { name, left, right } => {
                let mut pieces = vec![text("(")];
                if let Some(left) = left {
                    pieces.extend([Piece::Part(*left), text(" ")]);
                }
                pieces.extend([text(format!("{name} ")), Piece::Part(*right), text(")")]);
                pieces
            }
            Part::AnyAll { operator, left, right, all } => {
                let word = if *all { "all" } else { "any" };
                vec![
                    text("("),
                    Piece::Part(*left),
                    text(format!(" {operator} {word} (")),
                    Piece::Part(*right),
                    text("))"),
                ]
            }
            Part::Test { of, what } => {
                vec![text("("), Piece::Part(*of), text(format!(" is {})", what.to_lowercase()))]
            }
            Part::And(of) => list("(", of, " and ", ")"),
            Part::Or(of) => list("(", of, " or ", ")"),
            Part::Not(of) => vec![text("(not "), Piece::Part(*of), text(")")],
            Part::Cast { of, to } if matches!(self.part(*of), Some(Part::Constant(_))) => {
                vec![Piece::Part(*of), text(format!("::{to}"))]
            }
            Part::Cast { of, to } => {
                vec![text("("), Piece::Part(*of), text(format!(")::{to}"))]
            }
            Part::List { array: true, of } => list("array[", of, ", ", "]"),
            Part::List { array: false, of } => list("row(", of, ", ", ")"),
            Part::Subscript { of, at } => {
                let mut pieces = vec![text("("), Piece::Part(*of), text(")")];
                pieces.extend(list("[", at, ":", "]"));
                pieces
            }
            Part::Field { of, name } => {
                let name = if name == "*" { name.clone() } else { quote_ident(name) };
                vec![text("("), Piece::Part(*of), text(format!(").{name}"))]
            }
            Part::Collate { of, name } => {
                vec![text("("), Piece::Part(*of), text(format!(" collate {name})"))]
            }
            Part::Case(of) => list("case ", of, " ", " end"),
        }
    }
}

fn text(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}

/// Parts with a text between each two of them, in brackets.
fn list(before: &str, of: &[Id], between: &str, after: &str) -> Vec<Piece> {
    let mut pieces = vec![text(before)];
    for (at, id) in of.iter().enumerate() {
        if at > 0 {
            pieces.push(text(between));
        }
        pieces.push(Piece::Part(*id));
    }
    pieces.push(text(after));
    pieces
}
