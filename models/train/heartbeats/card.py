"""The model card of heartbeats and its sheet, from figures measured on the shipped files."""

import numpy as np
from PIL import Image, ImageDraw

from card import COMMANDS, files, percent, table
from export import session
from heartbeats.beats import HELD_OUT_FROM, LABELS, NARROW, WIDE
from heartbeats.nets import CODE
from statistics_file import LEVELS, run

TILE, LOW, HIGH = (96, 48), -1.5, 2.5


def tile(signal):
    """One beat as a line, four times too large and then made small, so that it is smooth."""
    width, height = (4 * side for side in TILE)
    picture = Image.new("RGB", (width, height), (250, 250, 247))
    places = np.linspace(4, width - 5, len(signal))
    heights = (1 - (np.clip(signal, LOW, HIGH) - LOW) / (HIGH - LOW)) * (height - 9) + 4
    ImageDraw.Draw(picture).line(list(zip(places, heights, strict=True)), fill=(24, 70, 150), width=5, joint="curve")
    return picture.resize(TILE, Image.Resampling.LANCZOS)


def sheet(rows, path, gap=3):
    width, height = TILE
    page = Image.new("RGB", (gap + max(map(len, rows)) * (width + gap), gap + len(rows) * (height + gap)), (70, 70, 70))
    for line, row in enumerate(rows):
        for column, signal in enumerate(row):
            page.paste(tile(signal[0]), (gap + column * (width + gap), gap + line * (height + gap)))
    page.save(path, optimize=True)


def write(folder, facts, tensors, known, held_out, mean, std):
    nets = {name: session(folder / f"{name}.onnx") for name in facts}

    def classify(signals):
        return run(nets["classifier"], ((signals - mean) / std).astype(np.float32), ["logits"])[0]

    sure = held_out.part(held_out.labels >= 0)
    right = classify(sure.values).argmax(1) == sure.labels
    codes = run(nets["inverse"], held_out.values, ["code"])[0]
    rebuilt = run(nets["generator"], codes, ["signal"])[0]
    drawn_codes = np.random.default_rng(1).standard_normal((2000, CODE)).astype(np.float32)
    drawn = run(nets["generator"], drawn_codes, ["signal"])[0]
    drawn_logits = classify(drawn)
    rms = lambda error: float(np.sqrt((error**2).mean()))  # noqa: E731
    sheet([drawn[:10], drawn[10:20], held_out.values[:10], rebuilt[:10]], folder / "draws.png")
    by_class = [[f"{index} {label}", int((known.labels == index).sum()), int((sure.labels == index).sum()),
                 percent(right[sure.labels == index].mean()), percent((drawn_logits.argmax(1) == index).mean()),
                 *(f"{tensors['quantiles/logits'][index][list(LEVELS).index(np.float32(q))]:.2f}" for q in (0.5, 0.9, 0.95, 1))]
                for index, label in enumerate(LABELS)]
    total = sum(fact["bytes"] for fact in facts.values())
    (folder / "README.md").write_text(f"""\
# heartbeats

Single beats of a real electrocardiogram, 128 samples in mV over 0.71 s, around the peak of each: an example of a
bundle whose inputs are no images (`kind = "signal"`). A classifier f that tells normal from premature ventricular beats, a
generator G of beats, its inverse, and a judge; {total / 1000:.0f} kB of networks in all, trained in minutes on one CPU core.
**It is a demonstration, made from five minutes of one patient. It is no medical device, and says nothing about any other heart.**

- Data: lead MLII of record 208 of the MIT-BIH Arrhythmia Database, 19:35 to 24:35, 360 Hz (G. B. Moody and R. G. Mark, IEEE
  Eng. in Med. and Biol. 20(3), 2001; A. L. Goldberger et al., PhysioNet, Circulation 101(23), 2000), under the Open Data Commons
  Attribution License v1.0. The scripts read it from `scipy/misc/ecg.dat` of a scipy wheel up to 1.9, which holds it. The recording itself
  is not in this repository.
- Licence of the weights: MIT OR Apache-2.0.
- Labels: the database's annotations are not in that file, so a rule gives them: a beat whose main peak is at most
  {1000 * NARROW:.0f} ms wide at half its height over the base line is *normal*, from {1000 * WIDE:.0f} ms on *premature* (ventricular beats are wide); the
  {int((known.labels < 0).sum() + (held_out.labels < 0).sum())} beats between have no label. The widths have two clear humps, so the rule and the eye agree; it is still the rule that f has learned.
- Split by time: learned from the beats of the first {HELD_OUT_FROM:.0f} s, held out the rest. Statistics (`stats.safetensors`) are over all
  {len(known.labels) + len(held_out.labels)} beats, because the held-out ones alone are few.

{files(facts)}
- **classifier**: three convolutions along the signal, one hidden layer. Its tensors have the shape [N, C, 1, L], so that a channel is
  named as in an image network: `layer2.relu[3]`.
- **generator**: the decoder of a variational autoencoder with {CODE} codes; it adds up principal components of the beats, so that
  what it makes is smooth. Premature beats are half of what it learned from. **inverse**: the encoder's mean.
- **judge**: the bottleneck of a denoising autoencoder. Without an `[encoder]`, distances are between the signals themselves, in mV.

## Figures

Measured on the shipped files; {len(sure.labels)} held-out beats with a label, 2000 draws from the prior.

Accuracy on the held-out beats **{percent(right.mean())}** (one patient, one rule: an easy task). Reconstruction G(inverse(x)) of the held-out beats:
root mean square error {1000 * rms(rebuilt - held_out.values):.0f} µV, where the beats vary by {1000 * rms(held_out.values - known.values.mean(0)):.0f} µV about the mean beat.

{table(["class", "learned from", "held out", "accuracy", "share of draws", "logit p50", "p90", "p95", "p100"], by_class)}
Two rows of draws, not selected; a row of held-out beats, and below each its reconstruction. The axis goes from {LOW} to {HIGH} mV:

![draws, beats and reconstructions](draws.png)

## Commands

DATA holds `ecg/ecg.dat`.

{COMMANDS.format(name="heartbeats")}""")
