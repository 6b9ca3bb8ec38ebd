"""stats.safetensors: what each unit does on the test images, so that `p99` is a number."""

import hashlib

import numpy as np
import onnxruntime
from safetensors.numpy import save

from export import session, with_all_tensors

LEVELS = np.array([0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1], np.float32)
BINS = 64


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


def write(folder, images: np.ndarray, mean, std, data: str, encoders=()):
    """Writes folder/stats.safetensors; `images` [n, 1, 28, 28] in [0, 1]. Returns the tensors written."""
    model, names = with_all_tensors(folder / "classifier.onnx")
    runner = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    normalised = ((images - np.float32(mean)) / np.float32(std)).astype(np.float32)
    tensors = {"levels": LEVELS}
    for name, values in zip(names, run(runner, normalised, names), strict=True):
        quantiles = np.quantile(values.astype(np.float64), LEVELS.astype(np.float64), axis=0)
        tensors[f"quantiles/{name}"] = np.ascontiguousarray(quantiles.T.astype(np.float32))
        tensors[f"histogram/{name}"] = histogram(values)
    chosen = images[np.random.default_rng(0).permutation(len(images))[:1000]]
    tensors["median_distance/pixels"] = median_distance(chosen)
    facts = {"image_count": str(len(images)), "data": data, "classifier_sha256": sha256(folder / "classifier.onnx")}
    for name in encoders:
        (embedding,) = run(session(folder / f"{name}.onnx"), chosen, ["embedding"])
        tensors[f"median_distance/{name}"] = median_distance(embedding)
        facts[f"{name}_sha256"] = sha256(folder / f"{name}.onnx")
    (folder / "stats.safetensors").write_bytes(save(tensors, metadata=facts))
    return tensors
