//! Networks read at several of their layers at once: the judge for distances between images, the
//! classifier for how alike it treats them.

use super::{EngineError, fit, parts};
use crate::bundle::Bundle;
use crate::graph::{DType, Graph, Op, Unary, ValueId, passes};
use crate::onnx;
use crate::runtime::{Input, Runtime, Session, SessionOptions};

/// Images in one run.
const BATCH: usize = 8;
/// Most spatial sizes that a judge is read at, the smallest of them: as many as the five stages that
/// Zhang et al. read.
const MOST_SIZES: usize = 5;

/// A session from images `[C, H, W]` in [0, 1], in the generator's channel order, to the activations of
/// some layers.
pub struct LayerNetwork {
    session: Box<dyn Session>,
    image_shape: Vec<usize>,
    layers: Vec<Layer>,
}

/// A tensor of a network, for one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The tensor's name in the network.
    pub name: String,
    /// Its shape without the batch: `[C, H, W]`, `[T, C]` or `[C]`.
    pub shape: Vec<usize>,
}

impl Layer {
    /// Values for one image.
    pub fn length(&self) -> usize {
        self.shape.iter().product()
    }
}

impl LayerNetwork {
    /// The judge at the last tensor `[C, H, W]` of each spatial size, from large to small, as far as it
    /// has any beyond its first convolution: where each of its stages ends. None where there is no judge
    /// or no such tensor.
    ///
    /// # Errors
    /// The file is bad, its shapes do not fit, or the runtime refuses.
    pub fn judge(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        image_shape: &[usize],
    ) -> Result<Option<LayerNetwork>, EngineError> {
        let Some(facts) = &bundle.manifest().judge else {
            return Ok(None);
        };
        let model = bundle.network_model(facts)?;
        let (mut network, _) = parts::network(&model, &facts.network, "judge", BATCH)?;
        let stages = ends_of_stages(&network);
        if stages.is_empty() {
            return Ok(None);
        }
        network.set_outputs(stages);
        let (mut front, image) = fit::images(image_shape, BATCH)?;
        let prepared = fit::to_encoder(bundle, &mut front, image, &network, facts, "judge")?;
        front.set_outputs(vec![prepared]);
        LayerNetwork::load(runtime, &front, &network, image_shape).map(Some)
    }

    /// The classifier at no more than `most` tensors spread over its depth, its logits last: outputs of
    /// activation functions where it has at least two, else of any operator behind its first weights.
    ///
    /// # Errors
    /// As [`LayerNetwork::judge`].
    pub fn classifier(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        image_shape: &[usize],
        most: usize,
    ) -> Result<LayerNetwork, EngineError> {
        let model = bundle.classifier()?;
        let logits = bundle.logits(&model);
        let mut network = parts::classifier(bundle, &model, &[logits], BATCH)?;
        network.set_outputs(spread_over_depth(&network, most));
        let (front, _) = fit::images(image_shape, BATCH)?;
        let front = fit::to_classifier(bundle, front, &network)?;
        LayerNetwork::load(runtime, &front, &network, image_shape)
    }

    /// `front` makes of images what `network` takes.
    fn load(
        runtime: &dyn Runtime,
        front: &Graph,
        network: &Graph,
        image_shape: &[usize],
    ) -> Result<LayerNetwork, EngineError> {
        let layers = network
            .outputs()
            .iter()
            .map(|&id| Layer {
                name: network.name(id).to_owned(),
                shape: network.shape(id)[1..].to_vec(),
            })
            .collect();
        let from = front.name(front.outputs()[0]);
        let to = network.name(network.inputs()[0]);
        let graph = passes::compose(front, network, &[(from, to)], "network/")?;
        let graph = passes::fold_constants(&passes::prune(&graph));
        let graph = passes::fold_batch_normalization(&graph);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let options = SessionOptions::threads(threads);
        Ok(LayerNetwork {
            session: runtime.load(&onnx::serialise(&graph)?, &options)?,
            image_shape: image_shape.to_vec(),
            layers,
        })
    }

    /// The layers, in the order of the data.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Calls `visit` for each image, in order, with the values of each layer.
    ///
    /// # Errors
    /// The runtime failed, or an image has another length.
    pub fn run(
        &mut self,
        images: &[Vec<f32>],
        mut visit: impl FnMut(&[&[f32]]),
    ) -> Result<(), EngineError> {
        let length: usize = self.image_shape.iter().product();
        let shape = [&[BATCH], self.image_shape.as_slice()].concat();
        for chunk in images.chunks(BATCH) {
            let mut values = chunk.concat();
            if chunk.iter().any(|image| image.len() != length) {
                return Err(EngineError::Internal(format!(
                    "an image does not have the shape {:?}",
                    self.image_shape
                )));
            }
            values.resize(BATCH * length, 0.0);
            let outputs = self.session.run(&[Input::F32 {
                shape: &shape,
                values: &values,
            }])?;
            let outputs = outputs
                .iter()
                .map(|output| output.read_f32())
                .collect::<Result<Vec<_>, _>>()?;
            for row in 0..chunk.len() {
                let of_image: Vec<&[f32]> = outputs
                    .iter()
                    .zip(&self.layers)
                    .map(|(output, layer)| &output[row * layer.length()..][..layer.length()])
                    .collect();
                visit(&of_image);
            }
        }
        Ok(())
    }
}

