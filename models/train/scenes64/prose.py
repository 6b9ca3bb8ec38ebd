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
  and has no usable prior; the sketch adds the places for 96 numbers. Tried before, and left: a code learned along with G
  (a VAE with the same losses): after 2,750 steps of 32 it still erred by 241 in the three-scale pixel error and by 3.44
  in the taps, against 88 and 2.9 (its pixels weighted 0.25, 0.35, 0.4) after 40 steps of this one; its pictures were fog.
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

Sheets with real photographs (`real/`, ignored by git) are written by the same command: reconstructions beside their
originals, and the photographs that excite each class unit most.
"""
