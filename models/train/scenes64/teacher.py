"""What a network trained on all of ImageNet says about each training photograph, upright and mirrored.

The teacher's logits among our 200 classes are softer targets than one label: 200 images a class are few.
It is used while training only; none of its weights is shipped.
"""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F

FILE, SIZE = "models/classifiers/mobilenet_v1_0.50_160.onnx", 160


def logits(data: Path, cache: Path, photos, indices, log=print) -> torch.Tensor:
    """[2, n, 200]: for the photographs as they are, and mirrored. `indices`: our classes in the teacher's."""
    path = Path(cache) / "teacher.npy"
    if not path.exists():
        options = onnxruntime.SessionOptions()
        runner = onnxruntime.InferenceSession(str(Path(data) / FILE), options, providers=["CPUExecutionProvider"])
        found = np.empty((2, len(photos), len(indices)), np.float32)
        for start in range(0, len(photos), 100):
            part = slice(start, start + 100)
            image = F.interpolate(photos.floats(part), (SIZE, SIZE), mode="bilinear") * 2.0 - 1.0
            for side, view in enumerate((image, image.flip(3))):
                found[side, part] = runner.run(["logits"], {"input": view.numpy()})[0][:, indices]
        np.save(path, found)
    found = torch.from_numpy(np.load(path))
    right = (found[0].argmax(1) == photos.labels).float().mean().item()
    log(f"teacher: right about {100 * right:.1f} % of the training photographs among {len(indices)}")
    return found
