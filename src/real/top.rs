//! Which images excite a unit most.

/// The indices of the `k` greatest values, greatest first; of equal ones the first comes first. What is
/// not a number is left out.
pub fn top(values: impl IntoIterator<Item = f32>, k: usize) -> Vec<usize> {
    let mut ranked: Vec<(usize, f32)> = values
        .into_iter()
        .enumerate()
        .filter(|(_, value)| !value.is_nan())
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(k);
    ranked.into_iter().map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_come_first_and_no_number_never() {
        let values = [1.0, f32::NAN, 3.0, 3.0, f32::INFINITY, -1.0];
        assert_eq!(top(values, 4), [4, 2, 3, 0]);
        assert_eq!(top(values, 9), [4, 2, 3, 0, 5]);
        assert!(top([], 2).is_empty());
    }
}
