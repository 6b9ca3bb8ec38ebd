//! Whether two samples of a number come from the same distribution, and many such questions at once.

use std::f64::consts::PI;

/// Terms of either series of Kolmogorov's distribution: both have converged long before where they
/// are used.
const TERMS: i32 = 20;
/// Below this λ the series in exp(−π²/8λ²) converges faster.
const CROSSOVER: f64 = 1.0;

/// The two-sample Kolmogorov-Smirnov test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KolmogorovSmirnov {
    /// The largest distance between the two empirical distribution functions.
    pub statistic: f64,
    /// The probability of a distance as large as this if both samples come from the same continuous
    /// distribution.
    pub p_value: f64,
}

impl KolmogorovSmirnov {
    /// Compares two samples; none where one of them is empty or has a value that is not a number.
    ///
    /// The p-value is asymptotic, by Kolmogorov's distribution at
    /// λ = (√N + 0.12 + 0.11/√N) D with N = n m/(n + m) (Stephens, JRSS B 32, 1970; Press et al.,
    /// Numerical Recipes, 14.3): good from N = 4 on. Values that occur in both samples make it
    /// cautious.
    pub fn of(first: &[f64], second: &[f64]) -> Option<KolmogorovSmirnov> {
        let mut values = first.iter().chain(second);
        if first.is_empty() || second.is_empty() || values.any(|value| value.is_nan()) {
            return None;
        }
        let statistic = largest_distance(&sorted(first), &sorted(second));
        let (n, m) = (first.len() as f64, second.len() as f64);
        let root = (n * m / (n + m)).sqrt();
        Some(KolmogorovSmirnov {
            statistic,
            p_value: exceeds((root + 0.12 + 0.11 / root) * statistic),
        })
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// sup |F − G| of the empirical distribution functions of two sorted samples.
fn largest_distance(first: &[f64], second: &[f64]) -> f64 {
    let (mut i, mut j, mut largest) = (0, 0, 0.0_f64);
    while i < first.len() && j < second.len() {
        let value = first[i].min(second[j]);
        // Past equal values together: between them neither function stands.
        while first.get(i).is_some_and(|&at| at <= value) {
            i += 1;
        }
        while second.get(j).is_some_and(|&at| at <= value) {
            j += 1;
        }
        let apart = i as f64 / first.len() as f64 - j as f64 / second.len() as f64;
        largest = largest.max(apart.abs());
    }
    largest
}

/// The probability that Kolmogorov's variable exceeds λ: 2 Σ_{j>=1} (−1)^{j−1} exp(−2 j² λ²), or
/// for small λ, by Jacobi's theta function, 1 − √(2π)/λ Σ_{j>=1} exp(−(2j − 1)² π²/(8 λ²)).
fn exceeds(lambda: f64) -> f64 {
    if lambda <= 0.0 {
        return 1.0;
    }
    let terms = (1..=TERMS).map(f64::from);
    let probability = if lambda < CROSSOVER {
        let sum: f64 = terms
            .map(|j| (-(2.0 * j - 1.0).powi(2) * PI * PI / (8.0 * lambda * lambda)).exp())
            .sum();
        1.0 - (2.0 * PI).sqrt() / lambda * sum
    } else {
        let sum: f64 = terms
            .map(|j| {
                let sign = if j % 2.0 == 1.0 { 1.0 } else { -1.0 };
                sign * (-2.0 * (j * lambda).powi(2)).exp()
            })
            .sum();
        2.0 * sum
    };
    probability.clamp(0.0, 1.0)
}

/// p-values adjusted for being many, in their order: rejecting where the adjusted value is at most
/// α keeps the probability of any false rejection at most α, whatever the tests' dependence (Holm,
/// Scandinavian Journal of Statistics 6, 1979). The i-th smallest of m becomes the largest of
/// (m − j + 1) p_(j) over j <= i, at most 1.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, &at) in order.iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        largest = largest.max((left * p_values[at]).min(1.0));
        adjusted[at] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn kolmogorovs_distribution_agrees_with_the_table() {
        // Smirnov's table of the upper points.
        for (lambda, expected) in [
            (1.223_85, 0.10),
            (1.358_10, 0.05),
            (1.627_62, 0.01),
            (1.949_47, 0.001),
        ] {
            let found = exceeds(lambda);
            assert!(
                (found / expected - 1.0).abs() < 1e-4,
                "{lambda}: {found} {expected}"
            );
        }
        // The two series meet.
        assert!((exceeds(CROSSOVER - 1e-9) - exceeds(CROSSOVER)).abs() < 1e-7);
        assert_eq!(exceeds(0.0), 1.0);
        assert!((exceeds(0.2) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_statistic_is_the_largest_distance_of_the_distribution_functions() {
        // After 2 the first function stands at 2/3, the second at 0.
        let test = KolmogorovSmirnov::of(&[1.0, 2.0, 5.0], &[4.0, 3.0, 6.0, 7.0]).unwrap();
        assert!((test.statistic - 2.0 / 3.0).abs() < 1e-12);
        let equal = KolmogorovSmirnov::of(&[1.0, 1.0, 2.0], &[2.0, 1.0, 1.0]).unwrap();
        assert_eq!((equal.statistic, equal.p_value), (0.0, 1.0));
        assert_eq!(KolmogorovSmirnov::of(&[], &[1.0]), None);
        assert_eq!(KolmogorovSmirnov::of(&[f64::NAN], &[1.0]), None);
    }

    #[test]
    fn a_shift_is_found_and_an_equal_grid_is_not() {
        let grid =
            |shift: f64| -> Vec<f64> { (0..1000).map(|i| f64::from(i) / 1000.0 + shift).collect() };
        assert!(
            KolmogorovSmirnov::of(&grid(0.0), &grid(0.2))
                .unwrap()
                .p_value
                < 1e-15
        );
        assert!(
            KolmogorovSmirnov::of(&grid(0.0), &grid(1e-4))
                .unwrap()
                .p_value
                > 0.999
        );
    }

    #[test]
    fn holm_adjusts_in_order_of_size_and_keeps_places() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
