//! A ResNet-18 (He et al. 2016, table 1) with random weights, as it is after folding of its batch
//! normalisations.

use invset::graph::op::{Convolution, Op, Pool, Unary};
use invset::graph::{Binary, DType, Graph, GraphError, Tensor, TensorType, ValueId};

use super::normal_numbers;

struct Builder {
    graph: Graph,
    seed: u64,
}

impl Builder {
    /// Weights of deviation √(2/inputs), so that activations keep their size.
    fn weight(&mut self, name: &str, shape: &[usize]) -> anyhow::Result<ValueId> {
        self.seed += 1;
        let inputs: usize = shape[1..].iter().product();
        let deviation = (2.0 / inputs as f32).sqrt();
        let count = shape.iter().product();
        let values: Vec<f32> = normal_numbers(count, self.seed)
            .iter()
            .map(|value| value * deviation)
            .collect();
        Ok(self
            .graph
            .add_constant(name, Tensor::f32(shape.to_vec(), values)?))
    }

    fn convolution(
        &mut self,
        name: &str,
        x: ValueId,
        channels: usize,
        kernel: usize,
        stride: usize,
    ) -> anyhow::Result<ValueId> {
        let inputs = self.graph.shape(x)[1];
        let shape = [channels, inputs, kernel, kernel];
        let weight = self.weight(&format!("{name}/weight"), &shape)?;
        let bias = Tensor::filled(DType::F32, [channels], 0.01);
        let bias = self.graph.add_constant(&format!("{name}/bias"), bias);
        let op = Op::Conv(Convolution {
            strides: vec![stride; 2],
            dilations: vec![1; 2],
            pads_before: vec![kernel / 2; 2],
            pads_after: vec![kernel / 2; 2],
            group: 1,
        });
        Ok(self.graph.add(name, op, &[x, weight, bias])?)
    }

    fn relu(&mut self, name: &str, x: ValueId) -> Result<ValueId, GraphError> {
        self.graph.add(name, Op::Unary(Unary::Relu), &[x])
    }

    fn block(
        &mut self,
        name: &str,
        x: ValueId,
        channels: usize,
        stride: usize,
    ) -> anyhow::Result<ValueId> {
        let first = self.convolution(&format!("{name}/1"), x, channels, 3, stride)?;
        let first = self.relu(&format!("{name}/1/relu"), first)?;
        let second = self.convolution(&format!("{name}/2"), first, channels, 3, 1)?;
        let shortcut = match stride {
            1 => x,
            _ => self.convolution(&format!("{name}/shortcut"), x, channels, 1, stride)?,
        };
        let sum = self.graph.add(
            &format!("{name}/sum"),
            Op::Binary(Binary::Add),
            &[second, shortcut],
        )?;
        Ok(self.relu(&format!("{name}/relu"), sum)?)
    }
}

/// `image [batch, 3, 224, 224]` to `logits [batch, 1000]`.
pub(crate) fn resnet18(batch: usize) -> anyhow::Result<Graph> {
    let mut builder = Builder {
        graph: Graph::new(),
        seed: 0,
    };
    let image = TensorType::new(DType::F32, [batch, 3, 224, 224]);
    let image = builder.graph.add_input("image", image)?;
    let stem = builder.convolution("stem", image, 64, 7, 2)?;
    let stem = builder.relu("stem/relu", stem)?;
    let pool = Op::MaxPool(Pool {
        kernel: vec![3; 2],
        strides: vec![2; 2],
        dilations: vec![1; 2],
        pads_before: vec![1; 2],
        pads_after: vec![1; 2],
        ceil_mode: false,
    });
    let mut x = builder.graph.add("pool", pool, &[stem])?;
    for (stage, channels) in [64, 128, 256, 512].into_iter().enumerate() {
        for block in 0..2 {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            x = builder.block(&format!("stage{stage}/{block}"), x, channels, stride)?;
        }
    }
    let mean = builder.graph.add("mean", Op::GlobalAveragePool, &[x])?;
    let shape = vec![batch, 512];
    let features = builder
        .graph
        .add("features", Op::Reshape { shape }, &[mean])?;
    let weight = builder.weight("head/weight", &[1000, 512])?;
    let head = Op::Gemm {
        alpha: 1.0,
        beta: 1.0,
        transpose_a: false,
        transpose_b: true,
    };
    let logits = builder.graph.add("logits", head, &[features, weight])?;
    builder.graph.set_outputs(vec![logits]);
    Ok(builder.graph)
}
