//! Random numbers that follow from the run's seed, a row and a step alone: a method that goes on from
//! its state draws the same again, and no row's numbers depend on another's.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Streams from here on are noise; below are those that starts are drawn from.
const NOISE: u64 = 1 << 63;
/// Words of a stream set aside for one step: more than any code needs.
const WORDS: u32 = 32;

/// The generator of `row` at `step`.
pub(super) fn noise(run_seed: u64, row: usize, step: u64) -> ChaCha20Rng {
    let mut generator = ChaCha20Rng::seed_from_u64(run_seed);
    generator.set_stream(NOISE | row as u64);
    generator.set_word_pos(u128::from(step) << WORDS);
    generator
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::RngCore;

    #[test]
    fn every_seed_row_and_step_has_noise_of_its_own() {
        let first = |seed, row, step| noise(seed, row, step).next_u64();
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
        assert_ne!(first(1, 2, 3), first(2, 2, 3));
        assert_ne!(first(1, 2, 3), first(1, 3, 3));
        assert_ne!(first(1, 2, 3), first(1, 2, 4));
    }
}
