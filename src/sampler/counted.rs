//! The evaluator as the methods use it: shapes checked, codes counted.

use super::evaluate::{Evaluate, EvaluateError, Evaluation, PullBack};
use ndarray::{Array2, ArrayView2};

/// An evaluator that counts the codes sent through it.
pub(super) struct Counted<'a> {
    evaluator: &'a mut dyn Evaluate,
    /// Codes sent through a forward pass, re-checks included.
    pub(super) forwards: u64,
    /// Codes sent through a gradient.
    pub(super) gradients: u64,
}

impl<'a> Counted<'a> {
    /// Nothing counted yet.
    pub(super) fn new(evaluator: &'a mut dyn Evaluate) -> Self {
        Counted {
            evaluator,
            forwards: 0,
            gradients: 0,
        }
    }

    /// See [`Evaluate::block_rows`]; at least one.
    pub(super) fn block_rows(&self) -> usize {
        self.evaluator.block_rows().max(1)
    }

    /// See [`Evaluate::embedding_length`].
    pub(super) fn embedding_length(&self) -> usize {
        self.evaluator.embedding_length()
    }

    /// See [`Evaluate::floors`].
    pub(super) fn floors(&self) -> Vec<Option<f32>> {
        self.evaluator.floors()
    }

    /// See [`Evaluate::gradients_vary`].
    pub(super) fn gradients_vary(&self) -> bool {
        self.evaluator.gradients_vary()
    }

    /// See [`Evaluate::evaluate`].
    pub(super) fn evaluate(
        &mut self,
        codes: ArrayView2<'_, f32>,
    ) -> Result<Evaluation, EvaluateError> {
        let rows = codes.nrows();
        self.forwards += rows as u64;
        let evaluation = self.evaluator.evaluate(codes)?;
        let (m, p) = self.sizes();
        expect("activations", evaluation.activations.shape(), &[rows, m])?;
        expect("embeddings", evaluation.embeddings.shape(), &[rows, p])?;
        Ok(evaluation)
    }

    /// See [`Evaluate::pull_back`].
    pub(super) fn pull_back(
        &mut self,
        embedding_bar: ArrayView2<'_, f32>,
    ) -> Result<PullBack, EvaluateError> {
        let rows = embedding_bar.nrows();
        self.gradients += rows as u64;
        let back = self.evaluator.pull_back(embedding_bar)?;
        let (m, d) = (self.sizes().0, self.evaluator.code_length());
        let gradients = back.activation_gradients.shape();
        expect("activation gradients", gradients, &[rows, m, d])?;
        expect("code cotangents", back.code_bar.shape(), &[rows, d])?;
        Ok(back)
    }

    /// See [`Evaluate::check`].
    pub(super) fn check(
        &mut self,
        codes: ArrayView2<'_, f32>,
    ) -> Result<Array2<f32>, EvaluateError> {
        let rows = codes.nrows();
        self.forwards += rows as u64;
        let activations = self.evaluator.check(codes)?;
        let shape = [rows, self.sizes().0];
        expect("checked activations", activations.shape(), &shape)?;
        Ok(activations)
    }

    /// See [`Evaluate::reconstruct`]; the generator and the inverse are a forward pass each.
    pub(super) fn reconstruct(
        &mut self,
        codes: ArrayView2<'_, f32>,
    ) -> Result<Option<Array2<f32>>, EvaluateError> {
        let reconstructed = self.evaluator.reconstruct(codes)?;
        if let Some(reconstructed) = &reconstructed {
            self.forwards += 2 * codes.nrows() as u64;
            let shape = [codes.nrows(), self.evaluator.code_length()];
            expect("reconstructed codes", reconstructed.shape(), &shape)?;
        }
        Ok(reconstructed)
    }

    fn sizes(&self) -> (usize, usize) {
        (
            self.evaluator.constraint_count(),
            self.evaluator.embedding_length(),
        )
    }
}

fn expect(what: &str, found: &[usize], expected: &[usize]) -> Result<(), EvaluateError> {
    if found == expected {
        Ok(())
    } else {
        let message =
            format!("the evaluator gave {what} of shape {found:?} instead of {expected:?}");
        Err(EvaluateError(message.into()))
    }
}
