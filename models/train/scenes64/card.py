"""The model card (README.md) and its sheets, written from measured figures so that they cannot drift.

Sheets with real photographs (Tiny-ImageNet's terms forbid publishing them) go to `real/`, which git ignores.
"""

import json

import numpy as np

from card import files, percent, table, taps
from export import session
from scenes64.ascent import ascend
from scenes64.figures import paint
from scenes64.nets import CODE
from scenes64.prose import CARD, COST, LIMITS
from sheets import sheet
from statistics_file import run

SHOWN = ("goldfish", "monarch", "jellyfish", "king penguin", "tabby", "golden retriever", "lion", "school bus",
         "sports car", "steel arch bridge", "cliff", "lakeside", "alp", "orange", "pizza", "mushroom",
         "teapot", "sunglasses", "trolleybus", "brain coral")


def draws(folder):
    """120 draws from the prior, not selected."""
    codes = np.random.default_rng(11).standard_normal((120, CODE))
    sheet(paint(session(folder / "generator.onnx"), codes).reshape(8, 15, 3, 64, 64), folder / "draws.png", zoom=1)


def ascents(folder, labels):
    """Twenty classes, a line of eight ascents each; two classes side by side."""
    classes = [labels.index(name) if name in labels else 10 * place for place, name in enumerate(SHOWN)]
    images, logits = ascend(folder, classes, starts=8)
    sheet(np.concatenate([images[:10], images[10:]], 1), folder / "ascent.png", zoom=1)
    return [labels[index] for index in classes], logits


def real(folder, held_out, tensors, labels):
    """Photographs beside their reconstructions, and the photographs that excite each class unit most."""
    target = folder / "real"
    target.mkdir(exist_ok=True)
    picked = np.arange(0, len(held_out), len(held_out) // 120)[:120]
    images = held_out.floats(picked).numpy()
    rebuilt = paint(session(folder / "generator.onnx"), run(session(folder / "inverse.onnx"), images, ["code"])[0])
    lines = [half for row in range(8) for half in (images[15 * row : 15 * row + 15], rebuilt[15 * row : 15 * row + 15])]
    sheet(lines, target / "reconstructions.png", zoom=1)
    sheet([held_out.floats(best).numpy() for best in tensors["top/logits"][:40]], target / "top.png", zoom=1)
    (target / "top.txt").write_text("".join(f"{label}\n" for label in labels[:40]))


def distances(found):
    named = {"draws": "**draws of G**", "reconstructions": "reconstructions G(inverse(x)) of the held-out photographs",
             "other real photographs": "as many other real photographs (training)", "reconstructions by PCA": "reconstructions by PCA, 192 codes",
             "draws by PCA": "draws of a PCA decoder, 192 codes", "the mean image": "the mean image"}
    order = ("other real photographs", "reconstructions", "draws", "reconstructions by PCA", "draws by PCA", "the mean image")
    return table(["4,000 images", "in the judge's features", "2,000 of them in MobileNetV2's (512 features)"],
                 [[named[name], f"{found[name]['judge']:.2f}", f"{found[name]['outside']:.2f}"] for name in order])


def agreements(m, cache):
    """Top-1 and top-5 of the outside network on real photographs, on ascents, on interval samples."""
    rows = [("held-out photographs, their own label", m["real_agreement"]), ("plain ascent, one a class", m["ascent"]["agreement"])]
    sampled = cache / "scenes64-sampled.json"
    if sampled.exists():
        rows += [(entry["name"], entry["agreement"]) for entry in json.loads(sampled.read_text())]
    chance = dict(count="", top1_of_1000=0.001, top5_of_1000=0.005, top1_of_200=0.005, top5_of_200=0.025)
    return table(["images", "number", "first of 1000", "first five of 1000", "first of 200", "first five of 200"],
                 [[name, a["count"], *(percent(a[key]) for key in list(chance)[1:])] for name, a in [*rows, ("chance", chance)]])


def write(folder, cache, m, tensors, labels, held_out):
    draws(folder)
    shown, _ = ascents(folder, labels)
    real(folder, held_out, tensors, labels)
    sweep = cache / "scenes64-sweep.md"
    c, g = m["classifier"], m["generator"]
    best = sorted(range(200), key=lambda index: -c["class_top1"][index])
    size = sum(path.stat().st_size for path in folder.iterdir() if path.suffix in (".onnx", ".safetensors", ".toml", ".txt"))
    probe = table(["classes", "E", "judge", "pixels (8 x 8 means)"],
                  [[name, *(percent(m["probe"][key][space]) for space in ("encoder", "judge", "pixels"))]
                   for key, name in (("photographs", "our 200, on held-out photographs"), ("garments", "ten kinds of garment (Fashion-MNIST), never seen by any of them"))])
    (folder / "README.md").write_text(CARD.format(
        megabytes=f"{size / 1e6:.1f}", files=files(m["files"]), c=c, g=g, top1=percent(c["top1"]), top5=percent(c["top5"]),
        right=" / ".join(f"{value:.1f}" for value in c["right_logit"]), logit_p99=f"{c['logit_p99']:.1f}",
        span=f"{c['logit_span'][0]:.1f} to {c['logit_span'][1]:.1f}", calibration=c["calibration"],
        best=", ".join(f"{labels[index]} {percent(c['class_top1'][index], 0)}" for index in best[:8]),
        worst=", ".join(f"{labels[index]} {percent(c['class_top1'][index], 0)}" for index in best[-8:]),
        distances=distances(g["distances"]), rmse=g["rmse"], rmse_linear=g["rmse_linear"], rmse_mean=g["rmse_mean"],
        same=percent(g["same_class"]), same_linear=percent(g["same_class_linear"]), code_square=g["code_square"], inside=percent(g["code_inside"]),
        probe=probe, agreement=agreements(m, cache), beyond=percent(m["ascent"]["beyond_p999"]),
        shown=", ".join(shown[:10]) + " on the left; " + ", ".join(shown[10:]) + " on the right",
        encoder_distance=f"{tensors['median_distance/encoder'][0]:.2f}", judge_distance=f"{tensors['median_distance/judge'][0]:.2f}",
        taps=taps(folder, tensors), cost=COST, limits=LIMITS, sweep=sweep.read_text() if sweep.exists() else "",
    ))
