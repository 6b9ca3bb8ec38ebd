//! What a run is asked for, before anything is opened.

use std::path::PathBuf;

use crate::bundle::{EncoderChoice, Smoothness};
use crate::engine::{SchemeChoice, Transforms};
use crate::runtime::RuntimeRequest;
use crate::sampler::Settings;

/// What a new run is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Name or folder of a bundle.
    pub bundle: String,
    /// Constraints as typed.
    pub query: Vec<String>,
    /// How it is sampled, and on what.
    pub manner: Manner,
    /// The run folder; `TIME-UNIT-SEED` in `runs` when absent.
    pub out: Option<PathBuf>,
    /// The folder that run folders are made in.
    pub runs: PathBuf,
}

/// How a query is sampled and on what: the part of a request that the runs of a sweep share.
#[derive(Debug, Clone, PartialEq)]
pub struct Manner {
    /// The encoder whose distances are maximised.
    pub encoder: EncoderChoice,
    /// The sampler's settings.
    pub settings: Settings,
    /// The runtime.
    pub runtime: RuntimeRequest,
    /// Codes in one run of a session; chosen when absent.
    pub micro_batch: Option<usize>,
    /// Where backward passes get what they need.
    pub scheme: SchemeChoice,
    /// Most bytes kept for backward passes; chosen when absent.
    pub memory_cap: Option<u64>,
    /// Threads; every core when absent.
    pub threads: Option<usize>,
    /// How far images that are codes are blurred; as the bundle says when absent.
    pub smoothness: Option<Smoothness>,
    /// What happens to images on their way to the classifier while gradients are taken.
    pub transforms: Option<Transforms>,
}
