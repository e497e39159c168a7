//! Looks up functions of extensions: whether they are there and our role may call them.

use sqlx::Arguments;

use super::FUNCTIONS;
use super::needs::{Function, FunctionRow};
use super::session::{Session, Stopped, bound};

/// What the server says of these functions.
pub async fn look_up(
    session: &mut Session,
    functions: Vec<Function>,
) -> Result<Vec<(Function, FunctionRow)>, Stopped> {
    let column = |of: fn(&Function) -> &'static str| functions.iter().map(of).collect::<Vec<_>>();
    let arguments = bound(|to| {
        to.add(column(|function| function.extension))?;
        to.add(column(|function| function.name))?;
        to.add(column(|function| function.types))
    })?;
    let rows: Vec<FunctionRow> = session.rows(&FUNCTIONS, "", arguments).await?;
    let placed = |row: FunctionRow| {
        let place = usize::try_from(row.place).ok()?.checked_sub(1)?;
        Some((*functions.get(place)?, row))
    };
    Ok(rows.into_iter().filter_map(placed).collect())
}
