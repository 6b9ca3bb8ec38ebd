"""Writes models/heartbeats: networks, bundle.toml, labels, prior, statistics."""

import numpy as np
from safetensors.numpy import save

import statistics_file
from export import export
from heartbeats import nets
from heartbeats.beats import LABELS, LENGTH

MANIFEST = """\
name = "heartbeats"
description = "Single heartbeats of an electrocardiogram, 128 samples of 1/180 s in mV: normal or premature ventricular"
licence = "MIT OR Apache-2.0 (weights); trained on MIT-BIH record 208 (PhysioNet, ODC-By 1.0)"

[generator]
kind = "signal"
file = "generator.onnx"
input = "code"
output = "signal"
range = [-2.0, 3.0]
names = "channels.txt"

[generator.prior]
kind = "normal"
file = "prior.safetensors"

[classifier]
file = "classifier.onnx"
input = "signal"
logits = "logits"
mean = [{mean}]
std = [{std}]

[judge]
file = "judge.onnx"
input = "signal"
output = "embedding"

[inverse]
file = "inverse.onnx"
input = "signal"
output = "code"

[labels]
file = "labels.txt"

[stats]
file = "stats.safetensors"
"""

# The signal under other shapes.
NO_STATISTICS = ("line.flatten", "line.unflatten", "flatten")


def write(folder, trained, every, mean, std):
    """`trained`: classifier, generator, inverse, judge; `every`: all beats. Returns each file's facts, and the statistics."""
    folder.mkdir(parents=True, exist_ok=True)
    signal = (1, LENGTH)
    facts = {
        "classifier": export(trained["classifier"], folder / "classifier.onnx", "signal", signal,
                             {"logits": "logits", "features": "features"}),
        "generator": export(trained["generator"], folder / "generator.onnx", "code", (nets.CODE,), {"signal": "signal"}),
        "inverse": export(trained["inverse"], folder / "inverse.onnx", "signal", signal, {"code": "code"}),
        "judge": export(trained["judge"], folder / "judge.onnx", "signal", signal, {"embedding": "embedding"}),
    }
    (folder / "bundle.toml").write_text(MANIFEST.format(mean=mean, std=std))
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    (folder / "channels.txt").write_text("MLII, mV\n")
    prior = {"mean": np.zeros(nets.CODE, np.float32), "sd": np.ones(nets.CODE, np.float32)}
    (folder / "prior.safetensors").write_bytes(save(prior))
    tensors = statistics_file.write(folder, every.values, mean, std, "every beat of the recording", ("judge",), NO_STATISTICS)
    return facts, tensors
