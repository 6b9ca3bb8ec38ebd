//! Each network alone, then against what the generator makes.

use super::facts::{Facts, Port};
use super::findings::Findings;
use super::open::Models;
use super::{BATCH, OTHER_BATCH, probe::Parts};
use crate::autodiff;
use crate::bundle::{Bundle, Encoder, EncoderNetwork, GeneratorForm, Network};
use crate::engine::{self, EngineError};
use crate::graph::{Graph, ValueId};
use crate::onnx::Model;
use crate::query::unit_axis;

/// Looks at every network that opened; what fits is handed on to be run.
pub(super) fn check(
    bundle: &Bundle,
    models: &Models,
    findings: &mut Findings,
    facts: &mut Facts,
) -> Parts {
    let mut stage = Stage {
        bundle,
        findings,
        facts,
    };
    let generator = stage.generator(models.generator.as_ref());
    let length = stage.facts.code_length;
    let prior = length.and_then(|length| stage.prior(length));
    stage.classifier(models.classifier.as_ref());
    let manifest = bundle.manifest();
    let encoder = manifest.encoder_network();
    if let Some(graph) = stage.image_network("encoder", encoder, models.encoder.as_ref()) {
        let (input, output) = (graph.inputs()[0], graph.outputs()[0]);
        stage.facts.embedding_length = Some(graph.shape(output)[1]);
        stage.differentiates("encoder.file", &graph, output, input);
    }
    if manifest.encoder.is_none() {
        let shape = stage.facts.image_shape.as_ref();
        stage.facts.embedding_length = shape.map(|shape| shape.iter().product());
    }
    stage.image_network("judge", manifest.judge.as_ref(), models.judge.as_ref());
    let inverse = manifest.inverse.as_ref();
    if let Some(graph) = stage.image_network("inverse", inverse, models.inverse.as_ref()) {
        stage.inverse(graph.shape(graph.outputs()[0])[1]);
    }
    Parts { generator, prior }
}

/// What is made of a network at [`BATCH`], if it takes another batch as well: a file of one fixed
/// batch would pass by chance.
fn of_any_batch<T>(make: impl Fn(usize) -> Result<T, EngineError>) -> Result<T, EngineError> {
    let made = make(BATCH)?;
    make(OTHER_BATCH)?;
    Ok(made)
}

struct Stage<'a> {
    bundle: &'a Bundle,
    findings: &'a mut Findings,
    facts: &'a mut Facts,
}

