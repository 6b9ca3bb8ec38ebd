//! An order drawn by a generator.

use rand_chacha::rand_core::RngCore;

/// The numbers below `count` in an order drawn by `random`, each order as likely as any other (Fisher
/// and Yates' shuffle in Durstenfeld's form, Communications of the ACM 7, 1964).
pub fn shuffled(count: usize, random: &mut impl RngCore) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        // A product of 64 bits with a count: its bias is the count's share of 2^64.
        let drawn = (u128::from(random.next_u64()) * (last as u128 + 1)) >> 64;
        order.swap(last, drawn as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn every_number_stands_once_and_anywhere() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut places = [[0u32; 5]; 5];
        for _ in 0..2000 {
            let order = shuffled(5, &mut random);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
            for (place, number) in order.into_iter().enumerate() {
                places[place][number] += 1;
            }
        }
        // 400 expected, standard deviation 18.
        for count in places.iter().flatten() {
            assert!((320..480).contains(count), "{places:?}");
        }
        assert!(shuffled(0, &mut random).is_empty());
    }
}
