"""The Tiny-ImageNet subset as bytes: read from its archive once, then from the cache."""

import io
import tarfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from statistics_file import per_channel

SIZE = 64
MEAN, STD = (0.480, 0.448, 0.398), (0.277, 0.269, 0.282)  # of the training images


class Photos:
    """Images as bytes [n, 3, 64, 64] and labels [n], in the order of the classes and of the file names."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def floats(self, which=slice(None)) -> torch.Tensor:
        """Images in [0, 1]."""
        return self.images[which].float() / 255.0


def normalised(images: np.ndarray) -> np.ndarray:
    """Images [n, 3, 64, 64] in [0, 1] as the classifier takes them."""
    return ((images - per_channel(MEAN)) / per_channel(STD)).astype(np.float32)


def classes(data: Path) -> list[tuple[str, int, list[str]]]:
    """WordNet id, ImageNet index and names of each class, in the order of the labels."""
    lines = (Path(data) / "tiny-imagenet" / "classes200.tsv").read_text().splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return [(wnid, int(index), names.split(", ")) for _, wnid, index, names in rows]


def labels(data: Path) -> list[str]:
    """One name for each class: its first, or its first two where that name is another class's too."""
    rows = [names for _, _, names in classes(data)]
    first = [names[0] for names in rows]
    return [", ".join(names[:2]) if first.count(names[0]) > 1 else names[0] for names in rows]


def load(data: Path, cache: Path, split: str) -> Photos:
    """`split` is "train" (200 images a class) or "val" (20 a class, held out)."""
    packed = Path(cache) / f"photos-{split}.npz"
    if not packed.exists():
        packed.parent.mkdir(parents=True, exist_ok=True)
        np.savez(packed, **_read(data, split))
    with np.load(packed) as file:
        return Photos(torch.from_numpy(file["images"]), torch.from_numpy(file["labels"]))


def _read(data: Path, split: str) -> dict[str, np.ndarray]:
    index = {wnid: label for label, (wnid, _, _) in enumerate(classes(data))}
    found = []
    with tarfile.open(Path(data) / "tiny-imagenet" / "tiny_imagenet_subset.tar.gz") as archive:
        for member in archive:
            parts = Path(member.name).parts
            if member.isfile() and split in parts and member.name.lower().endswith((".jpeg", ".jpg")):
                wnid = next(part for part in parts if part in index)
                image = Image.open(io.BytesIO(archive.extractfile(member).read())).convert("RGB")
                found.append((index[wnid], parts[-1], np.asarray(image).transpose(2, 0, 1)))
    found.sort(key=lambda row: row[:2])
    return dict(images=np.stack([row[2] for row in found]), labels=np.array([row[0] for row in found], np.int64))
