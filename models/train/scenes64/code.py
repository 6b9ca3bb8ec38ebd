"""What a code is: 96 numbers of a 16 x 16 sketch and 96 of the classifier's features, whitened over photographs.

After DeePSiM, the generator inverts a fixed encoder. The sketch's first 96 principal components say what is
where; of f's features the part that the sketch does not tell (by linear regression) gives 96 more. All are
scaled to unit variance and uncorrelated, so that the prior of a code is standard normal up to its shape.
"""

from pathlib import Path

import numpy as np
import torch

from scenes64 import nets
from scenes64.photos import MEAN, STD

FROM_SKETCH = 96


def parts(inverse, photos, cache: Path, name: str, mirrored: bool):
    """Sketches [n, 768] and features [n, 192] of all photographs, upright or mirrored; cached."""
    path = Path(cache) / f"{name}-{'mirrored' if mirrored else 'upright'}.npz"
    if not path.exists():
        found = []
        with torch.no_grad():
            for start in range(0, len(photos), 250):
                image = photos.floats(slice(start, start + 250))
                found.append(inverse.parts(image.flip(3) if mirrored else image))
        sketches, features = (torch.cat(column).numpy() for column in zip(*found))
        np.savez(path, sketches=sketches, features=features)
    with np.load(path) as file:
        return file["sketches"].astype(np.float64), file["features"].astype(np.float64)


def whitening(points, size):
    """(W, U): W [size, d] gives the first principal components with unit variance, U [d, size] goes back."""
    values, vectors = np.linalg.eigh(np.cov(points, rowvar=False))
    values, vectors = values[::-1][:size], vectors[:, ::-1][:, :size]
    return (vectors / np.sqrt(values)).T, vectors * np.sqrt(values)


def build(classifier, photos, cache, log=print):
    """The inverse, the codes of all photographs [2, n, 192] (upright, mirrored), and a generator's first sketch.

    The latter is (weight [768, 256], bias [768]) of the linear map from code to sketch.
    """
    inverse = nets.Inverse(classifier, MEAN, STD).eval().requires_grad_(False)
    views = [parts(inverse, photos, cache, "scenes64-parts", mirrored) for mirrored in (False, True)]
    sketches, features = (np.concatenate(column) for column in zip(*views))
    sketch_mean, feature_mean = sketches.mean(0), features.mean(0)
    to_first, back = whitening(sketches, FROM_SKETCH)
    first = (sketches - sketch_mean) @ to_first.T
    # Features as the sketch foretells them, and the rest.
    foretold = first.T @ (features - feature_mean) / len(first)
    rest = features - feature_mean - first @ foretold
    to_second, _ = whitening(rest, nets.CODE - FROM_SKETCH)
    kept = 1.0 - ((sketches - sketch_mean - first @ back.T) ** 2).sum() / ((sketches - sketch_mean) ** 2).sum()
    log(f"code: {100 * kept:.1f} % of the sketches' variance; the sketch foretells "
        f"{100 * (1 - (rest**2).sum() / ((features - feature_mean) ** 2).sum()):.1f} % of the features'")

    from_sketch = np.concatenate([to_first, -to_second @ foretold.T @ to_first])
    from_features = np.concatenate([np.zeros((FROM_SKETCH, features.shape[1])), to_second])
    bias = -from_sketch @ sketch_mean - from_features @ feature_mean
    inverse.from_sketch.weight.copy_(torch.from_numpy(from_sketch))
    inverse.from_features.weight.copy_(torch.from_numpy(from_features))
    inverse.from_features.bias.copy_(torch.from_numpy(bias))
    codes = [torch.from_numpy(a @ from_sketch.T + b @ from_features.T + bias).float() for a, b in views]
    weight = np.concatenate([back, np.zeros((len(back), nets.CODE - FROM_SKETCH))], 1)
    return inverse, torch.stack(codes), (torch.from_numpy(weight).float(), torch.from_numpy(sketch_mean).float())
