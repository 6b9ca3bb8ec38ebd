//! Sessions side by side: one set for each worker, micro-batches handed out in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array2, Array3, ArrayView2, Axis, s};

use super::networks::{Networks, SAVED_CODE};
use super::plan::Plan;
use super::stopwatch::RuntimeClock;
use super::transforms::{Drawing, TransformInput};
use super::{EngineError, Look};
use crate::graph::Graph;
use crate::onnx;
use crate::runtime::{Held, Input, Runtime, RuntimeError, Session, SessionOptions};
use crate::sampler::{Evaluation, PullBack};

/// The sessions of one worker.
struct Sessions {
    plain: Box<dyn Session>,
    forward: Box<dyn Session>,
    activation_backward: Box<dyn Session>,
    embedding_backward: Box<dyn Session>,
}

/// Where an input of a backward graph comes from.
#[derive(Debug, Clone, Copy)]
enum Feed {
    /// The cotangent.
    Cotangent,
    /// The code itself.
    Code,
    /// This entry of the saved values.
    Saved(usize),
    /// This input of the transforms.
    Transform(usize),
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

/// What a micro-batch is fed from this side.
struct Here<'a> {
    codes: &'a [f32],
    /// Values of the transforms, in the order of their inputs.
    drawn: &'a [Vec<f32>],
}

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

    /// Pulls cotangents back at the codes of `kept`, through the transforms of `drawing` where the
    /// networks have any.
    pub(super) fn pull_back(
        &self,
        kept: &Kept,
        embedding_bar: ArrayView2<'_, f32>,
        drawing: Option<&Drawing>,
        clock: &RuntimeClock,
    ) -> Result<PullBack, EngineError> {
        let rows = kept.codes.nrows();
        let width = self.code_length;
        let blocks = self.each_block(rows, |sessions, block| {
            let codes = self.padded(kept.codes.view(), block);
            let drawn =
                drawing.map(|drawing| drawing.values(self.rows_of(block, rows), &self.transforms));
            let drawn = drawn.unwrap_or_default();
            let here = Here {
                codes: &codes,
                drawn: &drawn,
            };
            let recomputed;
            let guard;
            let saved: &[Box<dyn Held>] = match kept.blocks.get(block) {
                Some(slot) => {
                    guard = lock(slot);
                    &guard
                }
                None => {
                    let shape = [self.micro_batch, width];
                    let mut inputs = vec![Input::F32 {
                        shape: &shape,
                        values: &codes,
                    }];
                    inputs.extend((0..drawn.len()).map(|index| self.transform(&here, index)));
                    let mut outputs = run(clock, &mut sessions.forward, &inputs)?;
                    recomputed = outputs.split_off(SAVED);
                    &recomputed
                }
            };
            let mut gradients = Vec::with_capacity(self.constraints);
            for constraint in 0..self.constraints {
                let mut one_hot = vec![0.0; self.micro_batch * self.constraints];
                for row in 0..self.micro_batch {
                    one_hot[row * self.constraints + constraint] = 1.0;
                }
                gradients.push(self.backward(
                    &mut sessions.activation_backward,
                    &self.activation_feeds,
                    saved,
                    &here,
                    (&one_hot, self.constraints),
                    clock,
                )?);
            }
            let cotangent = self.padded(embedding_bar, block);
            // Linear in the cotangent: of zeros (one code alone, rows that rest) nothing comes back.
            let code_bar = if cotangent.iter().all(|&bar| bar == 0.0) {
                vec![0.0; self.micro_batch * width]
            } else {
                self.backward(
                    &mut sessions.embedding_backward,
                    &self.embedding_feeds,
                    saved,
                    &here,
                    (&cotangent, self.embedding_length),
                    clock,
                )?
            };
            Ok((gradients, code_bar))
        })?;
        let mut activation_gradients = Array3::zeros((rows, self.constraints, width));
        let mut code_bar = Array2::zeros((rows, width));
        for (index, (gradients, bar)) in blocks.iter().enumerate() {
            let range = self.rows_of(index, rows);
            copy_rows(&mut code_bar, range.clone(), bar);
            for (constraint, gradient) in gradients.iter().enumerate() {
                for (offset, row) in range.clone().enumerate() {
                    activation_gradients
                        .slice_mut(s![row, constraint, ..])
                        .assign(&ndarray::aview1(
                            &gradient[offset * width..(offset + 1) * width],
                        ));
                }
            }
        }
        Ok(PullBack {
            activation_gradients,
            code_bar,
        })
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

    /// Runs a backward graph on one micro-batch and reads `code_bar`.
    fn backward(
        &self,
        session: &mut Box<dyn Session>,
        feeds: &[Feed],
        saved: &[Box<dyn Held>],
        here: &Here<'_>,
        (cotangent, cotangent_width): (&[f32], usize),
        clock: &RuntimeClock,
    ) -> Result<Vec<f32>, RuntimeError> {
        let cotangent_shape = [self.micro_batch, cotangent_width];
        let code_shape = [self.micro_batch, self.code_length];
        let inputs: Vec<Input<'_>> = feeds
            .iter()
            .map(|feed| match *feed {
                Feed::Cotangent => Input::F32 {
                    shape: &cotangent_shape,
                    values: cotangent,
                },
                Feed::Code => Input::F32 {
                    shape: &code_shape,
                    values: here.codes,
                },
                Feed::Saved(index) => Input::Held(saved[index].as_ref()),
                Feed::Transform(index) => self.transform(here, index),
            })
            .collect();
        let outputs = run(clock, session, &inputs)?;
        Ok(outputs[0].read_f32()?.into_owned())
    }

    /// One input of the transforms.
    fn transform<'a>(&'a self, here: &Here<'a>, index: usize) -> Input<'a> {
        Input::F32 {
            shape: &self.transforms[index].shape,
            values: &here.drawn[index],
        }
    }

    /// Runs `work` once for each micro-batch, on all workers, results in block order.
    fn each_block<T: Send>(
        &self,
        rows: usize,
        work: impl Fn(&mut Sessions, usize) -> Result<T, RuntimeError> + Sync,
    ) -> Result<Vec<T>, EngineError> {
        let count = rows.div_ceil(self.micro_batch);
        let next = AtomicUsize::new(0);
        let drain = |worker: usize| {
            let mut sessions = lock(&self.sessions[worker]);
            let mut done = Vec::new();
            loop {
                let block = next.fetch_add(1, Ordering::Relaxed);
                if block >= count {
                    return done;
                }
                let result = work(&mut sessions, block);
                let failed = result.is_err();
                done.push((block, result));
                if failed {
                    next.store(count, Ordering::Relaxed);
                    return done;
                }
            }
        };
        let finished = if count <= 1 || self.sessions.len() == 1 {
            drain(0)
        } else {
            let parts = self.threads.broadcast(|context| drain(context.index()));
            parts.into_iter().flatten().collect()
        };
        let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
        for (block, result) in finished {
            results[block] = Some(result?);
        }
        results
            .into_iter()
            .collect::<Option<Vec<T>>>()
            .ok_or_else(|| EngineError::Internal("a micro-batch was not evaluated".into()))
    }

    /// The rows of one micro-batch, filled up with copies of the last one.
    fn padded(&self, values: ArrayView2<'_, f32>, block: usize) -> Vec<f32> {
        let range = self.rows_of(block, values.nrows());
        let mut padded = Vec::with_capacity(self.micro_batch * values.ncols());
        for row in range.clone() {
            padded.extend(values.index_axis(Axis(0), row).iter());
        }
        for _ in range.len()..self.micro_batch {
            padded.extend_from_within(padded.len() - values.ncols()..);
        }
        padded
    }

    fn rows_of(&self, block: usize, rows: usize) -> std::ops::Range<usize> {
        let start = block * self.micro_batch;
        start..(start + self.micro_batch).min(rows)
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

/// Runs a session with the clock on.
fn run(
    clock: &RuntimeClock,
    session: &mut Box<dyn Session>,
    inputs: &[Input<'_>],
) -> Result<Vec<Box<dyn Held>>, RuntimeError> {
    let _running = clock.start();
    session.run(inputs)
}

/// Copies the rows of a micro-batch without its padding.
fn copy_rows(target: &mut Array2<f32>, rows: std::ops::Range<usize>, values: &[f32]) {
    let width = target.ncols();
    for (offset, row) in rows.enumerate() {
        target.row_mut(row).assign(&ndarray::aview1(
            &values[offset * width..(offset + 1) * width],
        ));
    }
}

/// Matches the inputs of a backward graph with what it is fed.
fn feeds(backward: &Graph, networks: &Networks) -> Vec<Feed> {
    let inputs = &networks.transforms;
    let transform = |name: &str| inputs.iter().position(|input| input.saved() == name);
    backward
        .inputs()
        .iter()
        .map(|&input| {
            let name = backward.name(input);
            if let Some(index) = networks.saved.iter().position(|saved| saved == name) {
                Feed::Saved(index)
            } else if name == SAVED_CODE {
                Feed::Code
            } else if let Some(index) = transform(name) {
                Feed::Transform(index)
            } else {
                // Whatever is neither saved nor on this side is the one cotangent of this graph.
                Feed::Cotangent
            }
        })
        .collect()
}

/// Sessions are used by one worker at a time; a panic in another leaves them usable.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
