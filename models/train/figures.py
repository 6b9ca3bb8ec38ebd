"""The figures of the model card, measured on the shipped ONNX files and held-out images."""

import numpy as np
import torch

import parity
from export import session
from statistics_file import run


def moments(points):
    points = points.astype(np.float64)
    return points.mean(0), np.cov(points, rowvar=False)


def frechet(first, second) -> float:
    """|m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2)."""
    (mean1, cov1), (mean2, cov2) = moments(first), moments(second)
    values, vectors = np.linalg.eigh(cov1)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov2 @ root), 0)).sum()
    return float(((mean1 - mean2) ** 2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * cross)


def principal(train: np.ndarray, size: int):
    """A linear decoder of `size` codes: (decode, project) for codes with a unit normal prior."""
    flat = train.reshape(len(train), -1).astype(np.float64)
    mean = flat.mean(0)
    values, vectors = np.linalg.eigh(np.cov(flat, rowvar=False))
    basis = vectors[:, -size:] * np.sqrt(values[-size:])

    def decode(codes):
        return np.clip(mean + codes @ basis.T, 0, 1).reshape(-1, 1, 28, 28).astype(np.float32)

    def project(images):
        flat = images.reshape(len(images), -1) - mean
        return flat @ (vectors[:, -size:] / np.sqrt(values[-size:]))

    return decode, project


def distances(points, others):
    points, others = (p.reshape(len(p), -1).astype(np.float64) for p in (points, others))
    return np.sqrt(np.maximum((points**2).sum(1)[:, None] + (others**2).sum(1) - 2 * points @ others.T, 0))


def rank_correlation(a, b) -> float:
    """Spearman's."""
    return float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1])


def reach(folder, mean, std, quantiles, seed=5, starts=32, steps=150) -> list[float]:
    """For each class, the share of 32 random draws that plain ascent in the code ball takes beyond p99."""
    generator, classifier, _ = parity.load_torch(folder)
    shares = []
    for index in range(10):
        code = torch.randn(starts, 64, generator=torch.Generator().manual_seed(seed + index)).requires_grad_()
        best = torch.full((starts,), -1e9)
        steer = torch.optim.Adam([code], lr=0.05)
        for _ in range(steps):
            logits = classifier((generator(code) - mean) / std)[0][:, index]
            best = torch.maximum(best, logits.detach())
            steer.zero_grad()
            (-logits.clamp(max=quantiles[index] + 1.0).sum()).backward()
            steer.step()
            with torch.no_grad():
                code *= (104.7 / code.square().sum(1, keepdim=True)).sqrt().clamp(max=1.0)
        shares.append((best >= quantiles[index]).double().mean().item())
    return shares


def fashion(folder, train, test, labels, mean, std, quantiles) -> dict:
    """Everything that the card of the fashion bundle says, as numbers. Arrays [n, 1, 28, 28] in [0, 1]."""
    nets = {name: session(folder / f"{name}.onnx") for name in ("generator", "classifier", "encoder", "judge", "inverse")}

    def classify(images):
        return run(nets["classifier"], ((images - np.float32(mean)) / np.float32(std)).astype(np.float32), ["logits"])[0]

    def paint(codes):
        return np.concatenate([nets["generator"].run(["image"], {"code": part})[0] for part in np.array_split(codes, 20)])

    def judge(images):
        return run(nets["judge"], images, ["embedding"])[0]

    random = np.random.default_rng(1)
    drawn = paint(random.standard_normal((10000, 64)).astype(np.float32))
    logits, drawn_logits = classify(test), classify(drawn)
    probability = np.exp(drawn_logits - drawn_logits.max(1, keepdims=True))
    probability /= probability.sum(1, keepdims=True)
    codes = run(nets["inverse"], test, ["code"])[0]
    rebuilt = paint(codes)
    decode, project = principal(train, 64)
    linear = decode(project(test))
    half = train[random.permutation(len(train))[:10000]]
    real = judge(test)
    centre = np.repeat(train.mean(0, keepdims=True), 10000, 0)
    query, rest = slice(0, 1000), slice(1000, None)
    spaces = {"pixels": test, "encoder": run(nets["encoder"], test, ["embedding"])[0], "judge": real}
    pairs = np.triu_indices(1000, 1)
    between = {name: distances(points[query], points[query])[pairs] for name, points in spaces.items()}
    neighbour = {name: float((labels[rest][distances(points[query], points[rest]).argmin(1)] == labels[query]).mean())
                 for name, points in spaces.items()}
    return dict(
        accuracy=float((logits.argmax(1) == labels).mean()),
        class_accuracy=[float((logits.argmax(1) == labels)[labels == c].mean()) for c in range(10)],
        shares=np.bincount(drawn_logits.argmax(1), minlength=10) / 10000,
        sure=float((probability.max(1) > 0.9).mean()), sure_real=_sure(logits),
        drawn_p90=[float((drawn_logits[:, c] >= quantiles[c][8]).mean()) for c in range(10)],
        drawn_p99=[float((drawn_logits[:, c] >= quantiles[c][10]).mean()) for c in range(10)],
        reach_p99=reach(folder, mean, std, [q[10] for q in quantiles]),
        frechet_floor=frechet(judge(half), real), frechet_drawn=frechet(judge(drawn), real),
        frechet_rebuilt=frechet(judge(rebuilt), real), frechet_mean=frechet(judge(centre), real),
        frechet_linear=frechet(judge(decode(random.standard_normal((10000, 64)))), real),
        rmse=float(np.sqrt(((rebuilt - test) ** 2).mean())), rmse_linear=float(np.sqrt(((linear - test) ** 2).mean())),
        rmse_mean=float(np.sqrt(((centre - test) ** 2).mean())),
        same_class=float((classify(rebuilt).argmax(1) == logits.argmax(1)).mean()),
        code_square=float((codes**2).sum(1).mean()), code_inside=float(((codes**2).sum(1) <= 104.7).mean()),
        rank_encoder=rank_correlation(between["encoder"], between["pixels"]),
        rank_judge=rank_correlation(between["judge"], between["pixels"]),
        rank_both=rank_correlation(between["encoder"], between["judge"]), neighbour=neighbour,
    )


def _sure(logits):
    probability = np.exp(logits - logits.max(1, keepdims=True))
    return float(((probability / probability.sum(1, keepdims=True)).max(1) > 0.9).mean())
