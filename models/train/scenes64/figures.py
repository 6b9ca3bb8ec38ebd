"""The figures of the model card, measured on the shipped ONNX files and on held-out photographs."""

import numpy as np
import torch
from safetensors.numpy import load_file
from scipy.stats import chi2

from export import session
from figures import frechet
from scenes64.ascent import ascend
from scenes64.nets import CODE
from scenes64.outside import Outside
from scenes64.photos import normalised
from scenes64.probe import probes
from statistics_file import run

DRAWS = 4000


def open_all(folder):
    return {name: session(folder / f"{name}.onnx") for name in ("generator", "classifier", "judge", "inverse")}


def paint(generator, codes):
    parts = np.array_split(codes.astype(np.float32), max(1, len(codes) // 100))
    return np.concatenate([generator.run(["image"], {"code": part})[0] for part in parts])


def principal(images: torch.Tensor, size=CODE):
    """A linear decoder of `size` codes with a unit normal prior, by randomised PCA: (decode, project)."""
    torch.manual_seed(0)
    flat = images.flatten(1)
    middle = flat.mean(0)
    _, lengths, basis = torch.pca_lowrank(flat - middle, q=size + 32, center=False, niter=3)
    spread = (lengths[:size] / len(flat) ** 0.5).numpy()
    basis, middle = basis[:, :size].numpy(), middle.numpy()

    def decode(codes):
        return np.clip(middle + (codes * spread) @ basis.T, 0, 1).reshape(-1, *images.shape[1:]).astype(np.float32)

    def project(others):
        return (others.reshape(len(others), -1) - middle) @ basis / spread

    return decode, project


def calibration(logits, labels, bins=15):
    """Expected calibration error of the softmax, and the temperature that makes its likelihood greatest."""
    def softmax(values):
        powers = np.exp(values - values.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)

    def error(probability):
        sure, right = probability.max(1), probability.argmax(1) == labels
        place = np.minimum((sure * bins).astype(int), bins - 1)
        return float(sum(abs(sure[place == b].sum() - right[place == b].sum()) for b in range(bins)) / len(labels))

    temperatures = np.geomspace(0.4, 2.5, 43)
    rows = np.arange(len(labels))
    likelihood = [np.log(softmax(logits / t)[rows, labels] + 1e-12).mean() for t in temperatures]
    best = float(temperatures[int(np.argmax(likelihood))])
    return dict(error=error(softmax(logits)), temperature=best, error_at_temperature=error(softmax(logits / best)))


def classifier(nets, held_out):
    """Accuracy, range of logits, calibration."""
    labels = held_out.labels.numpy()
    logits = run(nets["classifier"], normalised(held_out.floats().numpy()), ["logits"])[0]
    order = np.argsort(-logits, 1)
    right = logits[np.arange(len(labels)), labels]
    return dict(
        top1=float((order[:, 0] == labels).mean()), top5=float((order[:, :5] == labels[:, None]).any(1).mean()),
        right_logit=np.quantile(right, [0.05, 0.5, 0.95]).tolist(), logit_p99=float(np.quantile(logits, 0.99)),
        logit_span=[float(logits.min()), float(logits.max())], calibration=calibration(logits, labels),
        class_top1=[float((order[labels == c, 0] == c).mean()) for c in range(200)],
    )


def generator(nets, photos, held_out, outside, seed=21):
    """Distances of distributions in the judge's features and in an outside network's, and reconstruction."""
    random = np.random.default_rng(seed)
    test = held_out.floats().numpy()
    chosen = random.permutation(len(photos))[: len(test)]
    decode, project = principal(photos.floats(slice(0, None, 3)))
    codes = run(nets["inverse"], test, ["code"])[0]
    rebuilt, linear = paint(nets["generator"], codes), decode(project(test))
    sets = {
        "other real photographs": photos.floats(torch.from_numpy(chosen)).numpy(),
        "reconstructions": rebuilt,
        "draws": paint(nets["generator"], random.standard_normal((DRAWS, CODE))),
        "reconstructions by PCA": linear,
        "draws by PCA": decode(random.standard_normal((DRAWS, CODE))),
        "the mean image": np.repeat(photos.floats(slice(0, None, 10)).numpy().mean(0, keepdims=True), DRAWS, 0),
    }
    spaces = {"judge": lambda images: run(nets["judge"], images, ["embedding"])[0], "outside": lambda images: outside.features(images[::2])}
    wanted = {space: embed(test) for space, embed in spaces.items()}
    distances = {name: {space: frechet(embed(images), wanted[space]) for space, embed in spaces.items()}
                 for name, images in sets.items()}
    said, said_rebuilt, said_linear = (run(nets["classifier"], normalised(x), ["logits"])[0].argmax(1) for x in (test, rebuilt, linear))

    def error(images):
        return float(np.sqrt(((images - test) ** 2).mean()))

    return dict(
        distances=distances, rmse=error(rebuilt), rmse_linear=error(linear), rmse_mean=error(sets["the mean image"][: len(test)]),
        same_class=float((said == said_rebuilt).mean()), same_class_linear=float((said == said_linear).mean()),
        code_square=float((codes**2).sum(1).mean()), code_inside=float(((codes**2).sum(1) <= chi2.ppf(0.999, CODE)).mean()),
    )


def measure(folder, data, photos, held_out, classes, log=print) -> dict:
    """Everything that the card says, as numbers."""
    nets, outside = open_all(folder), Outside(data, classes)
    found = dict(classifier=classifier(nets, held_out))
    log(f"classifier: {found['classifier']}"[:300])
    found["generator"] = generator(nets, photos, held_out, outside)
    log(f"generator: {found['generator']}")
    found["probe"] = probes(nets, data, photos, held_out)
    log(f"probes: {found['probe']}")
    images, logits = ascend(folder, list(range(200)), starts=1)
    found["ascent"] = dict(
        beyond_p999=float((logits >= logit_levels(folder)["p99.9"][:, None]).mean()),
        agreement=outside.agreement(images.reshape(-1, 3, 64, 64), np.arange(200)),
    )
    log(f"ascent: {found['ascent']}")
    found["real_agreement"] = outside.agreement(held_out.floats(slice(0, None, 2)).numpy(), held_out.labels[::2].numpy())
    log(f"real: {found['real_agreement']}")
    return found


def logit_levels(folder) -> dict[str, np.ndarray]:
    """Quantiles of every class logit over the held-out photographs, by name (`p99.9`)."""
    tensors = load_file(folder / "stats.safetensors")
    names = [f"p{100 * level:.4g}" for level in tensors["levels"]]
    return dict(zip(names, tensors["quantiles/logits"].T, strict=True))
