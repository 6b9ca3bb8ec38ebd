//! Evaluates codes through runtime sessions: the bridge from networks to the sampler.
//!
//! An [`Engine`] composes a bundle's networks for a query, differentiates them, loads the graphs
//! into as many sessions as its [`Plan`] says and implements [`crate::sampler::Evaluate`]. Results
//! are placed by row, never by completion, so they do not depend on the number of workers.

mod code_prior;
mod composed;
mod embed;
mod encoder;
mod error;
mod evaluate;
mod fit;
mod glue;
mod image_classifier;
mod layers;
mod networks;
mod parts;
mod plan;
mod pool;
mod portrait;
mod pre_activation;
mod smooth;
mod stopwatch;
mod tap;
mod transforms;

use std::sync::Arc;
use std::time::Duration;

use ndarray::{Array2, ArrayView2};

pub use code_prior::code_prior;
pub use composed::composed;
pub use embed::{ImageNetwork, image_network};
pub use error::EngineError;
pub use fit::takes_images;
pub use image_classifier::{ImageClassifier, ImageTap, tensors_of_images};
pub use layers::{Layer, LayerNetwork};
pub use parts::{
    Generated, classifier, classifier_names, generator, image_shape, network, refusal, vectors_for,
};
pub use plan::{Plan, PlanRequest, Scheme, SchemeChoice};
pub use portrait::{Likeness, Portrait};
pub use stopwatch::Counts;
pub use transforms::{SeededTransforms, Transforms, TransformsError};

use crate::bundle::Bundle;
use crate::query::Unit;
use crate::runtime::{Runtime, RuntimeError};
use networks::Networks;
use pool::{Kept, Pool};
use stopwatch::RuntimeClock;
use transforms::Drawing;

/// Sessions for one query on one bundle.
pub struct Engine {
    runtime: Arc<dyn Runtime>,
    bundle: Arc<Bundle>,
    units: Vec<Unit>,
    plan: Plan,
    shapes: Shapes,
    pool: Pool,
    kept: Option<Kept>,
    transforms: Option<SeededTransforms>,
    /// The step that is made, and the pull-backs it has made: what transforms are drawn by.
    step: u64,
    pulls: u64,
    /// Loaded when it is first needed.
    inverse: Option<ImageNetwork>,
    counts: Counts,
    clock: RuntimeClock,
    notices: Vec<String>,
}

/// Codes as they are seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Each `[C, H, W]` row-major in [0, 1].
    pub images: Vec<Vec<f32>>,
    /// `[rows, p]`.
    pub embeddings: Array2<f32>,
}

/// Lengths that the networks fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shapes {
    /// Length d of a code.
    pub code_length: usize,
    /// Shape of one code as the generator takes it.
    pub code: Vec<usize>,
    /// Length p of an embedding.
    pub embedding_length: usize,
    /// `[C, H, W]` of an image.
    pub image: Vec<usize>,
}

impl Engine {
    /// Composes, differentiates and loads the networks, laid out as `request` asks; with `transforms`
    /// the pull-backs go through them.
    ///
    /// # Errors
    /// A model is bad, shapes do not fit, a node has no derivative, or the runtime refuses.
    pub fn new(
        runtime: Arc<dyn Runtime>,
        bundle: Arc<Bundle>,
        units: Vec<Unit>,
        request: &PlanRequest,
        transforms: Option<SeededTransforms>,
    ) -> Result<Engine, EngineError> {
        let mut plan = Plan::layout(runtime.backend().clone(), request);
        let drawn = transforms.as_ref().map(|seeded| &seeded.transforms);
        let networks = Networks::build(&bundle, &units, plan.micro_batch, drawn)?;
        plan.settle_scheme(request, networks.bytes_per_code());
        if transforms.is_some() {
            plan.compute_again();
        }
        Engine::load(runtime, bundle, units, plan, transforms, &networks)
    }

