"""The words of the model card; the numbers come from `card.py`."""

CARD = """\
# scenes64

Two hundred kinds of things in colour, 64 x 64: a classifier f, a generator G, an encoder E (the classifier's last
features), a judge and an inverse, all trained from nothing on real photographs. {megabytes} MB in all: compiled into
the binary as its default bundle, and small enough to be sampled on a CPU.

```console
$ invset sample --where 'goldfish in p95..p99.9'
```

Draws from the code prior, not selected:

![120 draws](draws.png)

Plain gradient ascent of twenty class units from random codes, eight starts each, not selected:
{shown}.

![ascents](ascent.png)

## Data and licence

- The Tiny-ImageNet subset of the first 200 training photographs of each of its 200 classes (40,000) and the 20
  validation photographs of each (4,000, *held out*): used for figures and statistics only, never for training.
- Tiny-ImageNet and ImageNet are for non-commercial research and education; no photograph is in this repository. The
  weights are ours, MIT OR Apache-2.0, but whoever uses them should know what they were made from.
- `labels.txt`: the first WordNet name of each class, in the order of the WordNet ids.

## How it was made

{files}
- **classifier** f: residual network, 64 x 64 to 4 x 4 in four stages, average pooling, one linear layer. Batch norm is
  folded. Labels (30 %) and a teacher's soft opinion (70 %): MobileNetV1 0.50, trained on all of ImageNet, looking at the
  same photographs enlarged. 200 photographs a class are few, and the teacher knows more. Shifts, mirror images, random shade.
- **inverse** E' (image to code) and the **code**: 192 numbers, of which 96 tell a 16 x 16 sketch (its principal components)
  and 96 what f's features say beyond it. All are whitened over the training photographs (mean 0, variance 1, uncorrelated),
  so the prior is the standard normal, in its ball of 99.9 % and each dimension's own clip. E' is f's trunk and two linear maps.
- **generator** G, in the manner of DeePSiM: it inverts that fixed encoder. The sketch, linear in the code, is painted out by
  transposed convolutions that see the whole code. It is held to the photograph by pixels at three scales, by the taps
  of SqueezeNet 1.1 (as in LPIPS, without learned weights), by reading the code back from the picture (DeePSiM's feature
  loss), and by an adversary on those same taps and on pixels (a projected GAN), which sees repainted photographs, draws from
  the prior and, at the deepest tap, labels. Batch norm is folded; the running average of the weights is shipped.
  What is not DeePSiM: f's features alone have lost where things are, and an earlier layer is much larger than 512 numbers
  and has no usable prior; the sketch adds the places for 96 numbers. Tried before, and left: a code of
  256 numbers learned along with G (a VAE with the same pixel, tap and adversarial losses). Side by side on the same 30
  held-out photographs: root mean square error 0.174 after 3,250 steps of 32, pictures like fog; this one 0.145 after 1,000.
- **encoder** E: f's features, so diversity is optimised in what f itself distinguishes.
- **judge**: no skips, leaky, 5 x 5 first kernels, no labels, nothing of f: it learns from 64 x 64 pixels where
  MobileNetV2 would put the enlarged photograph (128 principal components of its features). Never optimised, only scores.
- Other people's networks (MobileNetV1 and V2: Apache-2.0; SqueezeNet 1.1: BSD-2) took part in training as described; none of
  their weights is shipped.
- Weights are stored in 16 bits and cast to 32 by one node each, which every runtime folds when it loads the file.
{cost}
## Figures

Measured on the shipped ONNX files by `python models/train/train.py --bundle scenes64 --data DATA`, seeds fixed.

**Classifier**, 4,000 held-out photographs: top-1 **{top1}**, top-5 **{top5}** of 200 (chance 0.5 %). For scale, networks that
were trained on all of ImageNet (1.2 million photographs at full size), on these same photographs enlarged, among our 200:
MobileNetV2 1.0 48.6 %, MobileNetV1 0.50 44.5 % (the teacher), MobileNetV1 0.25 33.5 %, SqueezeNet 1.1 30.7 %.
Logit of the right class (5 / 50 / 95 %): {right}. 99 % of all logits are below {logit_p99}; they run from {span}.
Expected calibration error {calibration[error]:.3f} as it is; {calibration[error_at_temperature]:.3f} after division of the logits by {calibration[temperature]:.2f},
which also makes the likelihood greatest.
Best: {best}. Worst: {worst}.

**Generator**, Frechet distance to the 4,000 held-out photographs (each column has its own scale; the last rows say what
"good" and "bad" are):

{distances}
MobileNetV2 is no neutral witness of the judge, which learned from it; it is one of the generator, which never met it.

Reconstruction of held-out photographs: root mean square error per pixel {rmse:.3f} (PCA with 192 codes {rmse_linear:.3f}, which
minimises just this; the mean image {rmse_mean:.3f}). f names the same class as for the original in {same} (PCA: {same_linear}).
Mean |c|^2 of their codes: {code_square:.0f} (prior: 192), inside the prior's ball {inside}.

**Linear probes** (least squares on the embedding):

{probe}
**Do other networks agree?** MobileNetV2 (1000 classes, other training, other people) on images that f calls a class.
It had a part in the judge's training only.

{agreement}
Ascents went beyond the unit's own p99.9 over real photographs in {beyond} of cases.

{sweep}
All 200 classes in one command (`invset sweep --all --in p95..p99.9 -n 48 --out SWEEP`, killed with `kill -9` on the way and given
again): 200 of 200 reached 48 of 48, 2.1 s a class (median), 3.6 s at most.

Median distance of two photographs: E {encoder_distance}, judge {judge_distance} (the bandwidth of Vendi and RKE scores).

## Tensors to tap

{taps}.

`X.conv` and `X.sum` are pre-activations, `X.relu` what follows; `features` is E. Statistics (quantiles, histogram,
the nine held-out photographs that excite it most, by index) of each in `stats.safetensors`, over the 4,000 held-out photographs.

## Limits

{limits}
## Commands

DATA holds `tiny-imagenet/` (archive and class list), `fashion-mnist/` (for the probe) and `models/classifiers/` (teacher, eye, third network).

```
pip install -r models/train/requirements.txt
python models/train/train.py --bundle scenes64 --data DATA       # every stage resumes from its checkpoint
python models/train/parity.py models/scenes64                    # the files against torch
invset bundle check scenes64
```

The interval figures: `models/train/scenes64/sampled.py` says how. Sheets with real photographs (`real/`, ignored by git) are written by the same command: reconstructions beside their
originals, and the photographs that excite each class unit most.
"""

