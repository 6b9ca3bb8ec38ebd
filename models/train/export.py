"""torch module -> a plain ONNX file, without a shape subgraph, a constant node or a training leftover.

The module is traced by torch.fx; each submodule becomes one or two nodes, and the submodule's path
becomes the name of its output tensor (`layer1.conv`, `layer1.relu`), so every tensor that is worth a
tap has a readable name. Batch norm is folded into the convolution before it.
"""

import copy
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.fx
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import nets

OPSET = 18
MERGED = (nn.BatchNorm2d, nn.Dropout, nn.Identity)


class Tracer(torch.fx.Tracer):
    """Leaves are torch's own modules and our two operator modules."""

    def is_leaf_module(self, module, path):
        return isinstance(module, (nets.Sum, nets.Scale)) or super().is_leaf_module(module, path)


class Shapes(torch.fx.Interpreter):
    """Runs the traced graph once and notes the shape of each module's output."""

    def __init__(self, net, graph):
        super().__init__(net, graph=graph)
        self.of = {}

    def run_node(self, node):
        value = super().run_node(node)
        self.of[node] = getattr(value, "shape", None) and tuple(value.shape)
        return value


def fold(net):
    """A copy in evaluation mode with every batch norm folded into its convolution."""
    net = copy.deepcopy(net).eval().float().to(memory_format=torch.contiguous_format)
    for module in net.modules():
        for suffix in ("", "1", "2"):
            conv, norm = f"conv{suffix}", f"norm{suffix}"
            if isinstance(getattr(module, norm, None), nn.BatchNorm2d):
                transposed = isinstance(getattr(module, conv), nn.ConvTranspose2d)
                setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm), transposed))
                setattr(module, norm, nn.Identity())
    return net


def halve(net):
    """Rounds every weight of a matrix or kernel to 16 bits, in place, so that torch and file agree."""
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() > 1:
                parameter.copy_(parameter.half().float())
    return net


class Builder:
    """Collects nodes and initializers, and counts multiply-adds.

    With `half`, matrices and kernels are stored in 16 bits and cast to 32 by a node each, which a runtime
    folds when it loads the file.
    """

    def __init__(self, half=False):
        self.nodes, self.weights, self.macs, self.parameters, self.half = [], [], 0, 0, half

    def weight(self, name, value):
        array = np.ascontiguousarray(value.detach().numpy() if isinstance(value, torch.Tensor) else value)
        self.parameters += array.size if array.ndim and array.dtype == np.float32 else 0
        if self.half and array.ndim > 1 and array.dtype == np.float32:
            self.weights.append(numpy_helper.from_array(array.astype(np.float16), f"{name}.half"))
            self.node("Cast", [f"{name}.half"], name, to=TensorProto.FLOAT)
        else:
            self.weights.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op, inputs, name, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))

    def module(self, module, name, inputs, shape):
        """The node of one leaf module; `shape` is that of its output."""
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            transposed = isinstance(module, nn.ConvTranspose2d)
            tensors = [*inputs, self.weight(f"{name}.weight", module.weight), self.weight(f"{name}.bias", module.bias)]
            pads, kernel, strides = list(module.padding), list(module.kernel_size), list(module.stride)
            self.node("ConvTranspose" if transposed else "Conv", tensors, name, kernel_shape=kernel,
                      strides=strides, pads=pads * 2)
            places = shape[2] * shape[3] // (strides[0] * strides[1] if transposed else 1)
            self.macs += places * module.weight.numel()
        elif isinstance(module, nn.Linear):
            tensors = [*inputs, self.weight(f"{name}.weight", module.weight)]
            if module.bias is not None:
                tensors.append(self.weight(f"{name}.bias", module.bias))
            self.node("Gemm", tensors, name, transB=1)
            self.macs += module.weight.numel()
        elif isinstance(module, nn.LeakyReLU):
            self.node("LeakyRelu", inputs, name, alpha=module.negative_slope)
        elif isinstance(module, (nn.ReLU, nn.Sigmoid, nn.Tanh)):
            self.node({nn.ReLU: "Relu", nn.Sigmoid: "Sigmoid", nn.Tanh: "Tanh"}[type(module)], inputs, name)
        elif isinstance(module, nn.MaxPool2d):
            self.node("MaxPool", inputs, name, kernel_shape=[module.kernel_size] * 2, strides=[module.stride] * 2)
        elif isinstance(module, nn.AvgPool2d):
            self.node("AveragePool", inputs, name, kernel_shape=[module.kernel_size] * 2, strides=[module.stride] * 2)
        elif isinstance(module, nn.Upsample):
            factors = np.array([1, 1, module.scale_factor, module.scale_factor], np.float32)
            self.node("Resize", [*inputs, "", self.weight(f"{name}.scales", factors)], name, mode="linear",
                      coordinate_transformation_mode="half_pixel")
        elif isinstance(module, nn.AdaptiveAvgPool2d):
            self.node("GlobalAveragePool", inputs, name)
        elif isinstance(module, nn.Flatten):
            self.node("Flatten", inputs, name, axis=1)
        elif isinstance(module, nn.Unflatten):
            target = np.array([-1, *module.unflattened_size], np.int64)
            self.node("Reshape", [*inputs, self.weight(f"{name}.shape", target)], name)
        elif isinstance(module, nets.Sum):
            self.node("Add", inputs, name)
        elif isinstance(module, nets.Scale):
            self.node("Mul", [*inputs, self.weight(f"{name}.factor", np.float32(module.factor))], f"{name}.scaled")
            self.node("Add", [f"{name}.scaled", self.weight(f"{name}.offset", np.float32(module.offset))], name)
        else:
            raise TypeError(f"no ONNX form for {type(module).__name__} at {name}")


