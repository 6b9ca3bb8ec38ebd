//! The backward graphs on micro-batches: what each of their inputs is fed, and what comes back.

use ndarray::{Array2, Array3, ArrayView2, s};

use super::blocks::{copy_rows, lock, run};
use super::{Kept, Pool, SAVED};
use crate::engine::EngineError;
use crate::engine::networks::{Networks, SAVED_CODE};
use crate::engine::stopwatch::RuntimeClock;
use crate::engine::transforms::Drawing;
use crate::graph::Graph;
use crate::runtime::{Held, Input, RuntimeError, Session};
use crate::sampler::PullBack;

/// Where an input of a backward graph comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Feed {
    /// The cotangent.
    Cotangent,
    /// The code itself.
    Code,
    /// This entry of the saved values.
    Saved(usize),
    /// This input of the transforms.
    Transform(usize),
}

/// What a micro-batch is fed from this side.
struct Here<'a> {
    codes: &'a [f32],
    /// Values of the transforms, in the order of their inputs.
    drawn: &'a [Vec<f32>],
}

impl Pool {
    /// Pulls cotangents back at the codes of `kept`, through the transforms of `drawing` where the
    /// networks have any.
    pub(in crate::engine) fn pull_back(
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
}

/// Matches the inputs of a backward graph with what it is fed.
pub(super) fn feeds(backward: &Graph, networks: &Networks) -> Vec<Feed> {
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
