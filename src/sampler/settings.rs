//! What a run of the sampler is told: every number that the result depends on besides the models.

use super::ascent::Ascent;
use super::chain::Chain;
use super::dataset;
use super::tunables::Tunables;
use serde::{Deserialize, Serialize};

/// Defines a choice with one name per variant: the same in files, on the command line and in text.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every choice, in the order in which help lists them.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// Its name in files and on the command line.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = SettingsError;

            fn from_str(text: &str) -> Result<Self, SettingsError> {
                $name::ALL
                    .iter()
                    .copied()
                    .find(|choice| choice.name() == text)
                    .ok_or_else(|| SettingsError::UnknownChoice {
                        text: text.escape_default().to_string(),
                        choices: [$($text),+].join(", "),
                    })
            }
        }
    };
}

pub(super) use choice;

choice!(
    /// How the samples are found.
    MethodKind {
        /// The paper's fast method: K seeds, then batches of one step each.
        Incremental = "incremental",
        /// The exact joint objective for all n samples at once.
        Joint = "joint",
        /// The joint objective kept apart by a Riesz energy: the same value without duplicates.
        Spread = "spread",
        /// Draws from the code prior restricted to the inverse set: representative of it.
        Cover = "cover",
        /// The baseline without an interval: each sample climbs alone.
        Maximise = "maximise",
        /// The baseline of plug-and-play generative networks: chains, kept where they are inside.
        Ppgn = "ppgn",
        /// The baseline of real images: those of the given starts that lie inside.
        Dataset = "dataset",
    }
);

choice!(
    /// When `joint` and `spread` end.
    Stop {
        /// A sample that becomes feasible stops moving, still counted in the sums; the run ends
        /// when all are.
        Feasible = "feasible",
        /// All samples feasible and the objective changed by less than 1e-4 over 20 steps.
        Converged = "converged",
    }
);

choice!(
    /// How `joint` and `spread` go through the samples within a step.
    Update {
        /// Evaluate all, form the exact joint gradient, pull it back.
        Exact = "exact",
        /// Gauss-Seidel over blocks of rows with exact partial gradients.
        Block = "block",
    }
);

choice!(
    /// How the intervals are enforced.
    ConstraintKind {
        /// Project the displacement onto the linearised intervals.
        Projection = "projection",
        /// Augmented Lagrangian per sample, the cross-check.
        AugmentedLagrangian = "al",
    }
);

/// Settings of the sampler. [`Settings::new`] gives defaults; [`crate::sampler::start`] refuses
/// settings that make no sense.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How the samples are found.
    pub method: MethodKind,
    /// Samples wanted.
    pub n: usize,
    /// Samples per batch of `incremental`.
    pub k: usize,
    /// The run's seed: the start of every sample is drawn from it.
    pub seed: u64,
    /// Adam's step (its root mean square over the code's dimensions) in units of the code prior's
    /// spread (the root mean square of its standard deviations; of a box's widths over √12).
    pub step_size: f64,
    /// Length of the plain-gradient step of `incremental`, relative to the distance of a typical
    /// code from the middle of the prior (the Euclidean norm of the spreads).
    pub plain_step: f64,
    /// Share of the distance to an end of the interval that one step may take, in (0, 1].
    pub alpha: f64,
    /// Steps after which the run ends with what is feasible.
    pub max_steps: u64,
    /// When `joint` and `spread` end.
    pub stop: Stop,
    /// How `joint` and `spread` go through the samples within a step.
    pub update: Update,
    /// How the intervals are enforced.
    pub constraint: ConstraintKind,
    /// Whether the samples of each batch of `incremental` join the seeds C0 of the next.
    pub seeds_grow: bool,
    /// Steps without coming nearer to its intervals after which a start that has not been feasible
    /// once is given up and drawn anew.
    pub give_up_after: u64,
    /// Where the starts come from, as on the command line: `random`, `images:DIR`, `run:RUN`. The
    /// caller turns it into codes ([`crate::sampler::Problem::starts`]).
    pub init: String,
    /// How `maximise` climbs.
    #[serde(default)]
    pub ascent: Ascent,
    /// The chains of `ppgn` and `cover`.
    #[serde(default)]
    pub chain: Chain,
}

impl Settings {
    /// [`Settings::init`] of starts that are drawn from the prior.
    pub const RANDOM: &str = "random";
    /// Default Adam step. On closed-form engines 0.02 to 0.8 end at the same optima; on `fashion`
    /// 0.05 reached p90..p99 of every unit tried in the fewest steps (0.03 to 0.1 tried).
    pub const STEP_SIZE: f64 = 0.05;
    /// Default length of the plain step.
    pub const PLAIN_STEP: f64 = 0.1;
    /// Default α. On closed-form engines 0.1 to 0.9 end at the same optima; on `fashion` 0.9 made
    /// rare levels (p99..p99.9) reachable where 0.5 stayed short of them.
    pub const ALPHA: f64 = 0.9;
    /// Default number of steps.
    pub const MAX_STEPS: u64 = 1000;
    /// Default patience with a start that comes no nearer.
    pub const GIVE_UP_AFTER: u64 = 30;

