//! Where a setting means something: with some methods, on some bundles.

use crate::bundle::{Bundle, Domain};
use crate::sampler::MethodKind::{self, Cover, Incremental, Joint, Maximise, Ppgn, Spread};

/// What settings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scene {
    /// How samples are found.
    pub method: MethodKind,
    /// The bundle, as far as it is known.
    pub bundle: Takes,
}

/// What a bundle takes that others refuse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Takes {
    /// A smoothness: its samples are codes that can be blurred.
    pub smoothness: bool,
    /// Transforms: its samples are images.
    pub transforms: bool,
}

impl Takes {
    /// Of a bundle.
    pub fn of(bundle: &Bundle) -> Takes {
        Takes {
            smoothness: bundle.takes_smoothness().is_ok(),
            transforms: matches!(bundle.manifest().generator.domain, Domain::Image { .. }),
        }
    }
}

/// The methods that move codes.
const MOVING: &[MethodKind] = &[Incremental, Joint, Spread, Cover, Maximise, Ppgn];

/// Whether a setting, as the command line names it, means something there.
pub fn applies(id: &str, scene: &Scene) -> bool {
    let methods: &[MethodKind] = match id {
        "k" | "plain-step" | "fixed-seeds" => &[Incremental],
        "stop" | "update" => &[Joint, Spread],
        "alpha" | "constraint" | "give-up-after" => &[Incremental, Joint, Spread, Cover],
        "ascent-steps" | "decay" => &[Maximise],
        "chains" => &[Cover, Ppgn],
        "epsilon1" | "epsilon3" | "save-every" | "reset-every" => &[Ppgn],
        "step-size" | "scheme" | "memory-cap" | "smoothness" | "transform" => MOVING,
        _ => MethodKind::ALL,
    };
    let takes = match id {
        "smoothness" => scene.bundle.smoothness,
        "transform" => scene.bundle.transforms,
        _ => true,
    };
    takes && methods.contains(&scene.method)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shown(method: MethodKind, bundle: Takes) -> impl Fn(&str) -> bool {
        move |id| applies(id, &Scene { method, bundle })
    }

    #[test]
    fn a_setting_is_shown_with_the_methods_that_have_it() {
        let none = Takes::default();
        for (id, method, other) in [
            ("k", Incremental, Joint),
            ("decay", Maximise, Ppgn),
            ("chains", Cover, Spread),
            ("epsilon1", Ppgn, Cover),
            ("stop", Spread, Incremental),
            ("step-size", Ppgn, MethodKind::Dataset),
        ] {
            assert!(shown(method, none)(id), "{id} {method}");
            assert!(!shown(other, none)(id), "{id} {other}");
        }
        assert!(shown(MethodKind::Dataset, none)("seed"));
    }

    #[test]
    fn a_setting_is_shown_on_the_bundles_that_take_it() {
        let takes = |name: &str| Takes::of(&Bundle::open(name).unwrap());
        let (network, pixels) = (takes("fashion"), takes("halfspace"));
        assert!(!shown(Joint, network)("smoothness") && shown(Joint, network)("transform"));
        assert!(shown(Joint, pixels)("smoothness") && shown(Joint, pixels)("transform"));
        let heartbeats = takes("heartbeats");
        assert!(!shown(Joint, heartbeats)("transform"));
        assert!(!shown(MethodKind::Dataset, pixels)("smoothness"));
    }
}
