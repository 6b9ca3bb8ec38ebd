"""How many of the recorded networks the Python package onnx-ad differentiates correctly.

    python -m venv peer && peer/bin/pip install onnx-ad==0.3.0 onnxruntime numpy
    peer/bin/python benches/peers/onnx_ad_networks.py FOLDER

FOLDER is `tests/networks`, or what `tests/python/write_networks.py --full --out FOLDER` wrote: the
files and vectors of `tests/networks.rs`. Each file is differentiated by `onnx_ad.reverse`, as it is
and, if that fails, once more with the batch written into its input and shapes inferred; the result
runs in ONNX Runtime on one thread. A file passes if the vector-Jacobian products of every batch (1,
and 3 where dynamic) are within 1e-4 of the largest entry. Prints one line a file that fails, then
counts by exporter and by reason.
"""

import json
import re
import signal
import struct
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnx.version_converter
import onnx_ad
import onnxruntime

TOLERANCE = 1e-4
SECONDS = 120
TYPES = {"F32": np.float32, "F64": np.float64}


class Failure(Exception):
    """A reason, in words that files of a kind share."""


def read_vectors(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], TYPES[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def with_batch(model, batch):
    """The model with its batch written down, and every shape that follows."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for value in (*fixed.graph.input, *fixed.graph.output):
        if value.name in ("x", "y"):
            value.type.tensor_type.shape.dim[0].dim_value = batch
    return onnx.shape_inference.infer_shapes(fixed, data_prop=True)


def check(model, vectors, batch):
    try:
        derivative = onnx_ad.reverse(model, inputs=["x"], outputs=["y"], layout="onnx")
    except onnx_ad.UnsupportedOperator as error:
        raise Failure(f"refused: {error}") from error
    except Exception as error:
        raise Failure(f"reverse raised {type(error).__name__}: {error}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            derivative.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        fed = {"x": vectors["x"][:batch], "adj_y": vectors["y_bar"][:batch, ..., None]}
        (x_bar,) = session.run(["adj_x"], fed)
    except Exception as error:
        raise Failure(f"ONNX Runtime: {error}") from error
    expected = vectors["x_bar"][:batch]
    error = np.abs(x_bar.reshape(expected.shape) - expected).max() / np.abs(expected).max()
    if not error <= TOLERANCE:
        raise Failure("wrong values")


def as_it_is(model, batch):
    return model


def at_opset_18(model, batch):
    model = with_batch(model, batch)
    return onnx.shape_inference.infer_shapes(onnx.version_converter.convert_version(model, 18), data_prop=True)


WAYS = {"as it is": as_it_is, "with its batch fixed": with_batch, "converted to opset 18": at_opset_18}


def attempt(path, vectors):
    """The way in which every batch is right, or why not with its batch fixed."""
    model = onnx.load(path)
    batches = (1, 3) if path.stem.endswith("-dynamic") else (1,)
    failures = []
    for way, prepare in WAYS.items():
        try:
            for batch in batches:
                check(prepare(model, batch), vectors, batch)
            return None, way
        except Failure as failure:
            failures.append(failure)
        except Exception as error:
            failures.append(Failure(f"{way}: {type(error).__name__}: {error}"))
    return failures[1], None


def kind(failure):
    """The reason without names and numbers."""
    text = " ".join(str(failure).split())
    text = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "…", text)
    text = re.sub(r"/[\w./]+", "…", text)
    return re.sub(r"\d+", "#", text)[:110]


def out_of_time(*_):
    raise Failure(f"no result in {SECONDS} s")


def main(folder):
    signal.signal(signal.SIGALRM, out_of_time)
    passed, total, alone, ways, reasons = Counter(), Counter(), Counter(), Counter(), Counter()
    for path in sorted(folder.glob("*/*.onnx")):
        exporter = path.stem.rsplit("-", 1)[0]
        total[exporter] += 1
        signal.alarm(SECONDS)
        try:
            failure, way = attempt(path, read_vectors(path.parent / "vectors.safetensors"))
        except Failure as late:
            failure, way = late, None
        signal.alarm(0)
        if failure is None:
            passed[exporter] += 1
            ways[way] += 1
            alone[exporter] += way == "as it is"
        else:
            reasons[kind(failure)] += 1
            print(f"{path.relative_to(folder)}: {' '.join(str(failure).split())[:160]}")
    print(f"\nonnx-ad passes {sum(passed.values())} of {sum(total.values())} files: {dict(ways)}")
    for exporter in sorted(total):
        print(f"  {exporter:16} {passed[exporter]:4} of {total[exporter]}, {alone[exporter]} as they are")
    for reason, count in reasons.most_common():
        print(f"  {count:4} {reason}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
