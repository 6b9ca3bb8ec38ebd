"""The shipped ONNX files as torch modules: the other side of every gradient comparison.

    generator, classifier, encoder = load_torch("models/fashion")

Each module evaluates the ONNX graph in torch, node by node, with the file's own weights, so autograd of
the composition is what PyTorch says about the shipped model; `.double()` gives the same in float64.
From a shell, `python parity.py models/fashion` compares every file with ONNX Runtime.
"""

import sys
import tomllib
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper


def _padded(x, attributes, value=0.0):
    """`x` with the ONNX pads (starts, then ends), which need not be symmetric."""
    if attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise ValueError(f"auto_pad is not known here: {attributes}")
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    return F.pad(x, (left, right, top, bottom), value=value) if any((top, left, bottom, right)) else x


def _conv(x, w, b=None, **a):
    strides, dilations = tuple(a.get("strides", [1, 1])), tuple(a.get("dilations", [1, 1]))
    pads = a.get("pads", [0, 0, 0, 0])
    if pads[:2] == pads[2:] and "auto_pad" not in a:  # torch's own padding saves a copy
        return F.conv2d(x, w, b, strides, tuple(pads[:2]), dilations, a.get("group", 1))
    return F.conv2d(_padded(x, a), w, b, strides, 0, dilations, a.get("group", 1))


def _conv_transpose(x, w, b=None, **a):
    pads = a.get("pads", [0, 0, 0, 0])
    if pads[:2] != pads[2:]:
        raise ValueError(f"only symmetric pads: {a}")
    return F.conv_transpose2d(x, w, b, tuple(a.get("strides", [1, 1])), tuple(pads[:2]), tuple(a.get("output_padding", [0, 0])),
                              a.get("group", 1), tuple(a.get("dilations", [1, 1])))


def _gemm(x, w, b=None, **a):
    x = x.T if a.get("transA", 0) else x
    w = w.T if a.get("transB", 0) else w
    product = a.get("alpha", 1.0) * (x @ w)
    return product if b is None else product + a.get("beta", 1.0) * b


def _pool(kind, outside):
    return lambda x, **a: kind(_padded(x, a, outside), tuple(a["kernel_shape"]), tuple(a.get("strides", [1, 1])))


def _cast(x, to, **_):
    return x.to({1: torch.float32, 10: torch.float16, 11: torch.float64}[to])


def _reshape(x, shape, **_):
    return x.reshape([x.shape[i] if size == 0 else size for i, size in enumerate(shape.tolist())])


def _resize(x, scales, mode=b"nearest", coordinate_transformation_mode=b"half_pixel", **_):
    if (mode, coordinate_transformation_mode) != (b"linear", b"half_pixel"):
        raise ValueError(f"only linear, half_pixel: {mode}, {coordinate_transformation_mode}")
    return F.interpolate(x, scale_factor=scales.tolist()[2:], mode="bilinear", align_corners=False)


OPERATORS = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Gemm": _gemm,
    "MatMul": lambda x, w: x @ w,
    "Relu": lambda x: F.relu(x),
    "LeakyRelu": lambda x, alpha=0.01: F.leaky_relu(x, alpha),
    "Sigmoid": lambda x: torch.sigmoid(x),
    "Tanh": lambda x: torch.tanh(x),
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": lambda a, b: a / b,
    "Clip": lambda x, low=None, high=None: torch.clamp(x, low, high),
    "Cast": _cast,
    "Concat": lambda *x, axis: torch.cat(x, axis),
    "MaxPool": _pool(F.max_pool2d, float("-inf")),
    "AveragePool": _pool(F.avg_pool2d, 0.0),
    "GlobalAveragePool": lambda x: x.mean((2, 3), keepdim=True),
    "Flatten": lambda x, axis=1: x.flatten(axis),
    "Reshape": _reshape,
    "Resize": _resize,
}


class OnnxModule(torch.nn.Module):
    """An ONNX graph of the operators above; `outputs` may name any of its tensors."""

    def __init__(self, path, outputs=None):
        super().__init__()
        graph = onnx.load(path).graph
        self.names = {}
        for index, tensor in enumerate(graph.initializer):
            self.names[tensor.name] = f"weight{index}"
            self.register_buffer(f"weight{index}", torch.from_numpy(numpy_helper.to_array(tensor).copy()))
        self.nodes = [(node.op_type, list(node.input), node.output[0],
                       {a.name: helper.get_attribute_value(a) for a in node.attribute}) for node in graph.node]
        (self.input,) = [value.name for value in graph.input if value.name not in self.names]
        self.outputs = list(outputs or [value.name for value in graph.output])

    def forward(self, x):
        """The named outputs: one tensor, or a tuple of several."""
        values = {name: getattr(self, slot) for name, slot in self.names.items()}
        values[self.input] = x
        for operator, inputs, output, attributes in self.nodes:
            values[output] = OPERATORS[operator](*(values[name] for name in inputs if name), **attributes)
        found = tuple(values[name] for name in self.outputs)
        return found[0] if len(found) == 1 else found


def load_torch(bundle_dir):
    """(generator, classifier, encoder) of a bundle. Pixels as code: the identity; no encoder: flat pixels.

    The classifier takes the normalised image, as the file does, and returns all the file's outputs.
    """
    folder = Path(bundle_dir)
    facts = tomllib.loads((folder / "bundle.toml").read_text())
    generator, encoder = facts["generator"], facts.get("encoder", {})
    return (
        OnnxModule(folder / generator["file"], [generator["output"]]) if "file" in generator else torch.nn.Identity(),
        OnnxModule(folder / facts["classifier"]["file"]),
        OnnxModule(folder / encoder["file"], [encoder["output"]]) if "file" in encoder else torch.nn.Flatten(),
    )


def neuron(bundle_dir, unit, tensor=None):
    """code -> the unit's value [N], with the bundle's range and normalisation between G and f."""
    folder = Path(bundle_dir)
    facts = tomllib.loads((folder / "bundle.toml").read_text())
    generator, _, _ = load_torch(folder)
    classifier = OnnxModule(folder / facts["classifier"]["file"], [tensor or facts["classifier"]["logits"]])
    is_image = facts["generator"].get("kind", "pixels") == "pixels"  # others stay in their own units
    low, high = facts["generator"]["range"] if is_image else (0.0, 1.0)
    mean, std = facts["classifier"]["mean"][0], facts["classifier"]["std"][0]

    def value(code):
        image = (generator(code) - low) / (high - low)
        read = classifier((image - mean) / std)[:, unit]
        return read.mean((1, 2)) if read.dim() == 3 else read

    generator.requires_grad_(False)
    value.modules = (generator, classifier)  # for .double()
    return value


def compare(path) -> float:
    """The largest difference between the torch module and ONNX Runtime on seeded inputs."""
    import onnxruntime

    runner = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    shape = [4, *runner.get_inputs()[0].shape[1:]]
    source = torch.Generator().manual_seed(0)
    batch = torch.rand(shape, generator=source) if len(shape) == 4 else torch.randn(shape, generator=source)
    with torch.no_grad():
        got = OnnxModule(path)(batch)
    got = got if isinstance(got, tuple) else (got,)
    expected = runner.run(None, {runner.get_inputs()[0].name: batch.numpy()})
    return max(float(np.abs(a.numpy() - b).max()) for a, b in zip(got, expected, strict=True))


if __name__ == "__main__":
    for bundle in sys.argv[1:]:
        for file in sorted(Path(bundle).glob("*.onnx")):
            print(f"{file}: {compare(file):.1e}")