COST = """\
- Training cost: two shared CPU cores (Intel Xeon, AVX-512, no GPU), PyTorch 2.15, about two hours of wall time beside other
  work: classifier 16 epochs (55 minutes on one core), judge 5 epochs (9), generator 3,500 steps of 32 photographs and 16 draws
  (53 minutes on one to two cores). These made the shipped weights. Seeds are fixed, but another number of threads or version of
  PyTorch rounds differently: a new run gives other weights of the same quality, not the same bytes.
"""

LIMITS = """\
- The generator saw 112,000 photographs, not three passes over its 40,000. Its pictures have the colours, layout and textures of their kind;
  fine structure (faces, writing, legs) is suggested at best. More training would help: it is the first thing to do on a GPU.
- A level that photographs reach is no proof of looks. From random codes, f gets there with small changes, and the other network
  seldom agrees (the table above: p95 to p99.9 and p99.5 to p99.9); far above it, where plain ascent ends, it agrees nearly as
  often as on photographs. Ask for 20..30 to see what a unit wants, for quantiles to see all that it lets pass.
- Draws from the prior are scenes of no kind in particular. The prior is one ball; photographs are not: their codes have
  heavier tails than a normal distribution, and about one in six lies outside the ball (its code is pulled to the rim when a run
  starts from photographs).
- f was trained on 200 photographs a class. It is a small network of its time and data, not a model of vision: ask it what
  it has learned, not what a king penguin is. Near-synonyms (dogs, buses, insects) are confused.
- E is f's last layer, so what varies most within an interval is what f tells apart. The judge is there to say otherwise.
- Statistics are over 4,000 photographs: p99.9 of a class unit rests on its four highest.
"""
