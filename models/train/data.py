"""Reading MNIST and Fashion-MNIST (idx files) into tensors in [0, 1]."""

import gzip
from pathlib import Path

import numpy as np
import torch


def read_idx(path: Path) -> np.ndarray:
    """One gzipped idx file as an array of bytes."""
    with gzip.open(path, "rb") as stream:
        raw = stream.read()
    rank = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(data: Path, name: str, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Images [n, 1, 28, 28] in [0, 1] and labels [n]; `split` is "train" or "t10k"."""
    folder = Path(data) / name
    images = read_idx(folder / f"{split}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{split}-labels-idx1-ubyte.gz")
    images = torch.from_numpy(images.copy()).unsqueeze(1).float() / 255.0
    return images, torch.from_numpy(labels.copy()).long()


def batches(count: int, size: int, generator: torch.Generator):
    """Index tensors of one shuffled epoch, whole batches only."""
    order = torch.randperm(count, generator=generator)
    for start in range(0, count - size + 1, size):
        yield order[start : start + size]


def shift_and_flip(images: torch.Tensor, generator: torch.Generator, reach: int = 2, mirror: float = 0.5) -> torch.Tensor:
    """A random shift of up to `reach` pixels, and a mirror image with probability `mirror`, for each image."""
    count, _, height, width = images.shape
    padded = torch.nn.functional.pad(images, (reach,) * 4)
    down = torch.randint(0, 2 * reach + 1, (count, 1, 1), generator=generator)
    right = torch.randint(0, 2 * reach + 1, (count, 1, 1), generator=generator)
    rows = down + torch.arange(height).view(1, -1, 1)
    columns = right + torch.arange(width).view(1, 1, -1)
    mirrored = torch.rand(count, 1, 1, generator=generator) < mirror
    columns = torch.where(mirrored, columns.flip(2), columns)
    which = torch.arange(count).view(-1, 1, 1)
    return padded[which, :, rows, columns].permute(0, 3, 1, 2)
