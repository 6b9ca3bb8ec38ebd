//! Runs two codes of the prior through every network, for what only numbers show.

use std::sync::Arc;

use ndarray::Array2;

use super::facts::Facts;
use super::findings::Findings;
use super::{BATCH, CheckError, not_the_bundle};
use crate::bundle::{Bundle, Domain, Encoder, GeneratorForm};
use crate::engine::{Engine, EngineError, ImageNetwork, PlanRequest};
use crate::graph::Graph;
use crate::onnx;
use crate::query::{ClassifierTaps, Context, Form, Target, Unit, UnitSyntax};
use crate::runtime::{Input, Runtime, SessionOptions};
use crate::sampler::{Evaluate, Prior, starts};

/// Part of the range's width by which a value may leave it.
const TOLERANCE: f64 = 0.01;
/// Share of the values that may leave it further. Generators without a last sigmoid overshoot a
/// little, which the engine clips; a wrong range puts a good part of the values outside.
const OUTSIDE: f64 = 0.01;

/// Share of a signal's or row's values that may lie off the axis of its plot.
const OFF_THE_AXIS: f64 = 0.25;

/// What the probe runs, where it fits.
pub(super) struct Parts {
    /// `code [B, d]` to the image as it leaves the generator.
    pub(super) generator: Option<Graph>,
    /// The valid codes.
    pub(super) prior: Option<Prior>,
}

/// Runs what fits.
pub(super) fn probe(
    runtime: &Arc<dyn Runtime>,
    bundle: &Arc<Bundle>,
    parts: Parts,
    findings: &mut Findings,
    facts: &mut Facts,
) -> Result<(), CheckError> {
    let (Some(generator), Some(prior)) = (parts.generator, parts.prior) else {
        return Ok(());
    };
    if findings.blames("generator", None) {
        return Ok(());
    }
    let mut probe = Probe {
        runtime,
        bundle,
        findings,
        codes: codes(&prior),
    };
    let Some(raw) = probe.generator(&generator)? else {
        return Ok(());
    };
    facts.backend = Some(runtime.backend().clone());
    facts.image_range = Some(extremes(&raw));
    let mut sections = ["generator", "classifier", "encoder"].iter();
    let fits = !sections.any(|section| probe.findings.blames(section, None));
    if let Some(shape) = &facts.image_shape
        && fits
        && let Some(images) = probe.whole()?
    {
        probe.image_network("judge", &images, shape)?;
        probe.image_network("inverse", &images, shape)?;
    }
    probe.range(&raw);
    Ok(())
}

/// Two codes of the prior.
fn codes(prior: &Prior) -> Array2<f32> {
    let drawn: Vec<Vec<f32>> = (0..BATCH as u64)
        .map(|start| prior.draw(starts::start_seed(0, start)))
        .collect();
    Array2::from_shape_fn((BATCH, prior.code_length()), |(row, column)| {
        drawn[row][column]
    })
}

fn extremes(values: &[f32]) -> [f32; 2] {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    [low, high]
}

struct Probe<'a> {
    runtime: &'a Arc<dyn Runtime>,
    bundle: &'a Arc<Bundle>,
    findings: &'a mut Findings,
    codes: Array2<f32>,
}

