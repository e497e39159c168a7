//! Layout of the wait-for graph: layers, nodes folded to a count, positions of boxes. Linear in the
//! entries of the queues. Knows no colours and no words.

mod forest;
mod links;
mod outline;
mod place;
#[cfg(test)]
mod tests;

pub use forest::Forest;
pub use links::Link;
pub use outline::{Fold, Item, Outline, View};
pub use place::{BOX_HEIGHT, BOX_WIDTH, Line, Picture, Placed};
