//! How much room the parts of a figure have.

/// Width of every figure: twice that of a column of the page, so that lines do not show that their
/// coordinates are whole numbers.
pub(super) const WIDTH: u32 = 1440;
/// Edge of the square that a small picture fits.
pub(super) const PICTURE: u32 = 72;
/// Size of letters.
pub(super) const LETTERS: u32 = 36;
/// Size of the numbers beside dots.
pub(super) const SMALL_LETTERS: u32 = 28;
/// Height of the line of title and legend, where there is either.
pub(super) const HEAD: u32 = 62;
/// Room above the plot otherwise.
pub(super) const ABOVE: u32 = 16;
/// Room for the marks of the axis below, and for its label.
pub(super) const BELOW: u32 = 112;
/// The same for an axis without a label.
pub(super) const BELOW_UNLABELLED: u32 = 54;
/// Room on the right.
pub(super) const RIGHT: u32 = 24;
/// Room for the marks of the axis on the left, and for its label.
pub(super) const LEFT: u32 = 176;
/// The same for an axis without marks.
pub(super) const LEFT_UNMARKED: u32 = 92;
