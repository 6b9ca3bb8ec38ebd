//! Names that hold the typed letters in order, the best first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// The places of the names that match, the best first; equal ones keep their order.
pub(super) fn matching(typed: &str, names: &[&str]) -> Vec<usize> {
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(usize, u32)> = names
        .iter()
        .enumerate()
        .filter_map(|(at, name)| {
            let score = pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher)?;
            Some((at, score))
        })
        .collect();
    found.sort_by_key(|&(_, score)| std::cmp::Reverse(score));
    found.into_iter().map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_find_a_name() {
        let names = ["next part", "pause/go on", "export"];
        assert_eq!(matching("pgo", &names), [1]);
        assert_eq!(matching("ex", &names)[0], 2, "the beginning of a name");
        assert_eq!(matching("", &names), [0, 1, 2]);
        assert!(matching("zzz", &names).is_empty());
    }
}