def export(net, path, input_name, input_shape, outputs, rename=(), doc="", half=False):
    """Writes `net`; `outputs` maps each output's name, in order, to its module path. Returns facts.

    `rename` maps further module paths to tensor names. `half` stores weights in 16 bits.
    """
    net = halve(fold(net)) if half else fold(net)
    graph = Tracer().trace(net)
    shapes = Shapes(net, graph)
    shapes.run(torch.zeros(1, *input_shape))
    names = {**{path: name for name, path in outputs.items()}, **dict(rename)}
    builder, values, kept = Builder(half), {}, {}
    for node in graph.nodes:
        if node.op == "placeholder":
            values[node] = input_name
        elif node.op == "call_module":
            module, inputs = net.get_submodule(node.target), [values[a] for a in node.args]
            if isinstance(module, MERGED):
                values[node] = inputs[0]
                continue
            name = names.get(node.target, node.target)
            shape = shapes.of[node]
            builder.module(module, name, inputs, shape)
            values[node], kept[name] = name, shape
        elif node.op != "output":
            raise TypeError(f"unexpected {node.op} {node.target} while tracing")
    graph_outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *kept[name][1:]]) for name in outputs
    ]
    hidden = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape[1:]])
              for name, shape in kept.items() if name not in outputs]
    model = helper.make_model(
        helper.make_graph(
            builder.nodes, Path(path).stem,
            [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, ["N", *input_shape])],
            graph_outputs, builder.weights, doc_string=doc, value_info=hidden,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)], producer_name="invset models/train", ir_version=9,
    )
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    difference = check(path, net, input_name, input_shape, list(outputs))
    return dict(file=Path(path).name, bytes=Path(path).stat().st_size, macs=builder.macs, tensors=kept,
                parameters=builder.parameters, difference=difference)


def session(path):
    """ONNX Runtime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def check(path, net, input_name, input_shape, outputs):
    """The file against torch, and batch 1 against batch 3: the largest difference, refused above 1e-4."""
    source = torch.Generator().manual_seed(3)
    batch = torch.rand(3, *input_shape, generator=source)
    if len(input_shape) == 1:
        batch = torch.randn(3, *input_shape, generator=source)
    with torch.no_grad():
        expected = net(batch)
    expected = expected if isinstance(expected, tuple) else (expected,)
    runner = session(path)
    together = runner.run(outputs, {input_name: batch.numpy()})
    alone = [runner.run(outputs, {input_name: batch[i : i + 1].numpy()}) for i in range(3)]
    worst = 0.0
    for index, (torch_value, value) in enumerate(zip(expected, together, strict=True)):
        single = np.concatenate([row[index] for row in alone])
        worst = max(worst, np.abs(torch_value.numpy() - value).max(), np.abs(single - value).max())
    if not worst < 1e-4:
        raise AssertionError(f"{path}: differs from torch or between batches by {worst}")
    return float(worst)


def with_all_tensors(path):
    """The serialised model with every intermediate tensor as an output, and their names.

    A flattened input is left out: it is the input.
    """
    model = onnx.load(path)
    copies = {node.output[0] for node in model.graph.node
              if node.op_type == "Flatten" and node.input[0] == model.graph.input[0].name}
    known = {output.name for output in model.graph.output}
    hidden = [value for value in model.graph.value_info if value.name not in known | copies]
    model.graph.output.extend(hidden)
    return model.SerializeToString(), [output.name for output in model.graph.output]
