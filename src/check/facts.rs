//! What a check learns of a bundle. The fields are the keys of `--json` (`docs/json.md`).

use serde::Serialize;

use crate::bundle::{Bundle, Encoder, PriorKind};
use crate::runtime::Backend;

/// What is known of a bundle, as far as it could be read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Facts {
    /// Its name.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Licence of weights and data.
    pub licence: Option<String>,
    /// The model files that open, generator first.
    pub networks: Vec<NetworkFacts>,
    /// Length d of a code.
    pub code_length: Option<usize>,
    /// Family of the code prior.
    pub prior: Option<PriorKind>,
    /// What a sample is: `image`, `signal` or `row`.
    pub sample: Option<&'static str>,
    /// `[C, H, W]` of an image, `[C, L]` of a signal, `[F]` of a row.
    pub image_shape: Option<Vec<usize>>,
    /// Least and greatest value of the images that two codes of the prior make, as they leave the
    /// generator.
    pub image_range: Option<[f32; 2]>,
    /// What embeddings are: `pixels` (`values` of signals and rows), a tensor of the classifier, or a file.
    pub encoder: Option<String>,
    /// Length p of an embedding.
    pub embedding_length: Option<usize>,
    /// Number of elements of the logits.
    pub logits: Option<usize>,
    /// Number of lines of the labels file.
    pub labels: Option<usize>,
    /// What units do on real images.
    pub statistics: Option<StatisticsFacts>,
    /// The runtime that ran the networks; none where they did not run.
    pub backend: Option<Backend>,
}

/// A model file.
#[derive(Debug, Clone, Serialize)]
pub struct NetworkFacts {
    /// The section of the manifest that names it.
    pub section: &'static str,
    /// The file.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, and of external data after it.
    pub sha256: String,
    /// Float elements in the weights.
    pub parameters: usize,
    /// The input used.
    pub input: Option<Port>,
    /// The output used.
    pub output: Option<Port>,
}

/// An input or output of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its shape without the batch.
    pub shape: Vec<usize>,
}

/// A statistics file.
#[derive(Debug, Clone, Serialize)]
pub struct StatisticsFacts {
    /// The file.
    pub file: String,
    /// Real images that it was taken over.
    pub images: u64,
    /// Tensors that it has quantiles of.
    pub tensors: usize,
}

impl Facts {
    /// What stands in the manifest and the small files.
    pub(super) fn of_bundle(bundle: &Bundle) -> Facts {
        let manifest = bundle.manifest();
        let statistics = bundle.statistics();
        Facts {
            name: Some(manifest.name.clone()),
            description: manifest.description.clone(),
            licence: manifest.licence.clone(),
            sample: Some(manifest.generator.domain.sample()),
            prior: Some(manifest.generator.prior.kind),
            encoder: Some(match &manifest.encoder {
                None => manifest.generator.domain.own_space().to_owned(),
                Some(Encoder::Tensor(tensor)) => tensor.clone(),
                Some(Encoder::Network(network)) => network.file().to_owned(),
                Some(Encoder::Outside(chosen)) => chosen.to_string(),
            }),
            labels: manifest.labels.as_ref().map(|_| bundle.labels().len()),
            statistics: statistics
                .zip(manifest.statistics.as_ref())
                .map(|(statistics, file)| StatisticsFacts {
                    file: file.clone(),
                    images: statistics.image_count(),
                    tensors: statistics.tensors().count(),
                }),
            ..Facts::default()
        }
    }

    /// Notes the tensors of a network that are used.
    pub(super) fn ports(&mut self, section: &str, input: Port, output: Port) {
        let mut networks = self.networks.iter_mut();
        if let Some(network) = networks.find(|network| network.section == section) {
            network.input = Some(input);
            network.output = Some(output);
        }
    }
}
