//! The letters of figures. An SVG names a family, and whoever shows it has one; a PNG is drawn with
//! the letters compiled in, so that it is the same on every machine.

use std::sync::OnceLock;

use plotters::style::{FontStyle, register_font};

use super::FigureError;

/// The family that figures name.
pub(super) const FAMILY: &str = "sans-serif";

/// DejaVu Sans, reduced to Latin, Greek, Cyrillic and signs of mathematics (`font/README.md`).
static DEJAVU_SANS: &[u8] = include_bytes!("font/DejaVuSans.ttf");

/// Makes the letters known to plotters.
///
/// # Errors
/// The font compiled in is none.
pub(super) fn register() -> Result<(), FigureError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered =
        REGISTERED.get_or_init(|| register_font(FAMILY, FontStyle::Normal, DEJAVU_SANS).is_ok());
    if *registered {
        Ok(())
    } else {
        Err(FigureError(
            "the font compiled in cannot be read".to_owned(),
        ))
    }
}
