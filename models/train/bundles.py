"""Writes the two bundle folders: networks, bundle.toml, labels, prior, statistics."""

import numpy as np
from safetensors.numpy import save

import classifier
import statistics_file
from export import export

LABELS = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]
CODE = 64

FASHION = """\
name = "fashion"
description = "Fashion-MNIST: ten garments, 28 x 28 gray; a small residual classifier and a VAE-GAN generator"
licence = "MIT OR Apache-2.0 (weights); trained on Fashion-MNIST (MIT)"

[generator]
file = "generator.onnx"
input = "code"
output = "image"
range = [0.0, 1.0]
channels = "gray"

[generator.prior]
kind = "normal"
file = "prior.safetensors"

[classifier]
file = "classifier.onnx"
input = "image"
logits = "logits"
mean = [{mean}]
std = [{std}]
size = [28, 28]
channels = "gray"

[encoder]
file = "encoder.onnx"
input = "image"
output = "embedding"

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

HALFSPACE = """\
name = "halfspace"
description = "One neuron, sigma(w.x + b) on the pixels of MNIST, is it a three: its inverse set is a half-space cut with the cube"
licence = "MIT OR Apache-2.0 (weights); trained on MNIST (CC BY-SA 3.0)"

[generator]
kind = "pixels"
shape = [1, 28, 28]
range = [0.0, 1.0]
channels = "gray"

[generator.prior]
kind = "box"
low = 0.0
high = 1.0

[classifier]
file = "classifier.onnx"
input = "image"
logits = "activation"
mean = [0.0]
std = [1.0]
size = [28, 28]
channels = "gray"

[labels]
file = "labels.txt"

[stats]
file = "stats.safetensors"
"""

CLASSIFIER_NAMES = {
    "pool1": "layer1.pool", "pool2": "layer2.pool", "pool4": "layer4.pool",
    "head.flatten": "features.flatten", "head.linear": "features.linear",
}


def fashion(folder, nets, test_images):
    """`nets`: classifier, generator, encoder, judge, inverse. Returns each file's facts by name."""
    folder.mkdir(parents=True, exist_ok=True)
    image = (1, 28, 28)
    facts = {
        "classifier": export(nets["classifier"], folder / "classifier.onnx", "image", image,
                             {"logits": "logits", "features": "head.relu"}, CLASSIFIER_NAMES),
        "generator": export(nets["generator"], folder / "generator.onnx", "code", (CODE,), {"image": "image"}),
        "encoder": export(nets["encoder"], folder / "encoder.onnx", "image", image, {"embedding": "embedding"}),
        "judge": export(nets["judge"], folder / "judge.onnx", "image", image, {"embedding": "embedding"}),
        "inverse": export(nets["inverse"], folder / "inverse.onnx", "image", image, {"code": "code"}),
    }
    (folder / "bundle.toml").write_text(FASHION.format(mean=classifier.MEAN, std=classifier.STD))
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    prior = {"mean": np.zeros(CODE, np.float32), "sd": np.ones(CODE, np.float32)}
    (folder / "prior.safetensors").write_bytes(save(prior))
    tensors = statistics_file.write(folder, test_images, classifier.MEAN, classifier.STD, "Fashion-MNIST test images",
                                    ("encoder", "judge"))
    return facts, tensors


def halfspace(folder, net, test_images):
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"classifier": export(net, folder / "classifier.onnx", "image", (1, 28, 28),
                                  {"activation": "activation", "logit": "logit"})}
    (folder / "bundle.toml").write_text(HALFSPACE)
    (folder / "labels.txt").write_text("three\n")
    tensors = statistics_file.write(folder, test_images, 0.0, 1.0, "MNIST test images")
    return facts, tensors
