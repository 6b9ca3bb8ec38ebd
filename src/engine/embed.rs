//! Networks that take finished images: the judge that scores diversity, and the inverse that turns
//! a real image into a code.

use ndarray::Array2;

use super::{EngineError, glue, networks};
use crate::bundle::{Bundle, Network};
use crate::graph::{DType, Graph, Op, TensorType, passes};
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
            .map(|facts| ImageNetwork::load(runtime, bundle, facts, image_shape))
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
            .map(|facts| ImageNetwork::load(runtime, bundle, facts, image_shape))
            .transpose()
    }

    fn load(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        facts: &Network,
        image_shape: &[usize],
    ) -> Result<ImageNetwork, EngineError> {
        let (network, input) =
            networks::network_graph(&bundle.network_model(facts)?, facts, BATCH)?;
        let expected = network.shape(network.inputs()[0]);
        let mut shape = vec![BATCH];
        shape.extend(image_shape);
        let mut front = Graph::new();
        let image = front.add_input("front/image", TensorType::new(DType::F32, shape))?;
        let size = networks::spatial_size(expected);
        let resized = glue::resize(&mut front, "front/resized", image, size)?;
        if front.shape(resized) != expected {
            return Err(EngineError::Fit {
                what: format!(
                    "'{}' takes {expected:?}, the generator's image is {:?}",
                    facts.file,
                    front.shape(resized)
                ),
            });
        }
        front.set_outputs(vec![resized]);
        let name = front.name(resized).to_owned();
        let mut graph = passes::compose(&front, &network, &[(&name, &input)], "network/")?;
        let features = graph.outputs()[0];
        let width = graph.shape(features)[1..].iter().product();
        let flat = graph.add(
            "front/vector",
            Op::Reshape {
                shape: vec![BATCH, width],
            },
            &[features],
        )?;
        graph.set_outputs(vec![flat]);
        let graph =
            passes::fold_batch_normalization(&passes::fold_constants(&passes::prune(&graph)));
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
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
                return Err(EngineError::Fit {
                    what: format!("an image does not have the shape {:?}", self.image_shape),
                });
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
