"""Linear probes: what a linear map can read off an embedding, of classes it was and was not trained for."""

import numpy as np

import data as idx
from scenes64.photos import normalised
from statistics_file import run


def ridge(train, labels, test, answers, strengths=(1e-3, 1e-2, 1e-1, 1.0)) -> float:
    """Accuracy of least squares onto one-hot labels with a ridge; the best strength on a fifth kept aside."""
    middle, spread = train.mean(0), train.std(0) + 1e-6
    train, test = ((points - middle) / spread for points in (train, test))
    train, test = (np.concatenate([points, np.ones((len(points), 1))], 1).astype(np.float64) for points in (train, test))
    hot = np.eye(labels.max() + 1)[labels]

    def fit(points, targets, strength):
        square = points.T @ points + strength * len(points) * np.eye(points.shape[1])
        return np.linalg.solve(square, points.T @ targets)

    aside = np.arange(len(train)) % 5 == 0
    scores = [((train[aside] @ fit(train[~aside], hot[~aside], s)).argmax(1) == labels[aside]).mean() for s in strengths]
    best = strengths[int(np.argmax(scores))]
    return float(((test @ fit(train, hot, best)).argmax(1) == answers).mean())


def _enlarge(images):
    """Gray 28 x 28 to colour 64 x 64: each pixel doubled, in a black frame."""
    large = images.numpy().repeat(2, 2).repeat(2, 3)
    return np.pad(large, ((0, 0), (0, 0), (4, 4), (4, 4))).repeat(3, 1).astype(np.float32)


def probes(nets, folder, photos, held_out, count=4000) -> dict:
    """Accuracies of E, the judge and pixels (8 x 8 means): on our 200 classes, and on ten kinds of garment never seen."""
    def coarse(images):
        return images.reshape(len(images), 3, 8, 8, 8, 8).mean((3, 5)).reshape(len(images), -1)

    spaces = {
        "encoder": lambda images: run(nets["classifier"], normalised(images), ["features"])[0],
        "judge": lambda images: run(nets["judge"], images, ["embedding"])[0],
        "pixels": coarse,
    }
    every = slice(0, None, 2)
    garments, kinds = idx.load(folder, "fashion-mnist", "train")
    test_garments, test_kinds = idx.load(folder, "fashion-mnist", "t10k")
    sets = {
        "photographs": (photos.floats(every).numpy(), photos.labels[every].numpy(), held_out.floats().numpy(), held_out.labels.numpy()),
        "garments": (_enlarge(garments[:count]), kinds[:count].numpy(), _enlarge(test_garments[:count]), test_kinds[:count].numpy()),
    }
    return {name: {space: ridge(embed(train), labels, embed(test), answers) for space, embed in spaces.items()}
            for name, (train, labels, test, answers) in sets.items()}
