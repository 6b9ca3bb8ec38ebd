"""ONNX files as torch modules with the file's own weights: what a user of PyTorch would write by hand,
the shortest torch call for each node. Integer constants (shapes, bounds) are read once, so that a
compiled graph holds them; batch normalisation is folded already, because our exporter folds it."""

import sys
from pathlib import Path

import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models" / "train"))
import parity  # noqa: E402


def _pads(attributes):
    """(symmetric padding for the operator, explicit padding before it)."""
    pads = attributes.get("pads", [0, 0, 0, 0])
    if pads[:2] == pads[2:]:
        return tuple(pads[:2]), None
    return (0, 0), (pads[1], pads[3], pads[0], pads[2])


def _conv(x, w, b=None, **a):
    padding, before = _pads(a)
    x = x if before is None else F.pad(x, before)
    strides, dilations = tuple(a.get("strides", [1, 1])), tuple(a.get("dilations", [1, 1]))
    return F.conv2d(x, w, b, strides, padding, dilations, a.get("group", 1))


def _max_pool(x, **a):
    padding, before = _pads(a)
    x = x if before is None else F.pad(x, before, value=-torch.inf)
    strides = tuple(a.get("strides", [1, 1]))
    return F.max_pool2d(x, tuple(a["kernel_shape"]), strides, padding, ceil_mode=bool(a.get("ceil_mode", 0)))


def _clip(x, low=None, high=None, **_):
    return F.relu6(x) if (low, high) == (0.0, 6.0) else torch.clamp(x, low, high)


def _resize(x, roi=None, scales=None, sizes=None, **a):
    shape = sizes[2:] if sizes is not None else [round(n * s) for n, s in zip(x.shape[2:], scales[2:])]
    coordinates = a.get("coordinate_transformation_mode", b"half_pixel")
    if a.get("mode", b"nearest") == b"nearest":
        return F.interpolate(x, shape, mode="nearest")
    if a["mode"] == b"linear" and coordinates in (b"half_pixel", b"pytorch_half_pixel"):
        return F.interpolate(x, shape, mode="bilinear", align_corners=False)
    raise ValueError(f"Resize {a}")


def _slice(x, starts, ends, axes, steps=None, **_):
    index = [slice(None)] * x.dim()
    for start, end, axis, step in zip(starts, ends, axes, steps or [1] * len(axes)):
        index[axis] = slice(start, end, step)
    return x[tuple(index)]


OPERATORS = parity.OPERATORS | {
    "Conv": _conv,
    "MaxPool": _max_pool,
    "Clip": _clip,
    "Resize": _resize,
    "Slice": _slice,
    "Identity": lambda x: x,
    "Concat": lambda *parts, axis: torch.cat(parts, axis),
    "Transpose": lambda x, perm: x.permute(perm),
    "Softmax": lambda x, axis=-1: torch.softmax(x, axis),
    "InstanceNormalization": lambda x, scale, bias, epsilon=1e-5: F.instance_norm(x, weight=scale, bias=bias, eps=epsilon),
    "Reshape": lambda x, shape, **_: x.reshape(shape),
}

# Inputs that torch wants as numbers, by operator and position.
NUMBERS = {"Clip": (1, 2), "Resize": (2, 3), "Slice": (1, 2, 3, 4), "Reshape": (1,)}


class Network(torch.nn.Module):
    """An ONNX graph of the operators above; `outputs` names the tensors returned, all by default."""

    def __init__(self, path, outputs=None):
        super().__init__()
        graph = onnx.load(path).graph
        tensors = {tensor.name: tensor for tensor in graph.initializer}
        self.slots, self.nodes = {}, []
        for node in graph.node:
            if node.op_type not in OPERATORS:
                raise ValueError(f"no torch call for {node.op_type}")
            inputs = []
            for position, name in enumerate(node.input):
                if name in tensors and position in NUMBERS.get(node.op_type, ()):
                    inputs.append((None, numpy_helper.to_array(tensors[name]).tolist()))
                elif name:
                    inputs.append((name, None))
                    if name in tensors and name not in self.slots:
                        self.slots[name] = f"weight{len(self.slots)}"
                        self.register_buffer(self.slots[name], torch.from_numpy(numpy_helper.to_array(tensors[name]).copy()))
                else:
                    inputs.append((None, None))
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            self.nodes.append((OPERATORS[node.op_type], inputs, node.output[0], attributes))
        (self.input,) = [value.name for value in graph.input if value.name not in tensors]
        self.outputs = list(outputs or [value.name for value in graph.output])

    def forward(self, x):
        """The outputs: one tensor, or a tuple of several."""
        values = {name: getattr(self, slot) for name, slot in self.slots.items()}
        values[self.input] = x
        for operator, inputs, output, attributes in self.nodes:
            arguments = [values[name] if name else number for name, number in inputs]
            values[output] = operator(*arguments, **attributes)
        found = tuple(values[name] for name in self.outputs)
        return found[0] if len(found) == 1 else found
