//! Arithmetic, conversion and clamping.

use super::super::tensor;
use super::Site;
use super::attributes::{flag, int};
use crate::graph::{Binary, DType};

pub(super) fn binary(site: &mut Site<'_, '_>, binary: Binary) {
    let attributes = match binary {
        Binary::Mod => vec![flag("fmod", site.input_type(0).dtype.is_float())],
        _ => vec![],
    };
    site.same(binary.name(), attributes);
}

/// A conversion to bool is written as x ≠ 0: the embedded runtime's own truncates first.
pub(super) fn cast(site: &mut Site<'_, '_>, to: DType) {
    let from = site.input_type(0).dtype;
    if to == DType::Bool && from != DType::Bool {
        let zero = site.scalar("zero", from, 0.0);
        let is_zero = site.step("is_zero", "Equal", vec![site.input(0), zero], vec![]);
        return site.last("Not", vec![is_zero], vec![]);
    }
    site.same("Cast", vec![int("to", tensor::element(to) as usize)]);
}

pub(super) fn clip(site: &mut Site<'_, '_>, low: Option<f64>, high: Option<f64>) {
    let dtype = site.input_type(0).dtype;
    let mut bounds = vec![match low {
        Some(low) => site.scalar("low", dtype, low),
        None => String::new(),
    }];
    bounds.extend(high.map(|high| site.scalar("high", dtype, high)));
    site.with_more_inputs("Clip", bounds, vec![]);
}
