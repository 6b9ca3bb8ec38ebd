//! The share of the cube that lies in the half-space, against its exact value.

use invset::sampler::share::FEWEST_HITS;
use invset::sampler::{Effort, Interval, Prior, ShareMethod, prior_share};
use nalgebra::Complex;
use ndarray::Array2;

use super::{ClosedForm, Neuron, sigmoid};

/// P(w·x >= t) for x uniform in the cube: the distribution is a convolution of as many uniform ones as
/// there are pixels, so its moment generating function is the product M(s) = Π (e^{s w_j} − 1)/(s w_j), and
/// P = 1/π ∫_0^∞ Re(M(θ + iu) e^{−(θ + iu) t}/(θ + iu)) du for any θ > 0. At the θ where M(θ) e^{−θ t} is
/// least the integrand falls off like a normal density, and the trapezium rule is exact to rounding.
fn tail(w: &[f64], t: f64) -> f64 {
    let log_m = |s: Complex<f64>| -> Complex<f64> {
        let factors = w.iter().map(|&w| {
            let x = s * w;
            if x.norm() < 1e-6 {
                x * 0.5
            } else {
                ((x.exp() - 1.0) / x).ln()
            }
        });
        factors.sum()
    };
    let exponent = |theta: f64| log_m(Complex::new(theta, 0.0)).re - theta * t;
    // The exponent is convex: ternary search.
    let (mut low, mut high) = (1e-3, 100.0);
    for _ in 0..100 {
        let third = (high - low) / 3.0;
        if exponent(low + third) < exponent(high - third) {
            high -= third;
        } else {
            low += third;
        }
    }
    let theta = 0.5 * (low + high);
    let step = 0.05;
    let integrand = |u: f64| {
        let s = Complex::new(theta, u);
        ((log_m(s) - s * t).exp() / s).re
    };
    let inner: f64 = (1..400).map(|k| integrand(step * f64::from(k))).sum();
    step * (0.5 * integrand(0.0) + inner) / std::f64::consts::PI
}

#[test]
fn the_exact_share_is_that_of_one_and_two_pixels() {
    // Two pixels of weight 1: the triangle beyond 1.5 has the area 1/8. A third of weight 0 changes nothing.
    // The integrand of so few pixels falls off slowly, so agreement is rough.
    let found = tail(&[1.0, 1.0, 0.0], 1.5);
    assert!((found - 0.125).abs() < 2e-3, "{found}");
}

#[test]
fn shares_of_the_half_space_agree_with_the_quadrature_within_their_stated_error() {
    let neuron = Neuron::of_the_bundle();
    let length = neuron.w.len();
    let mean = neuron.w.iter().sum::<f64>() / 2.0;
    let sd = (neuron.w.iter().map(|w| w * w).sum::<f64>() / 12.0).sqrt();
    let prior = Prior::uniform_box(vec![0.0; length], vec![1.0; length]).unwrap();
    let effort = Effort {
        draws: 1024,
        population: 100,
        repeats: 8,
        ..Effort::default()
    };
    for (about, deviations) in [(5e-2, 1.645), (1e-4, 3.719), (1e-8, 5.612)] {
        let t = mean + deviations * sd;
        let exact = tail(&neuron.w, t);
        assert!(
            (0.5..2.0).contains(&(exact / about)),
            "{exact:e} is not about {about:e}"
        );
        let mut evaluator = ClosedForm {
            neuron: &neuron,
            last: Array2::zeros((0, length)),
        };
        let interval = Interval::new(Some(sigmoid(t + neuron.b)), Some(1.0)).unwrap();
        let found = prior_share(&mut evaluator, &prior, &[interval], &effort, &mut |_| ()).unwrap();
        let frequent = found.hits >= FEWEST_HITS;
        let draws = found.method == ShareMethod::Draws;
        assert_eq!((frequent, draws), (about > 1e-2, about > 1e-2));
        assert!(
            found.low <= exact && exact <= found.high,
            "{exact:e} is not in {:e}..{:e}",
            found.low,
            found.high
        );
        // An interval that says everything would hold anything.
        assert!(found.high < 4.0 * found.low, "{found:?}");
        eprintln!(
            "share {exact:.3e}: found {:.3e} in {:.3e}..{:.3e}, {} codes",
            found.share.unwrap(),
            found.low,
            found.high,
            found.forwards
        );
    }
}
