//! The pieces pages are made of. Each knows how to draw one thing and asks for nothing.

pub mod act;
pub mod bar;
pub mod chart;
pub mod colors;
pub mod copy;
pub mod drawn_links;
pub mod filter;
pub mod findings;
pub mod icon;
pub mod keys;
pub mod made;
pub mod number;
pub mod palette;
pub mod progress;
pub mod rail;
pub mod replication_tables;
pub mod session_drawer;
pub mod session_table;
pub mod sessions;
pub mod show;
pub mod spark;
pub mod sql;
pub mod textarea;
pub mod theme;
pub mod topbar;
pub mod topology;
