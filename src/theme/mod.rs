//! How the screens look: colours by meaning, read from TOML files, reduced to what the terminal
//! can show; and the characters that lines, marks and charts are drawn with.
//!
//! A screen asks a [`Theme`] for the style of a [`Role`] and never names a colour. Where there are
//! no colours every theme looks like `mono`, whose roles differ by bold, underlined and reversed
//! text; and [`Symbols`] has a mark of its own for each state, so that no meaning hangs on a colour.

mod built_in;
mod colour;
mod depth;
mod error;
mod file;
mod inherit;
mod locale;
mod role;
mod symbols;
mod themes;

pub use colour::reduce;
pub use depth::{Depth, DepthChoice, DepthChoiceError};
pub use error::ThemeError;
pub use locale::is_unicode;
pub use role::Role;
pub use symbols::{Marker, MarkerError, Symbols};
pub use themes::{Theme, Themes};