    /// Defaults for `n` samples by `method`. For `incremental` the default of `max_steps` leaves
    /// room for twice the batches needed, for `maximise` for five ascents of each slot.
    pub fn new(method: MethodKind, n: usize) -> Self {
        let k = 8;
        let max_steps = match method {
            MethodKind::Incremental => Settings::MAX_STEPS + n.div_ceil(k) as u64 * 2,
            MethodKind::Joint | MethodKind::Spread | MethodKind::Cover | MethodKind::Ppgn => {
                Settings::MAX_STEPS
            }
            MethodKind::Maximise => 5 * (Ascent::STEPS + 1),
            // A step looks at no more than 64 images, and there may be twice as many as are wanted.
            MethodKind::Dataset => Settings::MAX_STEPS + n.div_ceil(16) as u64,
        };
        Settings {
            method,
            n,
            k,
            seed: 0,
            step_size: Settings::STEP_SIZE,
            plain_step: Settings::PLAIN_STEP,
            alpha: Settings::ALPHA,
            max_steps,
            stop: Stop::Converged,
            update: Update::Exact,
            constraint: ConstraintKind::Projection,
            seeds_grow: true,
            give_up_after: Settings::GIVE_UP_AFTER,
            init: Settings::RANDOM.to_owned(),
            ascent: Ascent::default(),
            chain: Chain::of(method, n),
        }
    }

    /// Rows that the method moves.
    pub fn rows(&self) -> usize {
        match self.method {
            MethodKind::Incremental => self.k.min(self.n),
            MethodKind::Cover | MethodKind::Ppgn => self.chain.count.min(self.n),
            MethodKind::Joint | MethodKind::Spread | MethodKind::Maximise => self.n,
            MethodKind::Dataset => self.n.min(dataset::BLOCK),
        }
    }

    /// Checks that every number makes sense.
    ///
    /// # Errors
    /// The first setting that does not.
    pub fn check(&self) -> Result<(), SettingsError> {
        let counts = [("n", self.n as u64), ("k", self.k as u64)];
        for (name, value) in counts {
            if value == 0 {
                return Err(SettingsError::Zero { name });
            }
        }
        self.ascent.check()?;
        self.chain.check()?;
        Tunables::of(self).check()
    }
}

/// Settings that cannot be run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// A choice of that name does not exist.
    #[error("`{text}` is none of {choices}")]
    UnknownChoice {
        /// What was given.
        text: String,
        /// What there is.
        choices: String,
    },
    /// A count is zero.
    #[error("{name} is 0: it must be at least 1")]
    Zero {
        /// The setting.
        name: &'static str,
    },
    /// A length is not a positive number.
    #[error("{name} is {value}: it must be a positive number")]
    NotPositive {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// A count is not a whole number.
    #[error("{name} is {value}: it must be a whole number")]
    NotWhole {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// α is outside (0, 1].
    #[error("alpha is {0}: it must be above 0 and at most 1")]
    Alpha(f64),
    /// A number is negative, infinite or none.
    #[error("{name} is {value}: it must be 0 or a positive number")]
    Negative {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// A share is outside [0, 1].
    #[error("{name} is {value}: it must be between 0 and 1")]
    Share {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// There is nothing to satisfy.
    #[error("a query needs at least one constraint: add --where 'UNIT in A..B'")]
    NoConstraint,
    /// The given starts are no codes of the generator.
    #[error("the given starts have {found} values each, the generator's code has {expected}")]
    StartLength {
        /// Values per start.
        found: usize,
        /// Values per code.
        expected: usize,
    },
    /// The given starts hold nothing usable.
    #[error("there is no usable start: {0}")]
    Starts(&'static str),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn settings_survive_a_file() {
        let settings = Settings::new(MethodKind::Incremental, 48);
        let text = toml::to_string(&settings).unwrap();
        assert!(text.contains("method = \"incremental\""));
        assert_eq!(toml::from_str::<Settings>(&text).unwrap(), settings);
    }

    #[test]
    fn settings_of_an_older_file_have_the_usual_values_of_what_it_lacks() {
        let settings = Settings::new(MethodKind::Joint, 4);
        let text = toml::to_string(&settings).unwrap();
        let (older, _) = text.split_once("[ascent]").unwrap();
        assert_eq!(toml::from_str::<Settings>(older).unwrap(), settings);
    }

    #[test]
    fn a_choice_has_one_name_everywhere() {
        for choice in ConstraintKind::ALL {
            assert_eq!(choice.name().parse::<ConstraintKind>().unwrap(), *choice);
            assert_eq!(
                serde_json::to_string(choice).unwrap(),
                format!("\"{choice}\"")
            );
        }
        let error = "jiont".parse::<MethodKind>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`jiont` is none of incremental, joint, spread, cover, maximise, ppgn, dataset"
        );
    }

    #[test]
    fn senseless_numbers_are_refused() {
        let good = Settings::new(MethodKind::Joint, 4);
        assert!(good.check().is_ok());
        for bad in [
            Settings {
                n: 0,
                ..good.clone()
            },
            Settings {
                k: 0,
                ..good.clone()
            },
            Settings {
                alpha: 0.0,
                ..good.clone()
            },
            Settings {
                alpha: 1.5,
                ..good.clone()
            },
            Settings {
                alpha: f64::NAN,
                ..good.clone()
            },
            Settings {
                step_size: f64::INFINITY,
                ..good.clone()
            },
            Settings {
                plain_step: -1.0,
                ..good.clone()
            },
            Settings {
                ascent: Ascent {
                    decay: 1.5,
                    ..Ascent::default()
                },
                ..good.clone()
            },
            Settings {
                chain: Chain {
                    epsilon3: -0.1,
                    ..Chain::default()
                },
                ..good.clone()
            },
            Settings {
                chain: Chain {
                    count: 0,
                    ..Chain::default()
                },
                ..good
            },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
