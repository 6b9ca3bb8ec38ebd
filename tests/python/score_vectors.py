"""Writes what the reference packages make of fixed data, for tests/scores.rs.

    score_vectors.py tests/vectors/scores.json

Vendi scores by `vendi-score` (Friedman and Dieng, arXiv 2210.02410), of order 1 and 2, with the Gaussian
kernel; precision, recall, density and coverage by `prdc` (Naeem et al., arXiv 2002.09797); the
log-determinant, the Riesz energy and the mean perceptual distance by their formulas in numpy.

    pip install vendi-score==0.0.3 prdc==0.2
"""

import json
import sys

import numpy as np
from prdc import compute_prdc
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr
from vendi_score import vendi


def rounded(values):
    """What a reader of three decimals into float32 has."""
    return np.round(values, 3).astype(np.float32).astype(np.float64)


def written(values):
    """The same in the fewest digits."""
    return np.round(values, 3).tolist()


def samples():
    random = np.random.default_rng(20210719)
    yield "normal", 2.0, rounded(random.normal(size=(30, 6))), rounded(random.normal(size=(24, 6)))
    piles = np.repeat(random.normal(size=(4, 5)) * 5, 8, axis=0) + random.normal(size=(32, 5)) * 0.2
    yield "four piles, of which two are found", 3.0, rounded(piles), rounded(
        piles[:16] + random.normal(size=(16, 5)) * 0.2
    )
    yield "far apart", 1.0, rounded(random.normal(size=(40, 3))), rounded(
        random.normal(size=(20, 3)) + 0.8
    )


def perceptual(features):
    """Zhang et al., CVPR 2018, equation 1 with unit weights: features [n, C, H, W] of each layer."""
    n = len(features[0])
    total = np.zeros((n, n))
    for layer in features:
        unit = layer / np.sqrt((layer**2).sum(axis=1, keepdims=True) + 1e-10)
        for i in range(n):
            for j in range(n):
                total[i, j] += ((unit[i] - unit[j]) ** 2).sum(axis=0).mean()
    return total[np.triu_indices(n, 1)].mean()


def scores():
    for name, bandwidth, real, generated in samples():
        squared = squareform(pdist(generated, "sqeuclidean"))
        kernel = np.exp(-squared / (2 * bandwidth**2))
        pairs = squared[np.triu_indices(len(generated), 1)]
        compared = compute_prdc(real_features=real, fake_features=generated, nearest_k=5)
        yield {
            "name": name,
            "bandwidth": bandwidth,
            "real": written(real),
            "generated": written(generated),
            "vendi": float(vendi.score_K(kernel)),
            "rke": float(vendi.score_K(kernel, q=2)),
            "log_det": float(np.linalg.slogdet(kernel + 1e-6 * np.eye(len(kernel)))[1]),
            "riesz_energy": float(((pairs / bandwidth**2 + 1e-6) ** -2).mean()),
            **{key: float(value) for key, value in compared.items()},
        }


def correlations():
    random = np.random.default_rng(7)
    for name, a, b in [
        ("normal", random.normal(size=40), random.normal(size=40)),
        ("rectified", np.maximum(random.normal(size=60), 0), np.maximum(random.normal(size=60), 0)),
        ("alike", *(np.maximum(np.arange(30) - 9 + random.normal(size=(2, 30)) * 4, 0))),
    ]:
        a, b = rounded(a), rounded(b)
        yield {"name": name, "a": written(a), "b": written(b), "rho": float(spearmanr(a, b)[0])}


def layers():
    random = np.random.default_rng(11)
    shapes = [(5, 3, 4, 4), (5, 4, 2, 2)]
    features = [rounded(np.maximum(random.normal(size=shape), 0)) for shape in shapes]
    return {
        "layers": [{"shape": f.shape[1:], "rows": written(f.reshape(5, -1))} for f in features],
        "mean": float(perceptual(features)),
    }


def main():
    vectors = {
        "source": "tests/python/score_vectors.py, with vendi-score 0.0.3, prdc 0.2, scipy",
        "scores": list(scores()),
        "rank_correlations": list(correlations()),
        "perceptual": layers(),
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(vectors, file)
        file.write("\n")


main()
