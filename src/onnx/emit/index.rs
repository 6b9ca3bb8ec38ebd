//! Writing at positions held in a tensor.

use super::Site;
use super::attributes::{int, text};

pub(super) fn scatter(site: &mut Site<'_, '_>, axis: usize, add: bool) {
    let reduction = if add { "add" } else { "none" };
    let attributes = vec![int("axis", axis), text("reduction", reduction)];
    site.same("ScatterElements", attributes);
}
