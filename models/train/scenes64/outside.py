"""What another network, trained on all of ImageNet by other people, says of our images.

MobileNetV2 knows our 200 classes by other names and never met our classifier. It takes part in the
training of the judge only. 64 x 64 pixels are few for it: its agreement on real photographs is the scale.

From a shell: `python models/train/scenes64/outside.py DATA RUN…` judges the images of invset runs.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from PIL import Image

FILE, SIZE = "models/classifiers/mobilenet_v2_1.0_224.onnx", 224


class Outside:
    """`classes`: index of each of our classes among its 1000."""

    def __init__(self, data: Path, classes: list[int]):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.runner = onnxruntime.InferenceSession(str(Path(data) / FILE), options, providers=["CPUExecutionProvider"])
        self.classes = np.asarray(classes)

    def _run(self, images, name):
        found = []
        for part in np.array_split(images, max(1, len(images) // 50)):
            large = F.interpolate(torch.from_numpy(part), (SIZE, SIZE), mode="bilinear") * 2.0 - 1.0
            found.append(self.runner.run([name], {"input": large.numpy()})[0])
        return np.concatenate(found)

    def features(self, images, size=512) -> np.ndarray:
        """The first 512 of its 1280 features [n, 512]."""
        return self._run(images, "features")[:, :size]

    def agreement(self, images, labels) -> dict:
        """The share of images whose label is its first, and among its first five: of 1000, and of our 200."""
        logits, labels = self._run(images, "logits"), np.asarray(labels)
        ours = logits[:, self.classes]
        value = ours[np.arange(len(labels)), labels][:, None]
        rank_all, rank_ours = (logits > value).sum(1), (ours > value).sum(1)
        return dict(count=len(labels), top1_of_1000=float((rank_all < 1).mean()), top5_of_1000=float((rank_all < 5).mean()),
                    top1_of_200=float((rank_ours < 1).mean()), top5_of_200=float((rank_ours < 5).mean()))


def images_of(run: Path) -> np.ndarray:
    """The pictures of a run folder [n, 3, 64, 64]."""
    files = sorted((run / "images").glob("*.png"))
    return np.stack([np.asarray(Image.open(file).convert("RGB"), np.float32).transpose(2, 0, 1) / 255.0 for file in files])


def main():
    import tomllib

    from scenes64 import photos

    data, runs = Path(sys.argv[1]), [Path(run) for run in sys.argv[2:]]
    images, labels = [], []
    for run in runs:
        facts = tomllib.loads((run / "run.toml").read_text())
        (unit,) = [constraint["index"] for constraint in facts["constraint"]]
        found = images_of(run)
        images.append(found)
        labels += [unit] * len(found)
    outside = Outside(data, [index for _, index, _ in photos.classes(data)])
    print(json.dumps(outside.agreement(np.concatenate(images), labels)))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
