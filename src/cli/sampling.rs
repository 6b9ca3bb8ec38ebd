//! The flags that say how an inverse set is sampled: the same for one unit and for many.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Command, Id};

use super::Global;
use crate::bundle::{EncoderChoice, Smoothness};
use crate::engine::{SchemeChoice, Transforms};
use crate::run::{Manner, defaults};
use crate::sampler::{Ascent, Chain, ConstraintKind, MethodKind, Settings, Stop, Update};

/// The largest integer of TOML, in which the files of a run are written.
const LARGEST: u64 = i64::MAX as u64;
/// More samples than any run has; a guard against a typing error that asks for more memory than there is.
const MOST_SAMPLES: u64 = 10_000_000;

const MEGABYTE: u64 = 1_000_000;

/// A parser of whole numbers up to `most`.
fn up_to<T>(most: u64) -> RangedU64ValueParser<T>
where
    T: TryFrom<u64>,
{
    RangedU64ValueParser::new().range(..=most)
}

/// How samples are found.
#[derive(Debug, Args)]
pub(super) struct Sampling {
    /// Samples wanted
    #[arg(short, default_value_t = defaults::SAMPLES, value_name = "N", value_parser = up_to::<usize>(MOST_SAMPLES))]
    n: usize,
    /// Samples in a batch of `incremental`
    #[arg(short, default_value_t = 8, value_name = "K", value_parser = up_to::<usize>(MOST_SAMPLES))]
    k: usize,
    /// How samples are found [default: cover, or incremental where starts, an encoder or transforms are given]
    #[arg(long, value_name = "METHOD", value_parser = choices::<MethodKind>(MethodKind::ALL.iter().map(|choice| choice.name()).collect()))]
    method: Option<MethodKind>,
    /// Where distances are measured: bundle (its own encoder), pixels, tensor:NAME or FILE.onnx, behind which
    /// may stand what it is given, as in FILE.onnx:mean=0.5,0.5,0.5:std=0.2,0.2,0.2:channels=BGR (default: the
    /// image in [0, 1])
    #[arg(long, default_value_t, value_name = "ENCODER")]
    encoder: EncoderChoice,
    /// Where samples start: random, images:DIR or run:RUN
    #[arg(long, default_value = Settings::RANDOM, value_name = "START")]
    init: String,
    /// Blur the images of a bundle of pixels by a Gaussian of so many pixels; 0 is off (default: the bundle's)
    #[arg(long, value_name = "SIGMA")]
    smoothness: Option<Smoothness>,
    /// Take gradients through small random changes of the image, as in shift:2,noise:0.05,scale:5
    /// (pixels, standard deviation, percent)
    #[arg(long, value_name = "TRANSFORMS")]
    transform: Option<Transforms>,
    /// Real images: of `dataset` the samples (default: the folder last used with `stats`), of the other
    /// methods the starts, as with --init images:DIR
    #[arg(long, value_name = "DIR", conflicts_with = "init")]
    images: Option<PathBuf>,
    /// When `joint` and `spread` end
    #[arg(long, default_value_t = Stop::Converged, value_name = "WHEN", value_parser = choices::<Stop>(Stop::ALL.iter().map(|choice| choice.name()).collect()))]
    stop: Stop,
    /// Seed of the run
    #[arg(long, default_value_t = 0, value_parser = up_to::<u64>(LARGEST))]
    seed: u64,
    /// Steps after which a run ends with what is feasible
    #[arg(long, value_name = "N", value_parser = up_to::<u64>(LARGEST))]
    max_steps: Option<u64>,
    /// Codes in one run of a network (default: chosen)
    #[arg(long, value_name = "B", value_parser = clap::value_parser!(u64).range(1..=65536))]
    batch: Option<u64>,
}

