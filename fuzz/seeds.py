"""Writes the seeds of the fuzz target `parse`: tiny models, one or a few for each operator family.

    python fuzz/seeds.py                            the committed ones, into fuzz/seeds/parse
    python fuzz/seeds.py --node-tests fuzz/corpus/parse
                                                    the node tests of the onnx package, not committed

Needs the Python package `onnx` (1.16 or later) and numpy.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(0)


def floats(name, *shape):
    values = rng.standard_normal(shape).astype(np.float32).round(2)
    return numpy_helper.from_array(values, name)


def ints(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def scalar(name, value, dtype=np.float32):
    return numpy_helper.from_array(np.array(value, dtype), name)


def model(nodes, shape, weights=(), opset=18, functions=(), outputs=None):
    """A model from `x`; the output is the last node's."""
    names = outputs or [nodes[-1].output[0]]
    graph = helper.make_graph(
        nodes,
        "seed",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names],
        list(weights),
    )
    imports = [helper.make_opsetid("", opset)]
    if functions:
        imports.append(helper.make_opsetid("local", 1))
    return helper.make_model(graph, opset_imports=imports, ir_version=8, functions=list(functions))


def node(op, inputs, output="y", **attributes):
    outputs = output.split() if isinstance(output, str) else output
    return helper.make_node(op, inputs.split(), outputs, **attributes)


def chain(*ops):
    """One-input nodes one after the other."""
    names = ["x"] + [f"v{index}" for index in range(len(ops))]
    return [node(op, names[i], names[i + 1], **attributes) for i, (op, attributes) in enumerate(ops)]


