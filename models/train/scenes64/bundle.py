"""Writes models/scenes64: networks in 16-bit weights, bundle.toml, labels, prior, statistics."""

import numpy as np
from safetensors.numpy import save

import statistics_file
from export import export
from scenes64 import nets
from scenes64.photos import MEAN, SIZE, STD

MANIFEST = """\
name = "scenes64"
description = "200 kinds of things in colour, 64 x 64: animals, objects, food, places; learned from Tiny-ImageNet photographs"
licence = "MIT OR Apache-2.0 (weights); trained on ImageNet photographs, which are for research and education"

[generator]
file = "generator.onnx"
input = "code"
output = "image"
range = [0.0, 1.0]
channels = "RGB"

[generator.prior]
kind = "normal"
file = "prior.safetensors"

[classifier]
file = "classifier.onnx"
input = "image"
logits = "logits"
mean = {mean}
std = {std}
size = [{size}, {size}]
channels = "RGB"

[encoder]
tensor = "features"

[judge]
file = "judge.onnx"
input = "image"
output = "embedding"

[inverse]
file = "inverse.onnx"
input = "image"
output = "code"

[labels]
file = "labels.txt"

[stats]
file = "stats.safetensors"
"""

# What nobody asks for by level: the inside of residual blocks, and the pooled map before it is flat.
NO_STATISTICS = ("conv1", "relu1", "conv2", "pool")


def prior(codes) -> dict[str, np.ndarray]:
    """Mean, standard deviation and clip of each code dimension over the training photographs [n, d].

    The clip holds 99.8 % of them in each dimension.
    """
    codes = codes.double().numpy()
    low, high = np.quantile(codes, [0.001, 0.999], axis=0)
    facts = dict(mean=codes.mean(0), sd=codes.std(0), low=low, high=high)
    return {name: value.astype(np.float32) for name, value in facts.items()}


def write(folder, trained, codes, held_out, labels):
    """`trained`: classifier, generator, judge, inverse; `codes`: of the training photographs [n, d].

    Returns each file's facts, and the statistics.
    """
    folder.mkdir(parents=True, exist_ok=True)
    image = (3, SIZE, SIZE)
    facts = {
        "classifier": export(trained["classifier"], folder / "classifier.onnx", "image", image,
                             {"logits": "logits", "features": "features"}, half=True),
        "generator": export(trained["generator"], folder / "generator.onnx", "code", (nets.CODE,), {"image": "image"}, half=True),
        "judge": export(trained["judge"], folder / "judge.onnx", "image", image, {"embedding": "embedding"}, half=True),
        "inverse": export(trained["inverse"], folder / "inverse.onnx", "image", image, {"code": "code"}, half=True),
    }
    (folder / "bundle.toml").write_text(MANIFEST.format(mean=list(MEAN), std=list(STD), size=SIZE))
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
    (folder / "prior.safetensors").write_bytes(save(prior(codes)))
    tensors = statistics_file.write(folder, held_out.floats().numpy(), MEAN, STD, "Tiny-ImageNet photographs held out",
                                    ("judge",), NO_STATISTICS, encoder_tensor="features")
    return facts, tensors
