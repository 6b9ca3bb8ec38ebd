//! The networks measured: a ResNet-18 from code, our bundle's f∘G, and real ones beside the
//! repository where they are.

use std::fs;
use std::path::{Path, PathBuf};

use invset::autodiff::{self, Lowering};
use invset::bundle::Bundle;
use invset::engine;
use invset::graph::{Graph, ValueId, passes};
use invset::onnx::{LoadOptions, Model};
use invset::query::Query;

use super::options::Options;
use super::{repository, residual};

/// Where a network comes from.
#[derive(Debug, Clone)]
enum Source {
    ResNet18,
    /// f∘G of a bundle in `models/`, for a query.
    Bundle(&'static str, &'static str),
    /// A file, its first input and first output.
    File(PathBuf),
}

/// A network with one input and one output.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub name: String,
    source: Source,
}

/// Real networks, under `../shared/data/models` beside the repository.
const FILES: [&str; 5] = [
    "classifiers/mobilenet_v1_0.50_160.onnx",
    "classifiers/mobilenet_v2_1.0_224.onnx",
    "classifiers/squeezenet1.1_224.onnx",
    "classifiers/cifar10_resnet20.onnx",
    "generators/taef2_decoder_64.onnx",
];

/// The real network of a file, where it is.
pub(crate) fn real(file: &str) -> Option<PathBuf> {
    let roots = ["../shared/data/models", "../../shared/data/models"];
    let found = roots
        .iter()
        .map(|root| repository(root).join(file))
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: ../shared/data/models/{file} is not here");
    }
    found
}

/// Writes a decoder and a classifier of real size to `folder` as a bundle, with further `sections` of its
/// manifest. Gives false where the networks are not there.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn write_pair(folder: &Path, sections: &str) -> anyhow::Result<bool> {
    let generator = real("generators/taef2_decoder_64.onnx");
    let classifier = real("classifiers/mobilenet_v1_0.50_160.onnx");
    let (Some(generator), Some(classifier)) = (generator, classifier) else {
        return Ok(false);
    };
    fs::copy(generator, folder.join("generator.onnx"))?;
    fs::copy(classifier, folder.join("classifier.onnx"))?;
    fs::write(folder.join("bundle.toml"), format!("{PAIR}{sections}"))?;
    Ok(true)
}

const PAIR: &str = r#"
name = "pair"
description = "a decoder and a classifier of real size"
licence = "as the files"
[generator]
file = "generator.onnx"
input = "latents"
output = "image"
range = [0.0, 1.0]
channels = "RGB"
[generator.prior]
kind = "normal"
[classifier]
file = "classifier.onnx"
input = "input"
logits = "logits"
mean = [0.5, 0.5, 0.5]
std = [0.5, 0.5, 0.5]
size = [160, 160]
channels = "RGB"
[encoder]
tensor = "features"
"#;

/// The networks that the options ask for.
pub(crate) fn networks(options: &Options) -> Vec<Network> {
    let mut networks = vec![
        Network {
            name: "resnet18".to_owned(),
            source: Source::ResNet18,
        },
        Network {
            name: "fashion f∘G".to_owned(),
            source: Source::Bundle("fashion", "logits[8] in 0..100"),
        },
    ];
    for file in FILES {
        let stem = file.rsplit('/').next().unwrap_or(file);
        networks.extend(real(file).map(|path| Network {
            name: stem.trim_end_matches(".onnx").to_owned(),
            source: Source::File(path),
        }));
    }
    networks.retain(|network| options.wants(&network.name));
    networks
}

impl Network {
    /// The forward graph at a batch size.
    pub(crate) fn graph(&self, batch: usize) -> anyhow::Result<Graph> {
        match &self.source {
            Source::ResNet18 => residual::resnet18(batch),
            Source::Bundle(name, query) => {
                let bundle = Bundle::open(&repository("models").join(name).to_string_lossy())?;
                let units = Query::resolve(&[(*query).to_owned()], &bundle)?.units();
                let mut graph = engine::composed(&bundle, &units, batch)?;
                graph.set_outputs(vec![graph.outputs()[1]]);
                Ok(passes::prune(&graph))
            }
            Source::File(path) => {
                let model = Model::open(path)?;
                let output = model.outputs().first().map(|output| output.name.clone());
                let graph = model.graph(&LoadOptions {
                    batch,
                    outputs: Some(output.into_iter().collect()),
                    ..LoadOptions::default()
                })?;
                Ok(passes::fold_batch_normalization(&passes::fold_constants(
                    &passes::prune(&graph),
                )))
            }
        }
    }
}

/// The forward graph extended by its vector-Jacobian product: outputs y and x̄.
pub(crate) fn gradient(forward: &Graph, lowering: &Lowering) -> anyhow::Result<Graph> {
    let mut graph = forward.clone();
    let (x, y) = ends(&graph);
    let product = autodiff::vector_jacobian_product_with(&mut graph, &[y], x, lowering)?;
    graph.set_outputs(vec![y, product.wrt_bar]);
    Ok(passes::prune(&graph))
}

/// The one input and the one output.
pub(crate) fn ends(graph: &Graph) -> (ValueId, ValueId) {
    (graph.inputs()[0], graph.outputs()[0])
}
