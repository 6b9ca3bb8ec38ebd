"""The model cards (README.md) and their sheets, written from measured figures so that they cannot drift."""

import numpy as np
import onnx

from bundles import CODE, LABELS
from export import session
from sheets import sheet
from statistics_file import LEVELS

COMMANDS = """\
```
pip install -r models/train/requirements.txt
python models/train/train.py --data DATA --out models
python models/train/parity.py models/{name}
```
"""


def table(head, rows) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def percent(share, digits=1) -> str:
    return f"{100 * share:.{digits}f} %"


def files(facts) -> str:
    return table(
        ["file", "bytes", "parameters", "multiply-adds per image", "largest difference from torch, batch 1 against 3"],
        [[f"`{f['file']}`", f"{f['bytes']:,}", f"{f['parameters']:,}", f"{f['macs'] / 1e6:{'.2f' if f['macs'] > 1e5 else '.3f'}} M", f"{f['difference']:.0e}"]
         for f in facts.values()],
    )


def taps(folder, tensors) -> str:
    """Every tensor of the classifier that can be named, with its shape."""
    graph = onnx.load(folder / "classifier.onnx").graph
    shapes = {v.name: [d.dim_value or d.dim_param for d in v.type.tensor_type.shape.dim]
              for v in (*graph.value_info, *graph.output)}
    names = [name.removeprefix("quantiles/") for name in tensors if name.startswith("quantiles/")]
    order = {node.output[0]: i for i, node in enumerate(graph.node)}
    return ", ".join(f"`{n}` {shapes[n][1:]}" for n in sorted(names, key=order.get))


def halfspace(folder, net, facts, figures, tensors, test):
    weight = net.logit.weight.detach().numpy().reshape(1, 1, 28, 28)
    activation = session(folder / "classifier.onnx").run(["activation"], {"image": test})[0][:, 0]
    order = activation.argsort()
    ranks = (np.linspace(0, 1, 14) * (len(order) - 1)).astype(int)
    best, worst = test[order[::-1][:14]], test[order[:14]]
    sheet([best, test[order[ranks]], worst], folder / "sheet.png")
    reach = float(np.abs(weight).max())
    sheet([0.5 + 0.5 * weight / reach], folder / "weights.png", zoom=8, gap=1)
    high = float(np.maximum(weight, 0).sum()) + figures["bias"]
    low = float(np.minimum(weight, 0).sum()) + figures["bias"]
    levels = tensors["quantiles/activation"][0]
    (folder / "README.md").write_text(f"""\
# halfspace

One neuron, f(x) = sigma(w.x + b), on the 28 x 28 pixels of an image in [0, 1]: logistic regression on MNIST,
"is it a three". Its inverse set for `z1..` is known exactly: the half-space w.x + b >= log(z1 / (1 - z1)) cut
with the cube [0, 1]^784. The bundle is there to test a sampler against an answer, and to show the idea.
The code is the image (`kind = "pixels"`), so samples look like noise, not like threes: nothing but f itself
says what an image should be. That is no defect of the sampler, it is the lesson of the example.

- Data: MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0 as usually stated. 60,000 training images, 10,000 test images.
- Licence of the weights: MIT OR Apache-2.0.
- Training: the unique minimum of mean cross entropy + 0.001 |w|^2 (L-BFGS, double precision, from zero; no
  random number is used), under a minute on one CPU core. The ridge keeps w at 0 on pixels that are always black.

{files(facts)}
## Figures

Measured on the 10,000 test images, threshold 0.5: accuracy {percent(figures['accuracy'])}, recall
{percent(figures['recall'])}, precision {percent(figures['precision'])}, area under the ROC curve {figures['area']:.4f}
(a tenth of the images are threes, so "never" has an accuracy of 89.9 %).
|w| = {figures['weight_norm']:.3f}, b = {figures['bias']:.3f}. Over the whole cube the logit runs from {low:.2f} to {high:.2f}.

{table(["quantile of the activation"] + [f"{level:g}" for level in LEVELS], [["activation"] + [f"{v:.4f}" for v in levels]])}
Tensors to tap: {taps(folder, tensors)}. The label `three` is the unit `activation[0]`. In f32 the sigmoid
loses digits near 1: ask for `logit` when the interval is that high. (`flatten` is the image itself and has no statistics.)

![the highest, evenly ranked, and the lowest test images](sheet.png)

Rows: the highest activations, even ranks from the lowest to the highest, the lowest. Below: w, gray is 0, white positive.

![w](weights.png)

## Limits

A linear unit sees no shape: a five or an eight with a fitting stroke excites it too. It is no digit reader.

## Commands

DATA holds `mnist/` and `fashion-mnist/`, each with the four original gzipped idx files.

{COMMANDS.format(name="halfspace")}""")