impl Probe<'_> {
    /// The value, or none and a problem.
    fn keep<T>(
        &mut self,
        key: &str,
        file: &str,
        result: Result<T, EngineError>,
    ) -> Result<Option<T>, CheckError> {
        let result = match result {
            Ok(value) => Ok(value),
            Err(error) => Err(not_the_bundle(error)?),
        };
        Ok(self.findings.keep(key, file, result))
    }

    /// Whether values are numbers, and a problem where they are not.
    fn finite<'v>(&mut self, key: &str, what: &str, values: impl Iterator<Item = &'v f32>) -> bool {
        let mut values = values;
        let finite = values.all(|value| value.is_finite());
        if !finite {
            self.findings.report(
                key,
                format!("{what} of two codes of the prior hold values that are not finite"),
                "compare with the framework the model came from; check generator.range, \
                 generator.prior and std of the networks",
            );
        }
        finite
    }

    /// The images of the codes as they leave the generator.
    fn generator(&mut self, graph: &Graph) -> Result<Option<Vec<f32>>, CheckError> {
        let bundle = Arc::clone(self.bundle);
        let file = match &bundle.manifest().generator.form {
            GeneratorForm::Network(network) => network.file.as_str(),
            GeneratorForm::Code { .. } => "",
        };
        let images = run(self.runtime.as_ref(), graph, &self.codes);
        let Some(images) = self.keep("generator.file", file, images)? else {
            return Ok(None);
        };
        let finite = self.finite("generator.file", "the images", images.iter());
        Ok(finite.then_some(images))
    }

    fn range(&mut self, raw: &[f32]) {
        let facts = &self.bundle.manifest().generator;
        let Domain::Image { range, .. } = facts.domain else {
            return self.axes(raw);
        };
        let pixels = matches!(facts.form, GeneratorForm::Code { .. });
        // Pixels are not mapped: what looks at them takes [0, 1].
        let [low, high] = if pixels { [0.0, 1.0] } else { range };
        let slack = TOLERANCE * (high - low);
        let is_outside = |value: f64| value < low - slack || value > high + slack;
        let outside = raw.iter().filter(|&&value| is_outside(value.into()));
        let share = outside.count() as f64 / raw.len().max(1) as f64;
        if share <= OUTSIDE {
            return;
        }
        let [least, greatest] = extremes(raw);
        let percent = 100.0 * share;
        let seen = format!(
            "{percent:.0} % of the values lie outside [{low}, {high}]: they go from {least:.4} to {greatest:.4}"
        );
        let remedy = if pixels {
            "with kind = \"pixels\" keep range = [0.0, 1.0] and the prior inside it"
        } else {
            "write the least and the greatest value that the generator's output can have, for \
             example [-1.0, 1.0] after a tanh"
        };
        self.findings.report("generator.range", seen, remedy);
    }

    /// Whether plots show what they plot: on an axis of other values all lines are straight.
    fn axes(&mut self, raw: &[f32]) {
        let domain = &self.bundle.manifest().generator.domain;
        let ranges = domain.ranges();
        let parts = ranges.len() * BATCH;
        let mut outside = 0;
        for (part, values) in raw.chunks((raw.len() / parts.max(1)).max(1)).enumerate() {
            let [low, high] = ranges[part % ranges.len()].map(|end| end as f32);
            outside += values
                .iter()
                .filter(|&&value| value < low || value > high)
                .count();
        }
        if outside as f64 > OFF_THE_AXIS * raw.len() as f64 {
            let [least, greatest] = extremes(raw);
            let percent = 100.0 * outside as f64 / raw.len().max(1) as f64;
            self.findings.report(
                "generator.range",
                format!(
                    "{percent:.0} % of the values lie off the axis of their plot: they go from {least:.4} to {greatest:.4}"
                ),
                format!("write the ends of what a {} usually holds", domain.sample()),
            );
        }
    }

    /// Everything composed as for a run, asked for the first element of the logits: forward, and
    /// back. The images in [0, 1], if it runs.
    fn whole(&mut self) -> Result<Option<Vec<Vec<f32>>>, CheckError> {
        let bundle = Arc::clone(self.bundle);
        let file = bundle.manifest().classifier.file.as_str();
        let Some(unit) = self.unit(file) else {
            return Ok(None);
        };
        let request = PlanRequest {
            rows: BATCH,
            micro_batch: Some(BATCH),
            ..PlanRequest::default()
        };
        let engine = Engine::new(
            Arc::clone(self.runtime),
            Arc::clone(&bundle),
            vec![unit],
            &request,
            None,
        );
        let Some(mut engine) = self.keep("classifier.file", file, engine)? else {
            return Ok(None);
        };
        let numbers = numbers(&mut engine, &self.codes);
        let Some(numbers) = self.keep("classifier.file", file, numbers)? else {
            return Ok(None);
        };
        self.finite("classifier.file", "the logits", numbers.activations.iter());
        let encoder = match &bundle.manifest().encoder {
            Some(Encoder::Tensor(_)) => "encoder.tensor",
            Some(Encoder::Network(_) | Encoder::Outside(_)) => "encoder.file",
            None => "generator.file",
        };
        self.finite(encoder, "the embeddings", numbers.embeddings.iter());
        self.finite("classifier.file", "the gradients", numbers.gradients.iter());
        let images = engine.render(self.codes.view());
        self.keep("generator.file", file, images)
    }

    /// The first element of the logits.
    fn unit(&mut self, file: &str) -> Option<Unit> {
        let taps = ClassifierTaps::new(self.bundle);
        let taps = self.findings.keep("classifier.file", file, taps)?;
        let tensor = taps.logits().to_owned();
        let syntax = UnitSyntax {
            text: format!("{tensor}[0]"),
            form: Form::Plain(Target::Element { tensor, index: 0 }),
        };
        let context = Context {
            taps: &taps,
            logits: taps.logits(),
            labels: &[],
            statistics: None,
            measure: None,
        };
        match Unit::resolve(&syntax, &context) {
            Ok(unit) => Some(unit),
            Err(error) => {
                let remedy = "name a tensor of the shape [N, labels]";
                self.findings.report("classifier.logits", error, remedy);
                None
            }
        }
    }

    /// The judge or the inverse on the images.
    fn image_network(
        &mut self,
        section: &str,
        images: &[Vec<f32>],
        shape: &[usize],
    ) -> Result<(), CheckError> {
        let bundle = Arc::clone(self.bundle);
        let manifest = bundle.manifest();
        let facts = match section {
            "judge" => &manifest.judge,
            _ => &manifest.inverse,
        };
        let Some(facts) = facts else { return Ok(()) };
        if self.findings.blames(section, None) {
            return Ok(());
        }
        let key = format!("{section}.file");
        let vectors = ImageNetwork::new(self.runtime.as_ref(), &bundle, facts, section, shape)
            .and_then(|mut network| network.run(images));
        if let Some(vectors) = self.keep(&key, facts.file(), vectors)? {
            self.finite(&key, "its vectors for the images", vectors.iter());
        }
        Ok(())
    }
}

