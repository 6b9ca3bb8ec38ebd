//! Sessions side by side: one set for each worker. `blocks.rs` hands out micro-batches in order,
//! `pull_back.rs` runs the backward graphs.

mod blocks;
mod pull_back;

use std::sync::Mutex;

use ndarray::{Array2, ArrayView2};

use super::networks::Networks;
use super::plan::Plan;
use super::stopwatch::RuntimeClock;
use super::transforms::TransformInput;
use super::{EngineError, Look};
use crate::onnx;
use crate::runtime::{Held, Input, Runtime, RuntimeError, Session, SessionOptions};
use crate::sampler::Evaluation;
use blocks::{copy_rows, lock, run};
use pull_back::{Feed, feeds};

/// The sessions of one worker.
struct Sessions {
    plain: Box<dyn Session>,
    forward: Box<dyn Session>,
    activation_backward: Box<dyn Session>,
    embedding_backward: Box<dyn Session>,
}

/// Workers with their sessions, and the shapes they were made for.
pub(super) struct Pool {
    threads: rayon::ThreadPool,
    sessions: Vec<Mutex<Sessions>>,
    activation_feeds: Vec<Feed>,
    embedding_feeds: Vec<Feed>,
    micro_batch: usize,
    code_length: usize,
    embedding_length: usize,
    constraints: usize,
    /// Which output of the plain graph steers.
    steering: usize,
    floors: Vec<Option<f32>>,
    transforms: Vec<TransformInput>,
    image_length: usize,
}

/// What an evaluation keeps for the pull-back.
pub(super) struct Kept {
    /// The codes evaluated.
    pub codes: Array2<f32>,
    /// Saved values of each micro-batch; empty when they are to be computed again.
    blocks: Vec<Mutex<Vec<Box<dyn Held>>>>,
}

/// Outputs of the plain graph, in its order.
const IMAGE: usize = 0;
const ACTIVATION: usize = 1;
const EMBEDDING: usize = 2;
/// Where a unit can be dead, what steers is there too.
const STEERING: usize = 3;
/// Outputs of the forward graph before the saved values.
const SAVED: usize = 2;

/// Results of one micro-batch, padding rows included.
struct Block {
    activations: Vec<f32>,
    embeddings: Vec<f32>,
}

impl Pool {
    /// Loads the graphs once for each worker.
    pub(super) fn new(
        runtime: &dyn Runtime,
        networks: &Networks,
        plan: &Plan,
    ) -> Result<Pool, EngineError> {
        let options = SessionOptions::threads(plan.threads_per_worker);
        let plain = onnx::serialise(&networks.plain)?;
        let forward = onnx::serialise(&networks.forward)?;
        let activation_backward = onnx::serialise(&networks.activation_backward)?;
        let embedding_backward = onnx::serialise(&networks.embedding_backward)?;
        let sessions = (0..plan.workers)
            .map(|_| {
                Ok(Mutex::new(Sessions {
                    plain: runtime.load(&plain, &options)?,
                    forward: runtime.load(&forward, &options)?,
                    activation_backward: runtime.load(&activation_backward, &options)?,
                    embedding_backward: runtime.load(&embedding_backward, &options)?,
                }))
            })
            .collect::<Result<Vec<_>, RuntimeError>>()?;
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(plan.workers)
            .thread_name(|index| format!("engine-{index}"))
            .build()
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        let activation = networks.plain.outputs()[ACTIVATION];
        Ok(Pool {
            threads,
            sessions,
            activation_feeds: feeds(&networks.activation_backward, networks),
            embedding_feeds: feeds(&networks.embedding_backward, networks),
            micro_batch: plan.micro_batch,
            code_length: networks.code_length,
            embedding_length: networks.embedding_length,
            constraints: networks.plain.shape(activation)[1],
            steering: if networks.plain.outputs().len() > STEERING {
                STEERING
            } else {
                ACTIVATION
            },
            floors: networks.floors.clone(),
            transforms: networks.transforms.clone(),
            image_length: networks.image_shape.iter().product(),
        })
    }

    /// Rows that keep every worker busy once.
    pub(super) fn round_rows(&self) -> usize {
        self.micro_batch * self.sessions.len()
    }

    /// Number m of constraints.
    pub(super) fn constraints(&self) -> usize {
        self.constraints
    }

    /// See [`Networks::floors`].
    pub(super) fn floors(&self) -> &[Option<f32>] {
        &self.floors
    }

