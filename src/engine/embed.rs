//! Networks that take finished images: the encoder, for real ones, the judge that scores diversity, and
//! the inverse that turns a real image into a code.

use ndarray::Array2;

use super::{EngineError, encoder, fit, parts};
use crate::bundle::{Bundle, EncoderNetwork};
use crate::graph::{Graph, Op, passes};
use crate::onnx::{self, Model};
use crate::runtime::{Input, Runtime, Session, SessionOptions};

/// A session from images `[C, H, W]` in [0, 1], in the generator's channel order, to vectors.
pub struct ImageNetwork {
    session: Box<dyn Session>,
    batch: usize,
    image_shape: Vec<usize>,
    width: usize,
}

/// Images in one run.
const BATCH: usize = 16;

impl ImageNetwork {
    /// The encoder, where it is a network, of the bundle or chosen for a run.
    ///
    /// # Errors
    /// As [`ImageNetwork::judge`].
    pub fn encoder(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        image_shape: &[usize],
    ) -> Result<Option<ImageNetwork>, EngineError> {
        let Some((model, facts)) = encoder::opened(bundle)? else {
            return Ok(None);
        };
        image_network(bundle, &model, &facts, "encoder", image_shape, BATCH)
            .map_err(|error| encoder::blame_choice(bundle, error))
            .and_then(|graph| ImageNetwork::load(runtime, &graph, image_shape, cores()))
            .map(Some)
    }

    /// The bundle's judge, if it has one.
    ///
    /// # Errors
    /// The file is bad, its shapes do not fit, or the runtime refuses.
    pub fn judge(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        image_shape: &[usize],
    ) -> Result<Option<ImageNetwork>, EngineError> {
        let facts = bundle.manifest().judge.as_ref();
        facts
            .map(|facts| ImageNetwork::new(runtime, bundle, facts, "judge", image_shape))
            .transpose()
    }

    /// The bundle's inverse, if it has one.
    ///
    /// # Errors
    /// As [`ImageNetwork::judge`].
    pub fn inverse(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        image_shape: &[usize],
    ) -> Result<Option<ImageNetwork>, EngineError> {
        let facts = bundle.manifest().inverse.as_ref();
        facts
            .map(|facts| ImageNetwork::new(runtime, bundle, facts, "inverse", image_shape))
            .transpose()
    }

    /// A network of the bundle, which `section` of the manifest names, with a thread for each core.
    ///
    /// # Errors
    /// As [`ImageNetwork::judge`].
    pub fn new(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        facts: &EncoderNetwork,
        section: &str,
        image_shape: &[usize],
    ) -> Result<ImageNetwork, EngineError> {
        ImageNetwork::on_threads(runtime, bundle, facts, section, image_shape, cores())
    }

    /// The same on so many threads.
    ///
    /// # Errors
    /// As [`ImageNetwork::judge`].
    pub(super) fn on_threads(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        facts: &EncoderNetwork,
        section: &str,
        image_shape: &[usize],
        threads: usize,
    ) -> Result<ImageNetwork, EngineError> {
        let model = bundle.network_model(facts)?;
        let graph = image_network(bundle, &model, facts, section, image_shape, BATCH)?;
        ImageNetwork::load(runtime, &graph, image_shape, threads)
    }

    fn load(
        runtime: &dyn Runtime,
        graph: &Graph,
        image_shape: &[usize],
        threads: usize,
    ) -> Result<ImageNetwork, EngineError> {
        let width = graph.shape(graph.outputs()[0])[1];
        let options = SessionOptions::threads(threads);
        Ok(ImageNetwork {
            session: runtime.load(&onnx::serialise(graph)?, &options)?,
            batch: BATCH,
            image_shape: image_shape.to_vec(),
            width,
        })
    }

    /// The vectors of `images`, `[images, width]`.
    ///
    /// # Errors
    /// The runtime failed, or an image has another length.
    pub fn run(&mut self, images: &[Vec<f32>]) -> Result<Array2<f32>, EngineError> {
        let length: usize = self.image_shape.iter().product();
        let mut shape = vec![self.batch];
        shape.extend(&self.image_shape);
        let mut vectors = Vec::with_capacity(images.len() * self.width);
        for chunk in images.chunks(self.batch) {
            let mut values = chunk.concat();
            if values.len() != chunk.len() * length {
                return Err(EngineError::Internal(format!(
                    "an image does not have the shape {:?}",
                    self.image_shape
                )));
            }
            values.resize(self.batch * length, 0.0);
            let outputs = self.session.run(&[Input::F32 {
                shape: &shape,
                values: &values,
            }])?;
            vectors.extend_from_slice(&outputs[0].read_f32()?[..chunk.len() * self.width]);
        }
        Array2::from_shape_vec((images.len(), self.width), vectors)
            .map_err(|error| EngineError::Internal(error.to_string()))
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A network behind images: `[batch, C, H, W]` in [0, 1], resized to what it takes and normalised, to
/// vectors `[batch, width]`. `section` is the one of the manifest that names it, `model` its file.
///
/// # Errors
/// The file is bad, or its shapes do not fit.
pub fn image_network(
    bundle: &Bundle,
    model: &Model,
    facts: &EncoderNetwork,
    section: &str,
    image_shape: &[usize],
    batch: usize,
) -> Result<Graph, EngineError> {
    let (network, input) = parts::network(model, &facts.network, section, batch)?;
    let (mut front, image) = fit::images(image_shape, batch)?;
    let prepared = fit::to_encoder(bundle, &mut front, image, &network, facts, section)?;
    front.set_outputs(vec![prepared]);
    let name = front.name(prepared).to_owned();
    let mut graph = passes::compose(&front, &network, &[(&name, &input)], "network/")?;
    let features = graph.outputs()[0];
    let key = format!("{section}.output");
    let of = format!("the output of '{}'", facts.file());
    let width = parts::vectors_for(&graph, features, batch, &key, &of)?;
    let shape = vec![batch, width];
    let flat = graph.add("front/vector", Op::Reshape { shape }, &[features])?;
    graph.set_outputs(vec![flat]);
    Ok(passes::fold_batch_normalization(&passes::fold_constants(
        &passes::prune(&graph),
    )))
}