def seeds():
    image = ["N", 2, 4, 4]
    yield "convnet", model(
        [
            node("Conv", "x w b", "a", pads=[1, 1, 1, 1], strides=[2, 2]),
            node("BatchNormalization", "a s b m v", "n"),
            node("Relu", "n", "r"),
            node("MaxPool", "r", "p", kernel_shape=[2, 2], strides=[1, 1]),
            node("Flatten", "p", "f"),
            node("Gemm", "f g", "y", transB=1),
        ],
        image,
        [
            floats("w", 2, 2, 3, 3),
            *(floats(name, 2) for name in "bsm"),
            numpy_helper.from_array(np.ones(2, np.float32), "v"),
            floats("g", 3, 2),
        ],
    )
    yield "depthwise", model(
        [node("Conv", "x w", group=2, auto_pad="SAME_UPPER", dilations=[2, 1])],
        image,
        [floats("w", 2, 1, 2, 2)],
    )
    yield "transposed", model(
        [node("ConvTranspose", "x w", strides=[2, 2], output_padding=[1, 0], pads=[0, 1, 0, 1])],
        image,
        [floats("w", 2, 1, 3, 3)],
    )
    yield "transposed_shape", model(
        [node("ConvTranspose", "x w", strides=[2, 2], output_shape=[8, 8])],
        image,
        [floats("w", 2, 1, 3, 3)],
    )
    yield "pools", model(
        [
            node("AveragePool", "x", "a", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
            node("MaxPool", "x", "b", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
            node("Add", "a b", "c"),
            node("GlobalAveragePool", "c", "d"),
            node("GlobalMaxPool", "c", "e"),
            node("Sub", "d e"),
        ],
        image,
    )
    yield "indices", model(
        [node("MaxPool", "x", "y i", kernel_shape=[2, 2], strides=[2, 2])],
        image,
        outputs=["y", "i"],
    )
    yield "activations", model(
        chain(
            ("LeakyRelu", {"alpha": 0.1}),
            ("Elu", {}),
            ("Selu", {}),
            ("Celu", {"alpha": 0.5}),
            ("HardSigmoid", {}),
            ("HardSwish", {}),
            ("Mish", {}),
            ("Softplus", {}),
            ("Softsign", {}),
            ("ThresholdedRelu", {}),
            ("Erf", {}),
            ("Sigmoid", {}),
            ("Tanh", {}),
        ),
        [1, 4],
    )
    yield "gelu", model(
        chain(("Gelu", {"approximate": "tanh"}), ("Gelu", {})), [1, 4], opset=20
    )
    yield "arithmetic", model(
        [
            node("Pow", "x two", "a"),
            node("Div", "a x", "b"),
            node("PRelu", "b w", "c"),
            node("Max", "a b c", "d"),
            node("Mean", "a d", "e"),
            node("Clip", "e lo hi", "f"),
            node("Greater", "f x", "g"),
            node("Where", "g f x", "h"),
            node("Mod", "h two", "y", fmod=1),
        ],
        [1, 4],
        [scalar("two", 2), floats("w", 4), scalar("lo", -1), scalar("hi", 1)],
    )
    yield "clip_attributes", model([node("Clip", "x", min=0.0, max=6.0)], image, opset=10)
    yield "casts", model(
        [
            node("Cast", "x", "a", to=TensorProto.INT64),
            node("Cast", "a", "b", to=TensorProto.FLOAT),
            node("CastLike", "b x", "c"),
            node("Dropout", "c", "d m"),
            node("Identity", "d"),
        ],
        [1, 4],
    )
    yield "normalisations", model(
        [
            node("InstanceNormalization", "x s b", "a"),
            node("LayerNormalization", "a t u", "c", axis=-1),
            node("LRN", "c", "d", size=3),
            node("MeanVarianceNormalization", "d", "e"),
            node("LpNormalization", "e", "y", axis=1, p=2),
        ],
        image,
        [floats("s", 2), floats("b", 2), floats("t", 4), floats("u", 4)],
    )
    for opset, size in (18, 1), (21, 2):
        yield f"groups_{opset}", model(
            [node("GroupNormalization", "x s b", num_groups=1)],
            image,
            [floats("s", size), floats("b", size)],
            opset=opset,
        )
    yield "reductions", model(
        [
            node("ReduceMean", "x axes", "a", keepdims=1),
            node("ReduceSum", "x axes", "b", keepdims=1),
            node("ReduceMax", "x axes", "c", keepdims=1),
            node("ReduceL2", "x axes", "d", keepdims=1),
            node("ReduceLogSumExp", "x axes", "e", keepdims=1),
            node("ReduceProd", "x axes", "f", keepdims=1),
            node("Sum", "a b c d e f"),
        ],
        image,
        [ints("axes", 2, 3)],
    )
    yield "reductions_attributes", model(
        [node("ReduceMean", "x", "a", axes=[1, -1]), node("ReduceSum", "a", "y", keepdims=0)],
        image,
        opset=11,
    )
    yield "softmax_old", model([node("Softmax", "x", axis=1)], image, opset=11)
    yield "softmax", model(chain(("Softmax", {"axis": 1}), ("LogSoftmax", {"axis": -1})), image)
    yield "cumulative", model([node("CumSum", "x a", reverse=1)], [2, 3], [scalar("a", 1, np.int64)])
    yield "shapes", model(
        [
            node("Shape", "x", "s"),
            node("Gather", "s zero", "n", axis=0),
            node("Unsqueeze", "n zeros", "n1"),
            node("Concat", "n1 rest", "target", axis=0),
            node("Reshape", "x target", "a"),
            node("Squeeze", "a last", "b"),
            node("Transpose", "b", "c", perm=[1, 0]),
            node("ConstantOfShape", "target", "d"),
            node("Add", "c d"),
        ],
        image,
        [scalar("zero", 0, np.int64), ints("zeros", 0), ints("rest", -1, 1), ints("last", 2)],
    )
    yield "pieces", model(
        [
            node("Split", "x sizes", "a b", axis=2),
            node("Slice", "a starts ends axes steps", "c"),
            node("Concat", "b c", "d", axis=3),
            node("Tile", "d repeats", "e"),
            node("Expand", "e target", "f"),
            node("Pad", "f pads fill", "y", mode="constant"),
        ],
        [1, 2, 4, 4],
        [
            ints("sizes", 2, 2),
            ints("starts", -1),
            ints("ends", -100),
            ints("axes", 3),
            ints("steps", -2),
            ints("repeats", 1, 1, 1, 2),
            ints("target", 2, 2, 2, 12),
            ints("pads", 0, 0, 1, -1, 0, 0, 1, 2),
            scalar("fill", 1),
        ],
    )
    yield "pads", model(
        [
            node("Pad", "x", "a", mode="reflect", pads=[0, 0, 1, 1, 0, 0, 1, 1]),
            node("Pad", "a", "y", mode="edge", pads=[0, 0, 2, 0, 0, 0, 0, 1]),
        ],
        image,
        opset=10,
    )
    yield "blocks", model(
        chain(("SpaceToDepth", {"blocksize": 2}), ("DepthToSpace", {"blocksize": 2, "mode": "CRD"})),
        image,
    )
    for mode, way in ("linear", "half_pixel"), ("cubic", "align_corners"), ("nearest", "asymmetric"):
        yield f"resize_{mode}", model(
            [
                helper.make_node(
                    "Resize", ["x", "", "scales"], ["y"],
                    mode=mode, coordinate_transformation_mode=way,
                )
            ],
            image,
            [numpy_helper.from_array(np.float32([1, 1, 2, 1.5]), "scales")],
        )
    yield "resize_sizes", model(
        [helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="linear", antialias=1,
                          axes=[2, 3], keep_aspect_ratio_policy="not_larger")],
        image,
        [ints("sizes", 2, 3)],
    )
    yield "upsample", model(
        [node("Upsample", "x scales", mode="nearest")],
        image,
        [numpy_helper.from_array(np.float32([1, 1, 2, 2]), "scales")],
        opset=9,
    )
    yield "index", model(
        [
            node("Gather", "x i", "a", axis=1),
            node("GatherElements", "a j", "b", axis=1),
            node("ScatterElements", "b j b", "y", axis=1),
        ],
        [1, 4],
        [ints("i", 0, -1), numpy_helper.from_array(np.array([[1, 0]]), "j")],
    )
    yield "attention", model(
        [
            node("MatMul", "x q", "a"),
            node("Transpose", "a", "t", perm=[0, 2, 1]),
            node("MatMul", "a t", "s"),
            node("Softmax", "s", "p"),
            node("MatMul", "p a"),
        ],
        [1, 2, 3],
        [floats("q", 3, 3)],
        opset=13,
    )
    yield "einsum", model([node("Einsum", "x w", equation="bij,jk->bik")], [1, 2, 3], [floats("w", 3, 2)])
    yield "constants", model(
        [
            helper.make_node("Constant", [], ["c"], value_floats=[1.0, 2.0]),
            helper.make_node("Constant", [], ["from"], value_int=0),
            helper.make_node("Constant", [], ["to"], value_int=2),
            helper.make_node("Constant", [], ["by"], value_int=1),
            node("Range", "from to by", "r"),
            node("Cast", "r", "f", to=TensorProto.FLOAT),
            node("Mul", "x c", "a"),
            node("Add", "a f"),
        ],
        [1, 2],
    )
    half = numpy_helper.from_array(np.float16([1, -2]), "h")
    double = numpy_helper.from_array(np.float64([1, -2]), "d")
    yield "sixteen_bits", model([node("Cast", "h", "a", to=1), node("Add", "x a")], [1, 2], [half])
    yield "doubles", model([node("Cast", "d", "a", to=1), node("Add", "x a")], [1, 2], [double])

    branch = lambda op: helper.make_graph(
        [node(op, "x", f"{op}_y")],
        op,
        [],
        [helper.make_tensor_value_info(f"{op}_y", TensorProto.FLOAT, None)],
    )
    yield "if", model(
        [helper.make_node("If", ["c"], ["y"], then_branch=branch("Relu"), else_branch=branch("Neg"))],
        [1, 2],
        [scalar("c", True, bool)],
    )
    inner = helper.make_function(
        "local", "inner", ["a"], ["b"],
        [helper.make_node("LeakyRelu", ["a"], ["b"])],
        [helper.make_opsetid("", 18)],
    )
    with_attribute = helper.make_node("LeakyRelu", ["c"], ["d"])
    reference = with_attribute.attribute.add()
    reference.name, reference.ref_attr_name = "alpha", "slope"
    reference.type = onnx.AttributeProto.FLOAT
    outer = helper.make_function(
        "local", "outer", ["a"], ["d"],
        [helper.make_node("inner", ["a"], ["c"], domain="local"), with_attribute],
        [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)],
        ["slope"],
    )
    yield "functions", model(
        [helper.make_node("outer", ["x"], ["y"], domain="local", slope=0.3)],
        [1, 2],
        functions=[inner, outer],
    )
    # What must be refused.
    recursive = helper.make_function(
        "local", "f", ["a"], ["b"],
        [helper.make_node("f", ["a"], ["b"], domain="local")],
        [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)],
    )
    yield "recursive", model(
        [helper.make_node("f", ["x"], ["y"], domain="local")], [1, 2], functions=[recursive]
    )
    yield "cycle", model([node("Add", "x b", "a"), node("Neg", "a", "b")], [1, 2])
    outside = floats("w", 2)
    outside.ClearField("raw_data")
    outside.data_location = TensorProto.EXTERNAL
    entry = outside.external_data.add()
    entry.key, entry.value = "location", "../../x"
    yield "external", model([node("Add", "x w")], [1, 2], [outside])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--node-tests", type=pathlib.Path)
    folder = arguments.parse_args().node_tests
    if folder is None:
        folder = HERE / "seeds" / "parse"
        models = seeds()
    else:
        from onnx.backend.test.loader import load_model_tests

        cases = load_model_tests(kind="node")
        models = ((case.name, case.model) for case in cases if case.model is not None)
    folder.mkdir(parents=True, exist_ok=True)
    for name, proto in models:
        (folder / f"{name}.onnx").write_bytes(proto.SerializeToString())


main()
