//! How long chains remember: the integrated autocorrelation time of their statistics.

/// Sokal's window: the sum ends at the first lag that is this many times the time found so far.
const WINDOW: f64 = 5.0;

/// The integrated autocorrelation time τ = 1 + 2 Σ_{k>=1} ρ(k), in steps, of one statistic of
/// several chains, `series[chain][step]`: all chains have the same number of steps. So many steps
/// of a chain are worth one independent draw. At least 1; 1 where the statistic does not vary.
///
/// The autocorrelations ρ(k) are pooled over the chains about their common mean, so chains that
/// stay in places of their own have a long time, however quickly each moves within its place. The
/// sum ends at the smallest M >= 5 τ(M) (Sokal, Monte Carlo Methods in Statistical Mechanics, 1996,
/// section 3; Goodman and Weare, CAMCoS 5, 2010).
pub fn integrated_time(series: &[&[f64]]) -> f64 {
    let steps = series.iter().map(|chain| chain.len()).min().unwrap_or(0);
    let count = (steps * series.len()) as f64;
    let values = || series.iter().flat_map(|chain| chain[..steps].iter());
    let mean = values().sum::<f64>() / count;
    let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    if variance <= 0.0 || !variance.is_finite() {
        return 1.0;
    }
    let mut time = 1.0;
    for lag in 1..steps {
        let products = series.iter().flat_map(|chain| {
            let pairs = chain[..steps - lag].iter().zip(&chain[lag..steps]);
            pairs.map(|(a, b)| (a - mean) * (b - mean))
        });
        let pairs = ((steps - lag) * series.len()) as f64;
        time += 2.0 * products.sum::<f64>() / pairs / variance;
        if lag as f64 >= WINDOW * time {
            break;
        }
    }
    time.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::noise::noise;
    use ndarray_rand::rand_distr::{Distribution, StandardNormal};

    /// x ← φ x + √(1 − φ²) ξ from its stationary distribution: τ = (1 + φ)/(1 − φ).
    fn autoregressive(phi: f64, chains: usize, steps: usize) -> Vec<Vec<f64>> {
        (0..chains)
            .map(|chain| {
                let mut generator = noise(3, chain, 0);
                let mut normal = || -> f64 { StandardNormal.sample(&mut generator) };
                let mut value = normal();
                (0..steps)
                    .map(|_| {
                        value = phi * value + (1.0 - phi * phi).sqrt() * normal();
                        value
                    })
                    .collect()
            })
            .collect()
    }

    fn time_of(series: &[Vec<f64>]) -> f64 {
        let views: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        integrated_time(&views)
    }

    #[test]
    fn the_time_of_an_autoregression_is_the_known_one() {
        for phi in [0.0, 0.5, 0.9] {
            let expected = (1.0 + phi) / (1.0 - phi);
            let found = time_of(&autoregressive(phi, 16, 2000));
            assert!((found / expected - 1.0).abs() < 0.15, "{phi}: {found}");
        }
    }

    #[test]
    fn chains_in_places_of_their_own_have_a_long_time() {
        let mut series = autoregressive(0.0, 8, 200);
        for (chain, values) in series.iter_mut().enumerate() {
            values
                .iter_mut()
                .for_each(|value| *value += 10.0 * chain as f64);
        }
        assert!(time_of(&series) > 50.0, "{}", time_of(&series));
    }

    #[test]
    fn what_does_not_vary_has_the_time_one() {
        assert_eq!(time_of(&[vec![2.0; 9], vec![2.0; 9]]), 1.0);
        assert_eq!(integrated_time(&[]), 1.0);
    }
}
