"""Every node test that the onnx package brings, through `invset grad` and ONNX Runtime.

Usage: python node_cases.py INVSET [FILTER]

Each case becomes a model whose first float input stays an input and whose other inputs are
weights. The gradient graph's forward outputs must be the expected ones. Printed: what was refused,
by operator and reason, and what is wrong. Ends with status 1 if anything is wrong.
"""

import collections
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

TOLERANCE = 1e-3
OLDEST, NEWEST = 7, 24
# ONNX Runtime's own result of these differs from ONNX's as ours does: it rounds the length first.
KNOWN = {
    "test_resize_downsample_scales_linear_align_corners",
    "test_resize_downsample_scales_cubic_align_corners",
}


def prepared(case):
    """The model with its other inputs as weights; None where no float input can stay one."""
    inputs, outputs = case.data_sets[0]
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    graph = model.graph
    for opset in model.opset_import:
        # Later versions of an operator mostly take more types.
        opset.version = min(max(opset.version, OLDEST), NEWEST)
    if len(inputs) != len(graph.input) or not inputs:
        return None
    first = next(
        (
            index
            for index, (value, info) in enumerate(zip(inputs, graph.input))
            if isinstance(value, np.ndarray)
            and value.ndim > 0
            and value.size > 0
            and value.dtype in (np.float32, np.float64)
        ),
        None,
    )
    if first is None:
        return None
    kept = graph.input[first]
    for index, (value, info) in enumerate(zip(inputs, graph.input)):
        if index == first:
            continue
        if not isinstance(value, np.ndarray):
            return None
        graph.initializer.append(numpy_helper.from_array(value, info.name))
    name, value = kept.name, inputs[first]
    elem = kept.type.tensor_type.elem_type
    del graph.input[:]
    graph.input.append(onnx.helper.make_tensor_value_info(name, elem, list(value.shape)))
    return model, name, value, outputs


def is_float(info):
    kind = info.type.tensor_type.elem_type
    return kind in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)


def run(invset, case, folder):
    parts = prepared(case)
    if parts is None:
        return "skipped", "no float input"
    model, name, value, outputs = parts
    wanted = [(o.name, v) for o, v in zip(model.graph.output, outputs) if o.name and is_float(o)]
    wanted = wanted[:1]
    if not wanted:
        return "skipped", "no float output"
    path, out = folder / "case.onnx", folder / "out.onnx"
    onnx.save(model, path)
    command = [invset, "grad", "--forward", path, "--wrt", name, "--of", wanted[0][0]]
    command += ["--batch", str(value.shape[0]), "-o", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        return "refused", done.stderr.strip().replace(str(path), "")[:300]
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    feeds = {}
    for info in session.get_inputs():
        kind = np.float64 if "double" in info.type else np.float32
        feeds[info.name] = value if info.name == name else np.ones(info.shape, kind)
    found = session.run([wanted[0][0]], feeds)[0]
    expected = np.asarray(wanted[0][1])
    if found.shape != expected.shape:
        return "wrong", f"shape {found.shape}, expected {expected.shape}"
    error = np.max(np.abs(found - expected), initial=0.0)
    close = np.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    return ("right", "") if close else ("wrong", f"largest error {error}")


def main():
    invset, wanted = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    counts, refused, wrong = collections.Counter(), collections.defaultdict(list), []
    with tempfile.TemporaryDirectory() as folder:
        for case in collect_testcases(None):
            if wanted not in case.name or case.name.endswith("_expanded") or case.name in KNOWN:
                continue
            try:
                status, reason = run(invset, case, pathlib.Path(folder))
            except Exception as error:  # a runtime that refuses the result is a finding too
                status, reason = "wrong", str(error).splitlines()[0][:300]
            counts[status] += 1
            if status == "refused":
                refused[reason].append(case.name)
            if status == "wrong":
                wrong.append((case.name, reason))
    for reason, names in sorted(refused.items()):
        print(f"refused: {', '.join(names)}\n    {reason}")
    for name, reason in wrong:
        print(f"WRONG: {name}: {reason}")
    print(dict(counts))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