/// The output of a graph with one input and one output.
fn run(runtime: &dyn Runtime, graph: &Graph, codes: &Array2<f32>) -> Result<Vec<f32>, EngineError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = SessionOptions::threads(threads);
    let mut session = runtime.load(&onnx::serialise(graph)?, &options)?;
    let values: Vec<f32> = codes.iter().copied().collect();
    let outputs = session.run(&[Input::F32 {
        shape: codes.shape(),
        values: &values,
    }])?;
    Ok(outputs[0].read_f32()?.into_owned())
}

/// What the composed networks say.
struct Numbers {
    activations: Array2<f32>,
    embeddings: Array2<f32>,
    gradients: Vec<f32>,
}

fn numbers(engine: &mut Engine, codes: &Array2<f32>) -> Result<Numbers, EngineError> {
    let evaluation = engine.evaluate(codes.view()).map_err(engine_error)?;
    let bar = Array2::ones(evaluation.embeddings.raw_dim());
    let pulled = engine.pull_back(bar.view()).map_err(engine_error)?;
    let gradients = pulled.activation_gradients.iter().chain(&pulled.code_bar);
    Ok(Numbers {
        activations: evaluation.activations,
        embeddings: evaluation.embeddings,
        gradients: gradients.copied().collect(),
    })
}

/// The engine's own error behind the sampler's.
fn engine_error(error: crate::sampler::EvaluateError) -> EngineError {
    match error.0.downcast::<EngineError>() {
        Ok(error) => *error,
        Err(other) => EngineError::Internal(other.to_string()),
    }
}
