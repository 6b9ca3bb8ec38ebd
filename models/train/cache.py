"""Cached, resumable stages: one checkpoint file for each."""

import os
from pathlib import Path

import torch


class Stage:
    """A named checkpoint under the cache folder. Delete the file to train the stage again."""

    def __init__(self, cache: Path, name: str):
        self.path = Path(cache) / f"{name}.pt"
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def load(self) -> dict:
        """The last saved state, or {} before the first epoch."""
        if not self.path.exists():
            return {}
        return torch.load(self.path, weights_only=True)

    def save(self, **state) -> None:
        """Replaces the checkpoint at once, so that an interrupted save loses nothing."""
        partial = self.path.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.path)