impl Stage<'_> {
    /// `code [B, d]` to the image.
    fn generator(&mut self, model: Option<&Model>) -> Option<Graph> {
        let form = &self.bundle.manifest().generator.form;
        let file = match form {
            GeneratorForm::Network(network) => network.file.as_str(),
            GeneratorForm::Code { .. } => "",
        };
        let opened = model.is_some() || matches!(form, GeneratorForm::Code { .. });
        if self.findings.is_spoilt("generator") || !opened {
            return None;
        }
        let result = of_any_batch(|batch| engine::generator(self.bundle, model, batch));
        let generated = self.findings.keep("generator.file", file, result)?;
        let graph = generated.graph;
        let (code, image) = (graph.inputs()[0], graph.outputs()[0]);
        self.facts.code_length = Some(graph.shape(code)[1]);
        self.facts.image_shape = Some(graph.shape(image)[1..].to_vec());
        self.names(graph.shape(image)[1]);
        if let (GeneratorForm::Network(network), Some(model)) = (form, model) {
            self.ports("generator", network, model, &generated.code_shape, &graph);
        }
        self.differentiates("generator.file", &graph, image, code);
        Some(graph)
    }

    /// A name for every channel or feature, or one stands beside another than its own.
    fn names(&mut self, parts: usize) {
        let domain = &self.bundle.manifest().generator.domain;
        let Some(file) = domain.axes().and_then(|axes| axes.names.as_deref()) else {
            return;
        };
        let (names, part) = (self.bundle.names().len(), domain.parts());
        if names != parts && !self.findings.blames("generator.names", Some(file)) {
            let reason = format!("'{file}' has {names} lines for {parts} {part}s");
            let remedy = format!("write one name a line, in the order of the {part}s");
            self.findings.report("generator.names", reason, remedy);
        }
    }

    fn prior(&mut self, code_length: usize) -> Option<crate::sampler::Prior> {
        let source = &self.bundle.manifest().generator.prior;
        let file = source.file.as_deref();
        if self.findings.blames("generator.prior", file) {
            return None;
        }
        let prior = engine::code_prior(self.bundle, code_length);
        self.findings
            .keep("generator.prior", file.unwrap_or_default(), prior)
    }

    /// The classifier as far as the logits, and as far as the encoder where that is one of its
    /// tensors.
    fn classifier(&mut self, model: Option<&Model>) {
        let Some(model) = model else { return };
        let manifest = self.bundle.manifest();
        let facts = &manifest.classifier;
        for problem in engine::classifier_names(facts, manifest.encoder.as_ref(), model) {
            self.findings.add(problem);
        }
        let named = !self.findings.has("classifier.input");
        if self.findings.is_spoilt("classifier") || !named {
            return;
        }
        if !self.findings.has("classifier.logits") {
            self.logits(model, &facts.file);
        }
        if let Some(Encoder::Tensor(tensor)) = &manifest.encoder
            && !self.findings.has("encoder.tensor")
            && let Some(graph) = self.part("encoder.tensor", model, tensor, &facts.file)
            && let Some(width) = self.vectors("encoder.tensor", &graph, &facts.file)
        {
            let features = graph.outputs()[0];
            self.facts.embedding_length = Some(width);
            self.differentiates("encoder.tensor", &graph, features, graph.inputs()[0]);
        }
    }

    fn part(&mut self, key: &str, model: &Model, tensor: &str, file: &str) -> Option<Graph> {
        let tensors = [tensor.to_owned()];
        let result = of_any_batch(|batch| engine::classifier(self.bundle, model, &tensors, batch));
        self.findings.keep(key, file, result)
    }

    /// How many values the output of the classifier has for each image.
    fn vectors(&mut self, key: &str, graph: &Graph, file: &str) -> Option<usize> {
        let output = graph.outputs()[0];
        let named = format!("'{}' of '{file}'", graph.name(output));
        let width = engine::vectors_for(graph, output, BATCH, key, &named);
        self.findings.keep(key, file, width)
    }

    fn logits(&mut self, model: &Model, file: &str) {
        let logits = self.bundle.logits(model);
        let Some(graph) = self.part("classifier.file", model, &logits, file) else {
            return;
        };
        let has_vectors = self.vectors("classifier.logits", &graph, file).is_some();
        let (input, output) = (graph.inputs()[0], graph.outputs()[0]);
        let shape = graph.shape(output).to_vec();
        let port = |id: ValueId| Port {
            name: graph.name(id).to_owned(),
            shape: graph.shape(id).get(1..).unwrap_or_default().to_vec(),
        };
        self.facts.ports("classifier", port(input), port(output));
        match unit_axis(shape.len()).filter(|_| has_vectors) {
            Some(axis) => {
                self.facts.logits = Some(shape[axis]);
                self.labels(&logits, shape[axis]);
            }
            None => self.findings.report(
                "classifier.logits",
                format!("'{logits}' has the shape {shape:?}, off which no unit can be read"),
                "name a tensor of the shape [N, labels]",
            ),
        }
        if let Some(image) = &self.facts.image_shape {
            let result = engine::takes_images(self.bundle, &graph, image, BATCH);
            self.findings.keep("classifier.file", file, result);
        }
        self.differentiates("classifier.file", &graph, output, input);
    }

    /// A label for every element, or a name stands for another unit than its own.
    fn labels(&mut self, logits: &str, units: usize) {
        let Some(file) = &self.bundle.manifest().labels else {
            return;
        };
        if self.findings.blames("labels", Some(file)) {
            return;
        }
        let labels = self.bundle.labels();
        let mut wrong = Vec::new();
        if labels.len() != units {
            let lines = labels.len();
            wrong.push(format!(
                "'{file}' has {lines} lines, but '{logits}' has {units} elements"
            ));
        }
        let empty: Vec<String> = (1..)
            .zip(labels)
            .filter(|(_, label)| label.is_empty())
            .map(|(line, _)| line.to_string())
            .collect();
        if !empty.is_empty() {
            wrong.push(format!(
                "'{file}' has no label on line {}",
                empty.join(", ")
            ));
        }
        if !wrong.is_empty() {
            let remedy = "write one label a line, in the order of the logits, and nothing else";
            self.findings
                .report("labels.file", wrong.join(", and "), remedy);
        }
    }

    /// A network that looks at images; from those of the generator to vectors, where that fits.
    fn image_network(
        &mut self,
        section: &'static str,
        facts: Option<&EncoderNetwork>,
        model: Option<&Model>,
    ) -> Option<Graph> {
        let (facts, model) = facts.zip(model)?;
        let network = &facts.network;
        if self.findings.is_spoilt(section) {
            return None;
        }
        let key = format!("{section}.file");
        let result = of_any_batch(|batch| engine::network(model, network, section, batch));
        let (graph, _) = self.findings.keep(&key, &network.file, result)?;
        let input = graph.shape(graph.inputs()[0]);
        let input = input.get(1..).unwrap_or_default();
        self.ports(section, network, model, input, &graph);
        let image = self.facts.image_shape.as_ref()?;
        let result = engine::image_network(self.bundle, model, facts, section, image, BATCH);
        self.findings.keep(&key, &network.file, result)
    }

    fn inverse(&mut self, width: usize) {
        if let Some(length) = self.facts.code_length
            && width != length
        {
            self.findings.report(
                "inverse.output",
                format!("the inverse gives {width} values, but a code has {length}"),
                "name the output that is the code, or use the inverse of this generator",
            );
        }
    }

    fn ports(
        &mut self,
        section: &str,
        network: &Network,
        model: &Model,
        input_shape: &[usize],
        graph: &Graph,
    ) {
        let first_input = model.inputs().first().map(|input| &input.name);
        let first_output = model.outputs().first().map(|output| &output.name);
        let port = |name: Option<&String>, shape: &[usize]| Port {
            name: name.cloned().unwrap_or_default(),
            shape: shape.to_vec(),
        };
        let output = graph.shape(graph.outputs()[0]).get(1..).unwrap_or_default();
        self.facts.ports(
            section,
            port(network.input.as_ref().or(first_input), input_shape),
            port(network.output.as_ref().or(first_output), output),
        );
    }

    /// Whether a derivative flows from `of` to `wrt`: without it nothing can be sampled.
    fn differentiates(&mut self, key: &str, graph: &Graph, of: ValueId, wrt: ValueId) {
        let blockers = autodiff::blockers(graph, of, wrt);
        if blockers.is_empty() {
            return;
        }
        let blockers: Vec<String> = blockers.iter().map(ToString::to_string).collect();
        self.findings.report(
            key,
            format!(
                "no derivative leads from '{}' back to '{}': {}",
                graph.name(of),
                graph.name(wrt),
                blockers.join("; ")
            ),
            "mend or replace the nodes named, and export the model again",
        );
    }
}