/// The last tensor of each spatial size, in order, the last [`MOST_SIZES`] of them.
fn ends_of_stages(network: &Graph) -> Vec<ValueId> {
    let mut ends: Vec<([usize; 2], ValueId)> = Vec::new();
    for id in behind_weights(network) {
        let &[_, _, height, width] = network.shape(id) else {
            continue;
        };
        if height * width > 1 {
            ends.retain(|(size, _)| *size != [height, width]);
            ends.push(([height, width], id));
        }
    }
    let first = ends.len().saturating_sub(MOST_SIZES);
    ends[first..].iter().map(|&(_, id)| id).collect()
}

/// At most `most` tensors, evenly over the order of the nodes; the network's output is the last.
fn spread_over_depth(network: &Graph, most: usize) -> Vec<ValueId> {
    let output = network.outputs()[0];
    let all = behind_weights(network);
    let activated: Vec<ValueId> = all
        .iter()
        .copied()
        .filter(|&id| is_activated(network, id))
        .collect();
    let mut layers = if activated.len() < 2 { all } else { activated };
    layers.retain(|&id| id != output);
    layers.push(output);
    let (count, most) = (layers.len(), most.max(1));
    if count <= most {
        return layers;
    }
    // The last of each of `most` equal parts.
    (1..=most)
        .map(|part| layers[part * count / most - 1])
        .collect()
}

/// Whether an activation function made a value. Sigmoids and the like are left out: inside a network
/// they are gates of another tensor.
fn is_activated(network: &Graph, id: ValueId) -> bool {
    let op = network.producer(id).map(|(node, _)| &network.node(node).op);
    match op {
        Some(Op::Clip { .. }) => true,
        Some(Op::Unary(function)) => matches!(
            function,
            Unary::Relu
                | Unary::LeakyRelu { .. }
                | Unary::Elu { .. }
                | Unary::Selu { .. }
                | Unary::Celu { .. }
                | Unary::Gelu { .. }
                | Unary::HardSwish
                | Unary::Mish
                | Unary::Softplus
        ),
        _ => false,
    }
}

/// Float32 tensors with a row for each image that lie behind a convolution or a product with weights, in
/// the order of the nodes.
fn behind_weights(network: &Graph) -> Vec<ValueId> {
    let batch = network.shape(network.inputs()[0]).first().copied();
    let mut behind = vec![false; network.values().count()];
    let mut found = Vec::new();
    for node in network.nodes() {
        let weighted = matches!(
            node.op,
            Op::Conv(_) | Op::ConvTranspose { .. } | Op::Gemm { .. } | Op::MatMul
        );
        let reached = weighted || node.inputs.iter().any(|id| behind[id.index()]);
        for &id in &node.outputs {
            behind[id.index()] = reached;
            let tensor = network.tensor_type(id);
            let rows = tensor.shape.first().copied() == batch && tensor.shape.len() > 1;
            if reached && rows && tensor.dtype == DType::F32 {
                found.push(id);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::runtime::Embedded;

    fn images(count: usize) -> Vec<Vec<f32>> {
        (0..count)
            .map(|image| {
                (0..784)
                    .map(|pixel| ((image * 131 + pixel * 17) % 97) as f32 / 96.0)
                    .collect()
            })
            .collect()
    }

    #[test]
    fn the_judge_is_read_where_its_stages_end() {
        let bundle = Bundle::open("fashion").unwrap();
        let mut judge = LayerNetwork::judge(&Embedded::new(), &bundle, &[1, 28, 28])
            .unwrap()
            .unwrap();
        let sizes: Vec<usize> = judge.layers().iter().map(|layer| layer.shape[1]).collect();
        assert!(
            sizes.len() > 1 && sizes.is_sorted_by(|a, b| a > b),
            "{sizes:?}"
        );
        let mut seen = 0;
        judge
            .run(&images(BATCH + 3), |layers| {
                assert!(layers.iter().all(|layer| layer.iter().any(|&v| v != 0.0)));
                seen += 1;
            })
            .unwrap();
        assert_eq!(seen, BATCH + 3);
    }

    #[test]
    fn the_classifier_is_read_over_its_depth_and_an_image_alone_gives_what_it_gives_in_a_batch() {
        let bundle = Bundle::open("fashion").unwrap();
        let mut network =
            LayerNetwork::classifier(&Embedded::new(), &bundle, &[1, 28, 28], 5).unwrap();
        let lengths: Vec<usize> = network.layers().iter().map(Layer::length).collect();
        assert_eq!((lengths.len(), lengths[4]), (5, 10));
        let images = images(3);
        let mut together: Vec<Vec<f32>> = Vec::new();
        network
            .run(&images, |layers| together.push(layers.concat()))
            .unwrap();
        network
            .run(&images[2..], |layers| {
                for (a, b) in layers.concat().iter().zip(&together[2]) {
                    assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{a} {b}");
                }
            })
            .unwrap();
        assert_eq!(together[0].len(), lengths.iter().sum::<usize>());
    }

    #[test]
    fn an_image_of_another_size_is_refused_and_no_judge_is_none() {
        let bundle = Bundle::open("halfspace").unwrap();
        let runtime = Embedded::new();
        assert!(
            LayerNetwork::judge(&runtime, &bundle, &[1, 28, 28])
                .unwrap()
                .is_none()
        );
        let mut network = LayerNetwork::classifier(&runtime, &bundle, &[1, 28, 28], 8).unwrap();
        assert!(network.run(&[vec![0.0; 3]], |_| {}).is_err());
    }
}