    /// Evaluates `codes`; with `keep`, also what the pull-back needs.
    pub(super) fn evaluate(
        &self,
        codes: ArrayView2<'_, f32>,
        keep: bool,
        clock: &RuntimeClock,
    ) -> Result<(Evaluation, Kept), EngineError> {
        let count = codes.nrows().div_ceil(self.micro_batch);
        let saved: Vec<Mutex<Vec<Box<dyn Held>>>> = if keep {
            (0..count).map(|_| Mutex::new(Vec::new())).collect()
        } else {
            Vec::new()
        };
        let blocks = self.each_block(codes.nrows(), |sessions, block| {
            let values = self.padded(codes, block);
            let shape = [self.micro_batch, self.code_length];
            let input = Input::F32 {
                shape: &shape,
                values: &values,
            };
            if let Some(slot) = saved.get(block) {
                let mut outputs = run(clock, &mut sessions.forward, &[input])?;
                let result = Block::read(outputs[0].as_ref(), outputs[1].as_ref())?;
                *lock(slot) = outputs.split_off(SAVED);
                Ok(result)
            } else {
                let outputs = run(clock, &mut sessions.plain, &[input])?;
                Block::read(outputs[self.steering].as_ref(), outputs[EMBEDDING].as_ref())
            }
        })?;
        let rows = codes.nrows();
        let mut activations = Array2::zeros((rows, self.constraints));
        let mut embeddings = Array2::zeros((rows, self.embedding_length));
        for (index, block) in blocks.iter().enumerate() {
            let range = self.rows_of(index, rows);
            copy_rows(&mut activations, range.clone(), &block.activations);
            copy_rows(&mut embeddings, range, &block.embeddings);
        }
        let kept = Kept {
            codes: codes.to_owned(),
            blocks: saved,
        };
        Ok((
            Evaluation {
                activations,
                embeddings,
            },
            kept,
        ))
    }

    /// The activations of `codes` by the plain graph.
    pub(super) fn check(
        &self,
        codes: ArrayView2<'_, f32>,
        clock: &RuntimeClock,
    ) -> Result<Array2<f32>, EngineError> {
        let rows = codes.nrows();
        let blocks = self.each_block(rows, |sessions, block| {
            let outputs = self.run_plain(codes, sessions, block, clock)?;
            Ok(outputs[ACTIVATION].read_f32()?.into_owned())
        })?;
        let mut activations = Array2::zeros((rows, self.constraints));
        for (index, block) in blocks.iter().enumerate() {
            copy_rows(&mut activations, self.rows_of(index, rows), block);
        }
        Ok(activations)
    }

    /// The images of `codes`.
    pub(super) fn images(
        &self,
        codes: ArrayView2<'_, f32>,
        clock: &RuntimeClock,
    ) -> Result<Vec<Vec<f32>>, EngineError> {
        let rows = codes.nrows();
        let blocks = self.each_block(rows, |sessions, block| {
            let outputs = self.run_plain(codes, sessions, block, clock)?;
            Ok(outputs[IMAGE].read_f32()?.into_owned())
        })?;
        Ok(self.split_images(rows, blocks.iter().map(Vec::as_slice)))
    }

    /// The images of `codes` and their embeddings.
    pub(super) fn look(
        &self,
        codes: ArrayView2<'_, f32>,
        clock: &RuntimeClock,
    ) -> Result<Look, EngineError> {
        let rows = codes.nrows();
        let blocks = self.each_block(rows, |sessions, block| {
            let outputs = self.run_plain(codes, sessions, block, clock)?;
            let image = outputs[IMAGE].read_f32()?.into_owned();
            Ok((image, outputs[EMBEDDING].read_f32()?.into_owned()))
        })?;
        let mut embeddings = Array2::zeros((rows, self.embedding_length));
        for (index, (_, block)) in blocks.iter().enumerate() {
            copy_rows(&mut embeddings, self.rows_of(index, rows), block);
        }
        Ok(Look {
            images: self.split_images(rows, blocks.iter().map(|(images, _)| images.as_slice())),
            embeddings,
        })
    }

    /// Runs the plain graph on one micro-batch.
    fn run_plain(
        &self,
        codes: ArrayView2<'_, f32>,
        sessions: &mut Sessions,
        block: usize,
        clock: &RuntimeClock,
    ) -> Result<Vec<Box<dyn Held>>, RuntimeError> {
        let values = self.padded(codes, block);
        let shape = [self.micro_batch, self.code_length];
        let input = Input::F32 {
            shape: &shape,
            values: &values,
        };
        run(clock, &mut sessions.plain, &[input])
    }

    /// The images of all micro-batches without their padding.
    fn split_images<'a>(
        &self,
        rows: usize,
        blocks: impl Iterator<Item = &'a [f32]>,
    ) -> Vec<Vec<f32>> {
        blocks
            .flat_map(|block| block.chunks(self.image_length))
            .take(rows)
            .map(<[f32]>::to_vec)
            .collect()
    }
}

impl Block {
    fn read(activations: &dyn Held, embeddings: &dyn Held) -> Result<Block, RuntimeError> {
        Ok(Block {
            activations: activations.read_f32()?.into_owned(),
            embeddings: embeddings.read_f32()?.into_owned(),
        })
    }
}
