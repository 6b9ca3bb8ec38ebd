//! What the method of a run is called wherever results are reported.

use crate::bundle::Bundle;
use crate::sampler::{MethodKind, Settings};

/// What `ppgn` is called where the bundle has no inverse, or ε1 is 0: without its prior term it is not
/// PPGN.
pub const WITHOUT_PRIOR_TERM: &str = "ppgn-without-prior-term";

/// The method's name, and [`WITHOUT_PRIOR_TERM`] for `ppgn` where its chain has no prior term.
pub fn method_name(settings: &Settings, bundle: &Bundle) -> &'static str {
    let has_prior_term = settings.chain.epsilon1 > 0.0 && bundle.manifest().inverse.is_some();
    match settings.method {
        MethodKind::Ppgn if !has_prior_term => WITHOUT_PRIOR_TERM,
        method => method.name(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_chain_without_a_prior_term_is_not_called_ppgn() {
        let with_inverse = Bundle::open("fashion").unwrap();
        let without = with_inverse.with_pixels([1, 28, 28]);
        let mut settings = Settings::new(MethodKind::Ppgn, 4);
        assert!(settings.chain.epsilon1 > 0.0);
        assert_eq!(method_name(&settings, &with_inverse), "ppgn");
        assert_eq!(method_name(&settings, &without), WITHOUT_PRIOR_TERM);
        settings.chain.epsilon1 = 0.0;
        assert_eq!(method_name(&settings, &with_inverse), WITHOUT_PRIOR_TERM);
        settings.method = MethodKind::Joint;
        assert_eq!(method_name(&settings, &without), "joint");
    }
}
