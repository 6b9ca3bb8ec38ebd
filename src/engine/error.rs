//! What can go wrong with an engine.

use crate::autodiff::AutodiffError;
use crate::bundle::{BundleError, Encoder, EncoderChoice, Problem};
use crate::graph::GraphError;
use crate::onnx::OnnxError;
use crate::runtime::RuntimeError;
use crate::sampler::PriorError;
use crate::text;

/// An engine cannot be made, or a run of its sessions failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The bundle is bad.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A model file is bad.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// The networks of the bundle do not fit each other, or what the manifest says of them.
    #[error("the bundle's networks do not fit:{}", Problem::listed(problems))]
    Fit {
        /// All that does not fit, with the shapes and the key to correct.
        problems: Vec<Problem>,
    },
    /// The encoder that was chosen for the run does not fit.
    #[error("--encoder {} cannot be used: {}", chosen(encoder), reasons(problems))]
    ChosenEncoder {
        /// The encoder.
        encoder: Box<Encoder>,
        /// All that does not fit.
        problems: Vec<Problem>,
    },
    /// The bundle's prior makes no sense.
    #[error("the bundle's code prior is bad: {0}; correct [generator.prior] in bundle.toml")]
    Prior(#[from] PriorError),
    /// Shapes within a network do not fit.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Something on the path has no derivative.
    #[error(transparent)]
    Autodiff(#[from] AutodiffError),
    /// The runtime failed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A broken invariant of ours.
    #[error("internal error: {0}; please report it")]
    Internal(String),
}

impl EngineError {
    pub(super) fn fit(problems: Vec<Problem>) -> EngineError {
        EngineError::Fit { problems }
    }
}

/// An encoder as `--encoder` names it.
fn chosen(encoder: &Encoder) -> String {
    let choice = match encoder {
        Encoder::Tensor(tensor) => EncoderChoice::Tensor(tensor.clone()),
        Encoder::Outside(chosen) => EncoderChoice::File(chosen.clone()),
        Encoder::Network(_) => EncoderChoice::Bundle,
    };
    text::clean(&choice.to_string())
}

/// What is wrong, without the keys of a manifest that does not state it.
fn reasons(problems: &[Problem]) -> String {
    let said = problems
        .iter()
        .map(|problem| format!("{}; {}", problem.reason, problem.remedy));
    said.collect::<Vec<_>>().join("; ")
}
