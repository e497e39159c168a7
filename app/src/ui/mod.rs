//! Reusable components and formatting. They render what they are given and fetch nothing.

pub mod band;
pub mod bar;
pub mod bloat;
pub mod chart;
pub mod chart_data;
mod chart_events;
mod chart_legend;
pub mod chart_plot;
pub mod chart_shape;
#[cfg(feature = "ssr")]
pub mod chart_svg;
pub mod code;
pub mod colors;
pub mod csv;
pub mod filter;
pub mod findings;
pub mod form_token;
pub mod format;
#[cfg(feature = "ssr")]
pub mod histogram_svg;
pub mod icon;
pub mod index_definition;
pub mod index_links;
pub mod index_scans;
pub mod keyed;
pub mod listing;
pub mod number;
pub mod page;
pub mod panel;
pub mod query_params;
pub mod read_again;
pub mod reading;
pub mod server_html;
pub mod sort;
pub mod sparkline;
pub mod sql;
pub mod statement_links;
pub mod table;
pub mod table_links;
pub mod term;
pub mod terms;
pub mod textarea;
pub mod verdict;
pub mod window_facts;
