"""Small networks of the architectures that invset must differentiate, in plain torch.nn.

Each module of this package registers classes with `network`; `write_networks.py` exports them.
"""

from dataclasses import dataclass
from typing import Callable

import torch
from torch import nn


@dataclass(frozen=True)
class Network:
    """How a network is made, the shape of one row of its input, and what limits its export."""

    name: str
    make: Callable[[], nn.Module]
    row: tuple[int, ...]
    # The TorchScript exporter knows its operators from this opset on.
    torchscript_from: int = 11
    # A network that computes weights of a convolution for each row has a fixed batch.
    dynamic: bool = True


NETWORKS: dict[str, Network] = {}


def network(name: str, *row: int, **limits) -> Callable[[type], type]:
    """Registers a class under a name, for inputs of shape [batch, *row]."""

    def register(make: type) -> type:
        NETWORKS[name] = Network(name, make, row, **limits)
        return make

    return register


def randomise(module: nn.Module, seed: int) -> nn.Module:
    """Random weights that float32 holds exactly, as float64, in evaluation mode."""
    source = torch.Generator().manual_seed(seed)

    def normal(like: torch.Tensor, scale: float, mean: float = 0.0) -> torch.Tensor:
        return mean + scale * torch.randn(like.shape, generator=source)

    norms = (nn.BatchNorm2d, nn.BatchNorm1d, nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d)
    for part in module.modules():
        for name, value in [*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)]:
            if not value.is_floating_point():
                continue
            if name == "running_var":
                new = 0.5 + torch.rand(value.shape, generator=source)
            elif isinstance(part, norms) and name == "weight":
                new = normal(value, 0.3, mean=1.0)
            elif value.dim() < 2:
                new = normal(value, 0.3)
            else:
                transposed = isinstance(part, nn.ConvTranspose2d)
                inputs = value.shape[0] * value[0, 0].numel() / 4 if transposed else value[0].numel()
                new = normal(value, 1.3 * inputs**-0.5)
            value.data.copy_(new.float())
    return module.double().eval()


from . import classifiers, generators, transformers  # noqa: E402, F401