def fashion(folder, facts, m, tensors, test, labels):
    generator, inverse = session(folder / "generator.onnx"), session(folder / "inverse.onnx")
    codes = np.random.default_rng(11).standard_normal((160, CODE)).astype(np.float32)
    drawn = generator.run(["image"], {"code": codes})[0]
    sheet(drawn.reshape(8, 20, 1, 28, 28), folder / "draws.png")
    shown = np.concatenate([np.flatnonzero(labels == c)[:6] for c in range(10)]).reshape(10, 6).T.reshape(3, 20)
    lines = []
    for row in shown:
        lines += [test[row], generator.run(["image"], {"code": inverse.run(["code"], {"image": test[row]})[0]})[0]]
    sheet(lines, folder / "reconstructions.png")
    quantiles = tensors["quantiles/logits"]
    classes = [
        [f"{c} {LABELS[c]}", percent(m["class_accuracy"][c]), percent(m["shares"][c]), f"{quantiles[c][6]:.2f}",
         f"{quantiles[c][8]:.2f}", f"{quantiles[c][10]:.2f}", f"{quantiles[c][12]:.2f}", percent(m["drawn_p90"][c]),
         percent(m["drawn_p99"][c], 2), percent(m["reach_p99"][c], 0)]
        for c in range(10)
    ]
    size = sum(f["bytes"] for f in facts.values()) + (folder / "stats.safetensors").stat().st_size
    spaces = [[name, f"{tensors[f'median_distance/{name}'][0]:.3f}", percent(m["neighbour"][name])]
              for name in ("pixels", "encoder", "judge")]
    (folder / "README.md").write_text(f"""\
# fashion

Ten kinds of garment, 28 x 28 gray: a classifier f, a generator G, an encoder E, a judge and an inverse, all
trained from nothing on Fashion-MNIST. Small enough ({size / 1e6:.1f} MB) to be compiled into the binary and to be sampled on a CPU.

- Data: Fashion-MNIST (Xiao, Rasul, Vollgraf; Zalando Research), MIT. 60,000 training images; the 10,000 test
  images were used for the figures and the statistics only.
- Licence of the weights: MIT OR Apache-2.0.
- Training cost: 41 minutes of wall time in all on two CPU cores that were busy with other work (generator 23, judge 9,
  classifier 6, inverse 2, encoder 1), PyTorch 2.15. Seeds are fixed, but another number of threads or version of PyTorch
  rounds differently, so a new run gives other weights of the same quality, not the same bytes.

{files(facts)}
- **classifier** f: three convolutions, a residual block, one hidden layer; max pooling; batch norm folded.
  Cross entropy with label smoothing 0.03, dropout 0.3, mirror images and shifts of up to two pixels.
- **generator** G: two dense layers, then 7 x 7 to 28 x 28 by transposed convolutions; sigmoid, [0, 1]. VAE-GAN: a VAE
  first, so that every kind of garment has its place under the normal prior, then a discriminator (non-saturating
  loss, R1) on draws from the prior, while reconstructions are held in pixels and in the discriminator's features. The
  running average of the weights is shipped.
- **inverse**: trained along with G, then tuned against the fixed G on real images and on draws.
- **encoder** E: its distances should mean *visual* difference, not difference of class. So: an autoencoder bottleneck (keeps
  what is needed to redraw the image) with a distance term: the distance of two embeddings is that of the images
  seen sharp, blurred and more blurred, so that a shift by one pixel is a small step. It shares nothing with f. The outcome is close to a blurred pixel
  distance in 32 numbers (see the rank correlation below): plain, smooth and predictable, not semantic.
- **judge**: contrastive (SimCLR's loss) on shifted, turned, zoomed, shaded and partly hidden views, no labels; residual,
  average pooling. It is never optimised and only scores diversity; it shares neither shape nor objective with E.

## Figures

All measured on the shipped ONNX files. "Draws" are 10,000 draws from the prior, seed fixed; "test" the 10,000 test images.

Test accuracy **{percent(m['accuracy'], 2)}**. Share of images that f is sure of (top probability above 0.9): draws {percent(m['sure'])}, test {percent(m['sure_real'])}.

{table(["class", "test accuracy", "share of draws", "logit p50", "p90", "p99", "p100", "draws beyond p90", "draws beyond p99", "reach p99"], classes)}
Quantiles are over all test images, so p90 of a class logit is about the least logit of that class's own images.
"Draws beyond p90" would be 10 % for draws like the test images. "Reach p99": share of 32 random draws that plain gradient ascent in
the code (150 Adam steps, inside the prior's ball |c|^2 <= 104.7) takes to the p99 of that logit.

Frechet distance to the test images in the judge's features (own scale: compare within this table only):

{table(["10,000 images", "distance"], [["other real images (training)", f"{m['frechet_floor']:.3f}"], ["reconstructions of the test images", f"{m['frechet_rebuilt']:.3f}"], ["**draws of G**", f"**{m['frechet_drawn']:.3f}**"], ["draws of a PCA decoder, 64 codes", f"{m['frechet_linear']:.3f}"], ["the mean image", f"{m['frechet_mean']:.3f}"]])}
Reconstruction G(inverse(x)) of the test images: root mean square error per pixel {m['rmse']:.4f} (PCA with 64 codes {m['rmse_linear']:.4f}: it
minimises just this, and its images are ghosts; the mean image {m['rmse_mean']:.4f}). f names the same class as for the original in {percent(m['same_class'])}.
Mean |c|^2 of the codes {m['code_square']:.1f} (prior: 64), inside the prior's ball {percent(m['code_inside'])}.

{table(["space", "median pair distance (1000 test images)", "nearest neighbour has the same class"], spaces)}
Rank correlation of pair distances: E and pixels {m['rank_encoder']:.2f}, judge and pixels {m['rank_judge']:.2f}, E and judge {m['rank_both']:.2f}.

Draws from the prior, not selected:

![draws](draws.png)

Test images and below each its reconstruction, the classes in order, two columns each:

![reconstructions](reconstructions.png)

## Tensors to tap

{taps(folder, tensors)}.

`X.conv`, `X.sum`, `X.linear` are pre-activations, `X.relu` what follows. Statistics of every one are in
`stats.safetensors` (rank 4: of the channel means).

## Limits

28 x 28 gray only. The prior is one ball, so draws between two kinds of garment (a boot-bag) exist. Prints, stripes and straps are
drawn roughly or lost; an unusual garment is rebuilt as a usual one. Quantiles, distances and logits
mean something within this bundle only. Fashion-MNIST is a benchmark: catalogue photographs
of one shop. By eye, one draw in seven or so is no clean garment (a blot, a dark smear, a mixture): 4,500 adversarial steps are few. The judge had five
epochs, and its nearest neighbours agree less on the class than those of plain pixels: it is a second opinion, not a better one.
Reconstructions keep outline and shade; f reads another class in about a fifth of them, mostly among the tops (a coat loses its buttons and becomes a pullover).
The classifier was chosen without looking at other runs, but its test accuracy is on the same images as the statistics.

## Commands

DATA holds `mnist/` and `fashion-mnist/`, each with the four original gzipped idx files.

{COMMANDS.format(name="fashion")}""")