/// Numbers that most runs leave alone. In the help its heading holds for all that follows, so it
/// stands after a command's own flags.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tuning")]
pub(super) struct Tuning {
    /// Adam's step, the first step of `maximise` and ε2 of `ppgn`, in spreads of the code prior
    #[arg(long, default_value_t = Settings::STEP_SIZE, value_name = "X")]
    step_size: f64,
    /// Length of the plain step of `incremental`, in typical code lengths
    #[arg(long, default_value_t = Settings::PLAIN_STEP, value_name = "X")]
    plain_step: f64,
    /// Share of the way to an end of the interval that one step may go
    #[arg(long, default_value_t = Settings::ALPHA, value_name = "X")]
    alpha: f64,
    /// How `joint` and `spread` go through the samples
    #[arg(long, default_value_t = Update::Exact, value_name = "HOW", value_parser = choices::<Update>(Update::ALL.iter().map(|choice| choice.name()).collect()))]
    update: Update,
    /// How intervals are enforced
    #[arg(long, default_value_t = ConstraintKind::Projection, value_name = "HOW", value_parser = choices::<ConstraintKind>(ConstraintKind::ALL.iter().map(|choice| choice.name()).collect()))]
    constraint: ConstraintKind,
    /// Keep the seeds of `incremental` to the first batch
    #[arg(long)]
    fixed_seeds: bool,
    /// Steps after which a start that was never feasible is drawn anew
    #[arg(long, default_value_t = Settings::GIVE_UP_AFTER, value_name = "N", value_parser = up_to::<u64>(LARGEST))]
    give_up_after: u64,
    /// Steps of `maximise` from each start
    #[arg(long, default_value_t = Ascent::STEPS, value_name = "N", value_parser = up_to::<u64>(LARGEST))]
    ascent_steps: u64,
    /// What a step of `maximise` leaves of a code's distance from the prior's mean
    #[arg(long, default_value_t = Ascent::DECAY, value_name = "X")]
    decay: f64,
    /// Chains of `cover` and `ppgn` (default: one for each sample of `cover`, 8 of `ppgn`)
    #[arg(long, value_name = "N", value_parser = up_to::<usize>(MOST_SAMPLES))]
    chains: Option<usize>,
    /// ε1 of `ppgn`: share of the way to its reconstruction that a code goes at a step
    #[arg(long, default_value_t = Chain::EPSILON1, value_name = "X")]
    epsilon1: f64,
    /// ε3 of `ppgn`: noise of a step, in spreads of the code prior
    #[arg(long, default_value_t = Chain::EPSILON3, value_name = "X")]
    epsilon3: f64,
    /// Steps of `ppgn` between two looks at a chain
    #[arg(long, default_value_t = Chain::SAVE_EVERY, value_name = "N", value_parser = up_to::<u64>(LARGEST))]
    save_every: u64,
    /// Steps after which `ppgn` puts a chain at its next start (0: never)
    #[arg(long, default_value_t = Chain::RESET_EVERY, value_name = "N", value_parser = up_to::<u64>(LARGEST))]
    reset_every: u64,
    /// Where backward passes get forward values: kept, or computed again
    #[arg(long, value_enum, default_value_t, value_name = "SCHEME")]
    scheme: SchemeChoice,
    /// Most megabytes kept for backward passes (default: a quarter of the free memory)
    #[arg(long, value_name = "MB", value_parser = up_to::<u64>(LARGEST / MEGABYTE))]
    memory_cap: Option<u64>,
    /// Threads (default: every core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    threads: Option<u64>,
}

/// A parser of one of the sampler's choices that lists them in the help.
fn choices<T>(names: Vec<&'static str>) -> impl clap::builder::TypedValueParser<Value = T>
where
    T: std::str::FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(names).try_map(|text| text.parse::<T>())
}

/// The names of all flags of [`Sampling`] and [`Tuning`], for what cannot stand beside any of them.
pub(super) fn flags() -> Vec<Id> {
    let command = Tuning::augment_args(Sampling::augment_args(Command::new("sampling")));
    let flags = command.get_arguments();
    flags.map(|flag| flag.get_id().clone()).collect()
}

impl Sampling {
    /// What the flags ask for.
    pub(super) fn manner(&self, tuning: &Tuning, global: &Global) -> Manner {
        Manner {
            encoder: self.encoder.clone(),
            settings: self.settings(tuning),
            runtime: global.runtime_request(),
            micro_batch: self.batch.map(|batch| batch as usize),
            scheme: tuning.scheme,
            memory_cap: tuning
                .memory_cap
                .map(|megabytes| megabytes.saturating_mul(MEGABYTE)),
            threads: tuning.threads.map(|threads| threads as usize),
            smoothness: self.smoothness,
            transforms: self.transform,
        }
    }

    /// Where samples start, in the words of `--init`.
    fn start(&self) -> String {
        match &self.images {
            Some(folder) => format!("images:{}", folder.display()),
            None => self.init.clone(),
        }
    }

    fn settings(&self, tuning: &Tuning) -> Settings {
        let init = self.start();
        let method = self
            .method
            .unwrap_or_else(|| defaults::method(&init, &self.encoder, self.transform.as_ref()));
        let defaults = Settings::new(method, self.n);
        Settings {
            k: self.k,
            seed: self.seed,
            step_size: tuning.step_size,
            plain_step: tuning.plain_step,
            alpha: tuning.alpha,
            max_steps: self.max_steps.unwrap_or(defaults.max_steps),
            stop: self.stop,
            update: tuning.update,
            constraint: tuning.constraint,
            seeds_grow: !tuning.fixed_seeds,
            give_up_after: tuning.give_up_after,
            init,
            ascent: Ascent {
                steps: tuning.ascent_steps,
                decay: tuning.decay,
            },
            chain: Chain {
                count: tuning.chains.unwrap_or(defaults.chain.count),
                epsilon1: tuning.epsilon1,
                epsilon3: tuning.epsilon3,
                save_every: tuning.save_every,
                reset_every: tuning.reset_every,
            },
            ..defaults
        }
    }
}
