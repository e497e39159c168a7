//! Shell around every page: document, top bar, sidebar, command palette, keyboard shortcuts,
//! themes.

#[cfg(feature = "ssr")]
mod csp;
#[cfg(feature = "ssr")]
pub mod document;
pub mod frame;
pub mod navigation;
pub mod palette;
mod range;
pub mod shortcuts;
pub mod sidebar;
mod svg_links;
pub mod theme;
mod topbar;
