"""What `invset sweep` made of many class units: how many reached n, how fast, and whether another network agrees.

    invset sweep --bundle scenes64 --draw 40 --seed 0 --in p95..p99.9 -n 48 --out SWEEP --json > SWEEP.json
    python models/train/scenes64/sampled.py --data DATA --sweep SWEEP SWEEP.json

writes the card anew with these figures and a sheet of the last sweep; `--sweep` may be repeated. The other
figures come from the last measurement.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

SHOWN, EACH = 20, 8  # classes and samples of the sheet


def summary(report) -> str:
    """A paragraph and, where some fell short, a list."""
    units, seconds = report["units"], sorted(unit["seconds"] for unit in report["units"])
    full = [unit for unit in units if unit["complete"]]
    slow = sum(value > 60 for value in seconds)
    lines = [
        f"**Interval sampling** (`invset sweep --draw {len(units)} --seed {report['seed']} --in {report['interval']} "
        f"-n {units[0]['n_requested']}`, method `{report['method']}`): {len(full)} of {len(units)} classes reached "
        f"{units[0]['n_requested']} of {units[0]['n_requested']} samples; "
        f"{seconds[len(seconds) // 2]:.1f} s a class (median), {seconds[-1]:.1f} s at most, {slow} above 60 s, on two shared cores.",
    ]
    for unit in units:
        if not unit["complete"]:
            lines.append(f"- `{unit['label']}` [{unit['index']}]: {unit['n_feasible']} of {unit['n_requested']} in "
                         f"[{unit['low']:.2f}, {unit['high']:.2f}], best activation reached {unit['best']:.2f}: {unit.get('finish', '')}")
    return "\n".join(lines) + "\n"


def main():
    from safetensors.numpy import load_file

    from scenes64 import card, photos
    from scenes64.outside import Outside, images_of
    from scenes64.train import indices
    from sheets import sheet

    here = Path(__file__).parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sweep", type=Path, nargs=2, action="append", required=True, metavar=("DIR", "JSON"),
                        help="its folder and its --json output")
    parser.add_argument("--out", type=Path, default=here.parent / "scenes64")
    parser.add_argument("--cache", type=Path, default=here / "cache")
    wanted = parser.parse_args()
    outside, texts, entries = Outside(wanted.data, indices(wanted.data)), [], []
    for folder, printed in wanted.sweep:
        report = json.loads(printed.read_text())
        runs = [images_of(folder / Path(unit["run"]).name) for unit in report["units"]]
        labels = [unit["index"] for unit, images in zip(report["units"], runs) for _ in images]
        entries.append(dict(name=f"`{report['method']}`, {report['interval']}, {len(runs)} classes",
                            agreement=outside.agreement(np.concatenate(runs), labels)))
        texts.append(summary(report))
    shown = [images[:EACH] for images in runs[:SHOWN]]
    half = len(shown) // 2
    sheet([np.concatenate(pair) for pair in zip(shown[:half], shown[half:])], wanted.out / "interval.png", zoom=1)
    names = [unit["label"] for unit in report["units"][: 2 * half]]
    texts.append(f"The first {EACH} samples of the first {2 * half} classes of the last sweep, not selected: "
                 f"{', '.join(names[:half])} on the left; {', '.join(names[half:])} on the right.\n\n![samples in the interval](interval.png)\n")
    (wanted.cache / "scenes64-sweep.md").write_text("\n".join(texts))
    (wanted.cache / "scenes64-sampled.json").write_text(json.dumps(entries))
    print(json.dumps(entries), *texts, sep="\n")
    card.write(wanted.out, wanted.cache, json.loads((wanted.cache / "scenes64-figures.json").read_text()),
               load_file(wanted.out / "stats.safetensors"), photos.labels(wanted.data), photos.load(wanted.data, wanted.cache, "val"))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
