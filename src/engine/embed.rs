//! Networks that take finished images: the judge that scores diversity, and the inverse that turns
//! a real image into a code.

use ndarray::Array2;

use super::{EngineError, fit, parts};
use crate::bundle::{Bundle, Network};
use crate::graph::{Graph, Op, passes};
use crate::onnx;
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
        facts: &Network,
        section: &str,
        image_shape: &[usize],
    ) -> Result<ImageNetwork, EngineError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        ImageNetwork::on_threads(runtime, bundle, facts, section, image_shape, cores)
    }

    /// The same on so many threads.
    ///
    /// # Errors
    /// As [`ImageNetwork::judge`].
    pub(super) fn on_threads(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        facts: &Network,
        section: &str,
        image_shape: &[usize],
        threads: usize,
    ) -> Result<ImageNetwork, EngineError> {
        let graph = image_network(bundle, facts, section, image_shape, BATCH)?;
        let width = graph.shape(graph.outputs()[0])[1];
        let options = SessionOptions::threads(threads);
        Ok(ImageNetwork {
            session: runtime.load(&onnx::serialise(&graph)?, &options)?,
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

/// A network behind images: `[batch, C, H, W]` in [0, 1], resized to what it takes, to vectors
/// `[batch, width]`. `section` is the one of the manifest that names it.
///
/// # Errors
/// The file is bad, or its shapes do not fit.
pub fn image_network(
    bundle: &Bundle,
    facts: &Network,
    section: &str,
    image_shape: &[usize],
    batch: usize,
) -> Result<Graph, EngineError> {
    let (network, input) = parts::network(&bundle.network_model(facts)?, facts, section, batch)?;
    let (mut front, image) = fit::images(image_shape, batch)?;
    let prepared = fit::to_network(&mut front, "front/resized", image, &network, facts, section)?;
    front.set_outputs(vec![prepared]);
    let name = front.name(prepared).to_owned();
    let mut graph = passes::compose(&front, &network, &[(&name, &input)], "network/")?;
    let features = graph.outputs()[0];
    let key = format!("{section}.output");
    let of = format!("the output of '{}'", facts.file);
    let width = parts::vectors_for(&graph, features, batch, &key, &of)?;
    let shape = vec![batch, width];
    let flat = graph.add("front/vector", Op::Reshape { shape }, &[features])?;
    graph.set_outputs(vec![flat]);
    Ok(passes::fold_batch_normalization(&passes::fold_constants(
        &passes::prune(&graph),
    )))
}
