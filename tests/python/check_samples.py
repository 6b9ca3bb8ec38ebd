"""Re-checks the samples of a run with the bundle's plain ONNX files and onnxruntime alone.

    check_samples.py RUN BUNDLE

Reads codes from samples.safetensors, runs generator and classifier as bundle.toml describes them
(none of invset's own graphs), reads the units of run.toml and prints one line; exits 1 when a
sample lies outside its interval.
"""

import json
import pathlib
import re
import struct
import sys
import tomllib

import numpy as np
import onnxruntime

DTYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}


def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    start = 8 + length
    tensors = {
        name: np.frombuffer(data[start + at[0] : start + at[1]], DTYPES[dtype]).reshape(shape)
        for name, (dtype, shape, at) in (
            (name, (entry["dtype"], entry["shape"], entry["data_offsets"]))
            for name, entry in header.items()
        )
    }
    return tensors, metadata


def with_output(path, tensor):
    """The model's bytes with an inner tensor as an output, by editing the protobuf in place."""
    model = pathlib.Path(path).read_bytes()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    if tensor in [output.name for output in session.get_outputs()]:
        return model
    # graph.output is field 12 of GraphProto, graph is field 7 of ModelProto; an output with a
    # name only is enough for onnxruntime. The appended ModelProto merges with the first.
    name = tensor.encode()
    value = b"\x0a" + varint(len(name)) + name
    graph = b"\x62" + varint(len(value)) + value
    return model + b"\x3a" + varint(len(graph)) + graph


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def images(bundle, facts, codes, code_shape):
    generator = facts["generator"]
    if generator.get("kind") == "pixels":
        return codes.reshape(-1, *generator["shape"])
    session = onnxruntime.InferenceSession(bundle / generator["file"])
    codes = codes.reshape(-1, *code_shape)
    made = session.run([generator["output"]], {generator["input"]: codes})[0]
    low, high = generator["range"]
    return ((made - low) / (high - low)).clip(0, 1).astype(np.float32)


def activation(constraint, tensor):
    unit = constraint["unit"]
    index = constraint["index"]
    if unit.startswith("prob("):
        shifted = np.exp(tensor - tensor.max(axis=1, keepdims=True))
        return (shifted / shifted.sum(axis=1, keepdims=True))[:, index]
    if unit.startswith("max("):
        return tensor[:, index].max(axis=(1, 2))
    position = re.search(r"\[(\d+),(\d+),(\d+)\]$", unit)
    if position:
        return tensor[(slice(None), *map(int, position.groups()))]
    if tensor.ndim == 4:
        return tensor[:, index].mean(axis=(1, 2))
    return tensor[:, index]


def main(run, bundle):
    run, bundle = pathlib.Path(run), pathlib.Path(bundle)
    facts = tomllib.loads((bundle / "bundle.toml").read_text())
    settings = tomllib.loads((run / "run.toml").read_text())
    tensors, metadata = read_safetensors(run / "samples.safetensors")
    made = images(bundle, facts, tensors["codes"], json.loads(metadata["code_shape"]))
    classifier = facts["classifier"]
    mean = np.array(classifier["mean"], np.float32).reshape(1, -1, 1, 1)
    std = np.array(classifier["std"], np.float32).reshape(1, -1, 1, 1)
    batch = ((made - mean) / std).astype(np.float32)
    outside = 0
    words = []
    for number, constraint in enumerate(settings["constraint"]):
        model = with_output(bundle / classifier["file"], constraint["tensor"])
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        tensor = session.run([constraint["tensor"]], {classifier["input"]: batch})[0]
        values = activation(constraint, tensor)
        low = constraint.get("low", -np.inf)
        high = constraint.get("high", np.inf)
        outside += int(((values < low) | (values > high)).sum())
        apart = np.abs(values - tensors["activations"][:, number]).max()
        words.append(
            f"{constraint['unit']} in [{low:.4f}, {high:.4f}]: "
            f"{values.min():.4f}..{values.max():.4f}, off by at most {apart:.1e}"
        )
    print(f"{len(made)} samples, {outside} outside; " + "; ".join(words))
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
