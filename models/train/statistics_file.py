"""stats.safetensors: what each unit does on the test images, so that `p99` is a number."""

import hashlib

import numpy as np
import onnxruntime
from safetensors.numpy import save

from export import session, with_all_tensors

LEVELS = np.array([0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1], np.float32)
BINS = 64
TOP = 9  # images kept by index for each unit


def run(runner, feed: np.ndarray, names, size=500) -> list[np.ndarray]:
    """Outputs over all images, reduced to units: elements of rank 2, channel means of rank 4."""
    parts = []
    for start in range(0, len(feed), size):
        values = runner.run(names, {runner.get_inputs()[0].name: feed[start : start + size]})
        parts.append([v.mean((2, 3), dtype=np.float64).astype(np.float32) if v.ndim == 4 else v for v in values])
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def histogram(values: np.ndarray) -> np.ndarray:
    """Counts [units, BINS] over equal bins between each unit's least and greatest value."""
    low, high = values.min(0), values.max(0)
    width = np.where(high > low, high - low, 1.0)
    bins = np.clip(((values - low) / width * BINS).astype(np.int64), 0, BINS - 1)
    units = np.arange(values.shape[1])
    counts = np.zeros((values.shape[1], BINS), np.float32)
    np.add.at(counts, (np.broadcast_to(units, bins.shape), bins), 1.0)
    return counts


def median_distance(points: np.ndarray) -> np.ndarray:
    """The median Euclidean distance over pairs, shape [1]."""
    points = points.reshape(len(points), -1).astype(np.float64)
    square = (points**2).sum(1)
    distance = np.sqrt(np.maximum(square[:, None] + square - 2 * points @ points.T, 0))
    return np.array([np.median(distance[np.triu_indices(len(points), 1)])], np.float32)


def sha256(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def per_channel(value, images) -> np.ndarray:
    """A number, or one for each channel, to be broadcast over images [n, C, H, W] or signals [n, C, L]."""
    return np.asarray(value, np.float32).reshape(1, -1, *[1] * (images.ndim - 2))


def write(folder, images: np.ndarray, mean, std, data: str, encoders=(), skip=(), encoder_tensor=None):
    """Writes folder/stats.safetensors; `images` [n, C, H, W] in [0, 1], or signals [n, C, L]. Returns the tensors written.

    `skip`: ends of names of tensors that nobody asks for. `top/NAME [units, TOP]` (I32): indices of the
    images that excite each unit most, best first. `encoder_tensor`: a tensor of the classifier that is the encoder.
    """
    model, names = with_all_tensors(folder / "classifier.onnx")
    names = [name for name in names if not name.endswith(tuple(skip))]
    runner = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    normalised = ((images - per_channel(mean, images)) / per_channel(std, images)).astype(np.float32)
    tensors = {"levels": LEVELS}
    for name, values in zip(names, run(runner, normalised, names), strict=True):
        quantiles = np.quantile(values.astype(np.float64), LEVELS.astype(np.float64), axis=0)
        tensors[f"quantiles/{name}"] = np.ascontiguousarray(quantiles.T.astype(np.float32))
        tensors[f"histogram/{name}"] = histogram(values)
        best = np.argsort(-values, axis=0, kind="stable")[:TOP]
        tensors[f"top/{name}"] = np.ascontiguousarray(best.T.astype(np.int32))
    chosen = images[np.random.default_rng(0).permutation(len(images))[:1000]]
    space = "pixels" if images.ndim == 4 else "values"
    tensors[f"median_distance/{space}"] = median_distance(chosen)
    facts = {"image_count": str(len(images)), "data": data, "classifier_sha256": sha256(folder / "classifier.onnx")}
    if encoder_tensor:
        (embedding,) = run(runner, ((chosen - per_channel(mean, images)) / per_channel(std, images)).astype(np.float32), [encoder_tensor])
        tensors["median_distance/encoder"] = median_distance(embedding)
    for name in encoders:
        (embedding,) = run(session(folder / f"{name}.onnx"), chosen, ["embedding"])
        tensors[f"median_distance/{name}"] = median_distance(embedding)
        facts[f"{name}_sha256"] = sha256(folder / f"{name}.onnx")
    (folder / "stats.safetensors").write_bytes(save(tensors, metadata=facts))
    return tensors
