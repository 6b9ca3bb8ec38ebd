//! What the sampler asks of the world: the one trait between mathematics and networks.

use ndarray::{Array2, Array3, ArrayView2};

/// Forward values of some codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Activation of each constraint's unit, `[rows, m]`; of a unit that is dead, what steers it
    /// until it lives, see [`Evaluate::floors`].
    pub activations: Array2<f32>,
    /// Embedding of each generated image, `[rows, p]`.
    pub embeddings: Array2<f32>,
}

/// Derivatives at the codes of the last evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct PullBack {
    /// Gradient of each constraint's activation with respect to the code, `[rows, m, d]`.
    pub activation_gradients: Array3<f32>,
    /// Vector-Jacobian product of the embedding with the cotangents asked for, `[rows, d]`.
    pub code_bar: Array2<f32>,
}

/// An evaluation failed: the runtime's message, or which value was not finite.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EvaluateError(pub Box<dyn std::error::Error + Send + Sync>);

/// Evaluates codes: f(G(c)), E(G(c)) and their derivatives, row by row.
///
/// Rows do not influence each other, and equal codes give equal values whatever the batch.
pub trait Evaluate {
    /// Length d of a code.
    fn code_length(&self) -> usize;

    /// Number m of constraints.
    fn constraint_count(&self) -> usize;

    /// Length p of an embedding.
    fn embedding_length(&self) -> usize;

    /// Activations and embeddings of `codes` `[rows, d]`. What [`Evaluate::pull_back`] needs is
    /// kept, or computed again there.
    ///
    /// # Errors
    /// The runtime failed.
    fn evaluate(&mut self, codes: ArrayView2<'_, f32>) -> Result<Evaluation, EvaluateError>;

    /// Derivatives at the codes of the last [`Evaluate::evaluate`], for the cotangents
    /// `embedding_bar` `[rows, p]` of their embeddings.
    ///
    /// # Errors
    /// The runtime failed.
    fn pull_back(&mut self, embedding_bar: ArrayView2<'_, f32>) -> Result<PullBack, EvaluateError>;

    /// Activations `[rows, m]` by the plain forward graphs, for the re-check of accepted samples.
    ///
    /// # Errors
    /// The runtime failed.
    fn check(&mut self, codes: ArrayView2<'_, f32>) -> Result<Array2<f32>, EvaluateError>;

    /// R(c) of each code `[rows, d]`: the code that the inverse network reads off its image. None
    /// where there is no such network.
    ///
    /// # Errors
    /// The runtime failed.
    fn reconstruct(
        &mut self,
        codes: ArrayView2<'_, f32>,
    ) -> Result<Option<Array2<f32>>, EvaluateError> {
        let _ = codes;
        Ok(None)
    }

    /// Of each constraint the least value that its unit can have, where [`Evaluate::evaluate`] gives
    /// less while the unit is dead: behind a ReLU that is 0 nothing passes a gradient, and what goes
    /// into it stands in for it, so that it can come alive. [`Evaluate::check`] never gives less.
    fn floors(&self) -> Vec<Option<f32>> {
        vec![None; self.constraint_count()]
    }

    /// Whether the next step may be given other gradients at the same codes, so that a row which could
    /// not move along these may move along those.
    fn gradients_vary(&self) -> bool {
        false
    }

    /// Rows that fit one round of micro-batches: the block of `--update block`.
    fn block_rows(&self) -> usize;
}
