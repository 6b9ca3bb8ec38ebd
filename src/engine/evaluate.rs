//! The engine as the sampler sees it.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::{Engine, EngineError, ImageNetwork};
use crate::sampler::{Evaluate, EvaluateError, Evaluation, PullBack};

impl Evaluate for Engine {
    fn code_length(&self) -> usize {
        self.shapes.code_length
    }

    fn constraint_count(&self) -> usize {
        self.pool.constraints()
    }

    fn embedding_length(&self) -> usize {
        self.shapes.embedding_length
    }

    fn evaluate(&mut self, codes: ArrayView2<'_, f32>) -> Result<Evaluation, EvaluateError> {
        // The last evaluation's values are freed before this one's are made.
        self.kept = None;
        self.counts.forwards += codes.nrows() as u64;
        let (evaluation, kept) =
            self.retrying(|engine| engine.pool.evaluate(codes, engine.keeps(), &engine.clock))?;
        self.kept = Some(kept);
        Ok(evaluation)
    }

    fn pull_back(&mut self, embedding_bar: ArrayView2<'_, f32>) -> Result<PullBack, EvaluateError> {
        let rows = embedding_bar.nrows() as u64;
        let products = 1 + self.pool.constraints() as u64;
        self.counts.gradients += rows * products;
        if !self.keeps() {
            self.counts.forwards += rows;
        }
        let codes = match &self.kept {
            Some(kept) => kept.codes.clone(),
            None => {
                return Err(
                    EngineError::Internal("pull_back was called before evaluate".into()).into(),
                );
            }
        };
        // Drawn once: the same where memory runs out in between.
        let drawing = self.next_drawing();
        let result = self.retrying(|engine| {
            let kept = match engine.kept.take() {
                Some(kept) => kept,
                // The sessions were rebuilt for a smaller micro-batch.
                None => {
                    let (_, kept) =
                        engine
                            .pool
                            .evaluate(codes.view(), engine.keeps(), &engine.clock)?;
                    kept
                }
            };
            let drawing = drawing.as_ref();
            let result = (engine.pool).pull_back(&kept, embedding_bar, drawing, &engine.clock);
            engine.kept = Some(kept);
            result
        })?;
        Ok(result)
    }

    fn check(&mut self, codes: ArrayView2<'_, f32>) -> Result<Array2<f32>, EvaluateError> {
        self.counts.forwards += codes.nrows() as u64;
        Ok(self.retrying(|engine| engine.pool.check(codes, &engine.clock))?)
    }

    fn floors(&self) -> Vec<Option<f32>> {
        self.pool.floors().to_vec()
    }

    fn reconstruct(
        &mut self,
        codes: ArrayView2<'_, f32>,
    ) -> Result<Option<Array2<f32>>, EvaluateError> {
        let bundle = Arc::clone(&self.bundle);
        let Some(facts) = &bundle.manifest().inverse else {
            return Ok(None);
        };
        let images = self.render(codes)?;
        self.counts.forwards += codes.nrows() as u64;
        let inverse = match &mut self.inverse {
            Some(inverse) => inverse,
            unused => unused.insert(ImageNetwork::on_threads(
                self.runtime.as_ref(),
                &self.bundle,
                facts,
                "inverse",
                &self.shapes.image,
                // Whatever the number of cores: the sums of a run must not depend on it.
                1,
            )?),
        };
        let _running = self.clock.start();
        Ok(Some(inverse.run(&images)?))
    }

    fn gradients_vary(&self) -> bool {
        self.transforms.is_some()
    }

    fn block_rows(&self) -> usize {
        self.pool.round_rows()
    }
}

impl From<EngineError> for EvaluateError {
    fn from(error: EngineError) -> Self {
        EvaluateError(Box::new(error))
    }
}