    /// The engine of a stored plan, for resuming a run.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_plan(
        runtime: Arc<dyn Runtime>,
        bundle: Arc<Bundle>,
        units: Vec<Unit>,
        plan: Plan,
        transforms: Option<SeededTransforms>,
    ) -> Result<Engine, EngineError> {
        let drawn = transforms.as_ref().map(|seeded| &seeded.transforms);
        let networks = Networks::build(&bundle, &units, plan.micro_batch, drawn)?;
        Engine::load(runtime, bundle, units, plan, transforms, &networks)
    }

    fn load(
        runtime: Arc<dyn Runtime>,
        bundle: Arc<Bundle>,
        units: Vec<Unit>,
        plan: Plan,
        transforms: Option<SeededTransforms>,
        networks: &Networks,
    ) -> Result<Engine, EngineError> {
        let pool = Pool::new(runtime.as_ref(), networks, &plan)?;
        Ok(Engine {
            shapes: Shapes {
                code_length: networks.code_length,
                code: networks.code_shape.clone(),
                embedding_length: networks.embedding_length,
                image: networks.image_shape.clone(),
            },
            runtime,
            bundle,
            units,
            plan,
            pool,
            kept: None,
            transforms,
            step: 0,
            pulls: 0,
            inverse: None,
            counts: Counts::default(),
            clock: RuntimeClock::default(),
            notices: Vec::new(),
        })
    }

    /// The layout in use.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Lengths and shapes of codes, embeddings and images.
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// Codes sent through so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Continues the counts of an interrupted run.
    pub fn set_counts(&mut self, counts: Counts) {
        self.counts = counts;
    }

    /// Wall time so far with at least one session running.
    pub fn time_in_runtime(&self) -> Duration {
        self.clock.total()
    }

    /// Changes of plan since the last call, one line each.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// The images of `codes` `[rows, d]`, each `[C, H, W]` row-major in [0, 1].
    ///
    /// # Errors
    /// The runtime failed.
    pub fn render(&mut self, codes: ArrayView2<'_, f32>) -> Result<Vec<Vec<f32>>, EngineError> {
        self.counts.forwards += codes.nrows() as u64;
        self.retrying(|engine| engine.pool.images(codes, &engine.clock))
    }

    /// The images of `codes` `[rows, d]` and their embeddings, without touching what is kept for a
    /// pull-back.
    ///
    /// # Errors
    /// The runtime failed.
    pub fn look(&mut self, codes: ArrayView2<'_, f32>) -> Result<Look, EngineError> {
        self.counts.forwards += codes.nrows() as u64;
        self.retrying(|engine| engine.pool.look(codes, &engine.clock))
    }

    /// Says which step of the method comes next: transforms are drawn by its number.
    pub fn begin_step(&mut self, step: u64) {
        self.step = step;
        self.pulls = 0;
    }

    /// What the next pull-back goes through.
    fn next_drawing(&mut self) -> Option<Drawing> {
        let drawing = Drawing {
            seeded: self.transforms?,
            step: self.step,
            pull: self.pulls,
        };
        self.pulls += 1;
        Some(drawing)
    }

    /// Whether an evaluation keeps what the pull-back needs. Not where that goes through transforms,
    /// while the evaluation does not.
    fn keeps(&self) -> bool {
        self.plan.scheme == Scheme::Split && self.transforms.is_none()
    }

    /// Runs `work`, and again with half the micro-batch as often as memory runs out.
    fn retrying<T>(
        &mut self,
        mut work: impl FnMut(&mut Engine) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        loop {
            match work(self) {
                Err(EngineError::Runtime(RuntimeError::OutOfMemory { reason, .. }))
                    if self.plan.micro_batch > 1 =>
                {
                    self.halve_micro_batch(&reason)?;
                }
                other => return other,
            }
        }
    }

    fn halve_micro_batch(&mut self, reason: &str) -> Result<(), EngineError> {
        let smaller = self.plan.micro_batch / 2;
        self.notices.push(format!(
            "out of memory ({reason}): micro-batch {} -> {smaller}",
            self.plan.micro_batch
        ));
        self.plan.micro_batch = smaller;
        self.kept = None;
        let drawn = self.transforms.as_ref().map(|seeded| &seeded.transforms);
        let networks = Networks::build(&self.bundle, &self.units, smaller, drawn)?;
        self.pool = Pool::new(self.runtime.as_ref(), &networks, &self.plan)?;
        Ok(())
    }
}
