//! Functions of one input; those that runtimes lack as their formula.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI};

use super::super::tensor;
use super::Site;
use super::attributes::{float, int};
use crate::graph::Unary;

pub(super) fn unary(site: &mut Site<'_, '_>, unary: Unary) {
    let attributes = match unary {
        Unary::LeakyRelu { alpha } | Unary::Elu { alpha } => vec![float("alpha", alpha)],
        Unary::HardSigmoid { alpha, beta } => vec![float("alpha", alpha), float("beta", beta)],
        Unary::Sign => return sign(site),
        Unary::Selu { alpha, gamma } => return selu(site, alpha, gamma),
        Unary::HardSwish => return hard_swish(site),
        Unary::Mish => return mish(site),
        Unary::Celu { alpha } => return celu(site, alpha),
        Unary::Gelu { tanh: false } => return gelu(site),
        Unary::Gelu { tanh: true } => return gelu_by_tanh(site),
        _ => vec![],
    };
    site.same(unary.name(), attributes);
}

/// (x > 0) − (x < 0): the embedded runtime's own `Sign` gives 1 at 0.
fn sign(site: &mut Site<'_, '_>) {
    let x = site.input(0);
    let dtype = site.input_type(0).dtype;
    let zero = site.scalar("zero", dtype, 0.0);
    let mut indicator = |name: &str, comparison: &str| {
        let mask = site.step(name, comparison, vec![x.clone(), zero.clone()], vec![]);
        let to = vec![int("to", tensor::element(dtype) as usize)];
        site.step(&format!("{name}_value"), "Cast", vec![mask], to)
    };
    let positive = indicator("positive", "Greater");
    let negative = indicator("negative", "Less");
    site.last("Sub", vec![positive, negative], vec![]);
}

/// gamma · elu(x; alpha).
fn selu(site: &mut Site<'_, '_>, alpha: f64, gamma: f64) {
    let x = site.input(0);
    let dtype = site.input_type(0).dtype;
    let gamma = site.scalar("gamma", dtype, gamma);
    let elu = site.step("elu", "Elu", vec![x], vec![float("alpha", alpha)]);
    site.last("Mul", vec![elu, gamma], vec![]);
}

/// x · hard_sigmoid(x; 1/6, 1/2).
fn hard_swish(site: &mut Site<'_, '_>) {
    let x = site.input(0);
    let slope = vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)];
    let gate = site.step("gate", "HardSigmoid", vec![x.clone()], slope);
    site.last("Mul", vec![x, gate], vec![]);
}

/// x · tanh(softplus(x)).
fn mish(site: &mut Site<'_, '_>) {
    let x = site.input(0);
    let softplus = site.step("softplus", "Softplus", vec![x.clone()], vec![]);
    let gate = site.step("gate", "Tanh", vec![softplus], vec![]);
    site.last("Mul", vec![x, gate], vec![]);
}

/// alpha · elu(x / alpha).
fn celu(site: &mut Site<'_, '_>, alpha: f64) {
    let x = site.input(0);
    let unit = vec![float("alpha", 1.0)];
    if alpha == 1.0 {
        return site.last("Elu", vec![x], unit);
    }
    let dtype = site.input_type(0).dtype;
    let alpha = site.scalar("alpha", dtype, alpha);
    let scaled = site.step("scaled", "Div", vec![x, alpha.clone()], vec![]);
    let elu = site.step("elu", "Elu", vec![scaled], unit);
    site.last("Mul", vec![elu, alpha], vec![]);
}

/// x/2 · (1 + erf(x/√2)).
fn gelu(site: &mut Site<'_, '_>) {
    let x = site.input(0);
    let dtype = site.input_type(0).dtype;
    let factor = site.scalar("factor", dtype, FRAC_1_SQRT_2);
    let argument = site.step("argument", "Mul", vec![x, factor], vec![]);
    let erf = site.step("erf", "Erf", vec![argument], vec![]);
    half_times_one_plus(site, erf);
}

/// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
fn gelu_by_tanh(site: &mut Site<'_, '_>) {
    let x = site.input(0);
    let dtype = site.input_type(0).dtype;
    // √(2/π) · x · (1 + 0.044715 x²)
    let square = site.step("square", "Mul", vec![x.clone(), x.clone()], vec![]);
    let coefficient = site.scalar("coefficient", dtype, 0.044715);
    let cubic = site.step("cubic", "Mul", vec![square, coefficient], vec![]);
    let one = site.scalar("unit", dtype, 1.0);
    let polynomial = site.step("polynomial", "Add", vec![cubic, one], vec![]);
    let factor = site.scalar("factor", dtype, FRAC_2_PI.sqrt());
    let scaled = site.step("scaled", "Mul", vec![x, factor], vec![]);
    let argument = site.step("argument", "Mul", vec![scaled, polynomial], vec![]);
    let tanh = site.step("tanh", "Tanh", vec![argument], vec![]);
    half_times_one_plus(site, tanh);
}

fn half_times_one_plus(site: &mut Site<'_, '_>, value: String) {
    let x = site.input(0);
    let dtype = site.input_type(0).dtype;
    let one = site.scalar("one", dtype, 1.0);
    let sum = site.step("sum", "Add", vec![value, one], vec![]);
    let half = site.scalar("half", dtype, 0.5);
    let halved = site.step("halved", "Mul", vec![x, half], vec![]);
    site.last("Mul", vec![halved, sum], vec![]);
}
