//! The smoothness prior of the pixel form, as a parametrisation: the image is the code blurred by a
//! fixed Gaussian, in graph ops, so that everything downstream differentiates through it.
//!
//! The paper's pixel form optimises every pixel by itself and finds noise (Hada and
//! Carreira-Perpiñán, section 3). A penalty on roughness would be one more term to weigh against the
//! distances; under a blur *every* code is a smooth image, and constraints, methods and priors stay as
//! they are. With weights w(t) = exp(−t²/2σ²) along each axis,
//!
//! y_i = Σ_j w(i − j) x_j / Σ_j w(i − j), j over the pixels that there are.
//!
//! Each y_i is a mean of pixels with positive weights that sum to 1, also at the edges: it stays in the
//! box of the codes, and an image of one shade stays as it is (both up to rounding).

use super::glue::constant;
use crate::bundle::Smoothness;
use crate::graph::op::Convolution;
use crate::graph::{Binary, Graph, GraphError, Op, ValueId};

/// Weights further out than this many σ are left out: the rest is 0.05 % of the whole.
const REACH: f64 = 3.5;

/// Blurs images `[B, C, H, W]` or signals `[B, C, L]`, channel by channel.
pub(super) fn blur(
    graph: &mut Graph,
    image: ValueId,
    smoothness: Smoothness,
) -> Result<ValueId, GraphError> {
    let shape = graph.shape(image).to_vec();
    // A signal is an image one pixel high. Rows of a table have no neighbours.
    let (batch, channels, height, width) = match shape[..] {
        [batch, channels, height, width] => (batch, channels, height, width),
        [batch, channels, length] => (batch, channels, 1, length),
        _ => return Ok(image),
    };
    let sigma = smoothness.sigma();
    if sigma == 0.0 {
        return Ok(image);
    }
    // One channel an image: no runtime needs to know grouped convolutions for this.
    let apart = vec![batch * channels, 1, height, width];
    let mut value = graph.add("smooth/channels", Op::Reshape { shape: apart }, &[image])?;
    let kernels = [height, width].map(|length| Kernel::new(sigma, length));
    for (axis, (name, kernel)) in ["smooth/down", "smooth/across"]
        .iter()
        .zip(&kernels)
        .enumerate()
    {
        value = kernel.along(graph, name, value, axis)?;
    }
    let [down, across] = kernels.each_ref().map(|kernel| &kernel.inside);
    let shares = down
        .iter()
        .flat_map(|down| across.iter().map(move |across| 1.0 / (down * across)))
        .map(|share| share as f32)
        .collect();
    let shares = constant(graph, "smooth/shares", &[1, 1, height, width], shares)?;
    value = graph.add("smooth/mean", Op::Binary(Binary::Mul), &[value, shares])?;
    graph.add("smooth/image", Op::Reshape { shape }, &[value])
}

/// A Gaussian along one axis.
struct Kernel {
    /// Weights at −radius ..= radius.
    weights: Vec<f64>,
    /// For each place of the axis, the sum of the weights that fall on pixels.
    inside: Vec<f64>,
}

impl Kernel {
    fn new(sigma: f64, length: usize) -> Kernel {
        let radius = (REACH * sigma).ceil() as usize;
        let radius = radius.min(length.saturating_sub(1));
        let weight = |distance: usize| (-0.5 * (distance as f64 / sigma).powi(2)).exp();
        let near = |at: usize, other: usize| at.abs_diff(other) <= radius;
        Kernel {
            weights: (0..=2 * radius)
                .map(|place| weight(place.abs_diff(radius)))
                .collect(),
            inside: (0..length)
                .map(|at| {
                    let others = (0..length).filter(|&other| near(at, other));
                    others.map(|other| weight(at.abs_diff(other))).sum()
                })
                .collect(),
        }
    }

    /// Sums weighted neighbours along spatial axis 0 (down) or 1 (across); outside there is nothing.
    fn along(
        &self,
        graph: &mut Graph,
        name: &str,
        value: ValueId,
        axis: usize,
    ) -> Result<ValueId, GraphError> {
        let taps = self.weights.len();
        let (mut shape, mut pads) = ([1, 1, 1, 1], vec![0, 0]);
        shape[2 + axis] = taps;
        pads[axis] = taps / 2;
        let weights = self.weights.iter().map(|&weight| weight as f32).collect();
        let weights = constant(graph, &format!("{name}/weights"), &shape, weights)?;
        let convolution = Convolution {
            strides: vec![1, 1],
            dilations: vec![1, 1],
            pads_before: pads.clone(),
            pads_after: pads,
            group: 1,
        };
        graph.add(name, Op::Conv(convolution), &[value, weights])
    }
}

#[cfg(test)]
#[path = "smooth_tests.rs"]
mod tests;
