"""How far an evaluation stays from the points where a network has no derivative."""

import torch
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
CORNERS = {
    "relu": [0.0],
    "leaky_relu": [0.0],
    "elu": [0.0],
    "hardswish": [-3.0, 3.0],
    "hardsigmoid": [-3.0, 3.0],
}


class Kinks(TorchDispatchMode):
    """Notes, for each row of the batch, the least distance of an argument from a corner of its
    function, and of a window's maximum from the runner-up."""

    def __init__(self, rows: int):
        super().__init__()
        self.margins = torch.full((rows,), float("inf"), dtype=torch.float64)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.__name__.split(".")[0].rstrip("_")
        if name == "max_pool2d_with_indices":
            self.note(window_margins(*args))
        elif name == "hardtanh":
            corners = list(args[1:3]) or [-1.0, 1.0]
            self.note_corners(args[0], corners)
        elif name in CORNERS:
            self.note_corners(args[0], CORNERS[name])
        return function(*args, **(kwargs or {}))

    def note_corners(self, x, corners):
        for corner in corners:
            self.note((x - corner).abs())

    def note(self, distances):
        rows = len(self.margins)
        least = distances.reshape(rows, -1).amin(dim=1)
        self.margins = torch.minimum(self.margins, least)


def window_margins(x, kernel, stride=(), padding=0, dilation=1, ceil_mode=False):
    """By how much each window's maximum exceeds the rest. A maximum of exactly zero is what a ReLU
    before the pooling made of everything: no gradient passes there whichever element wins."""
    kernel, stride = pair(kernel), pair(stride or kernel)
    padding = pair(padding)
    # What rounding up adds lies behind the end; padding too much there only adds windows.
    end = [p + (s if ceil_mode else 0) for p, s in zip(padding, stride)]
    padded = F.pad(x, (padding[1], end[1], padding[0], end[0]), value=float("-inf"))
    assert pair(dilation) == [1, 1]
    windows = padded.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1])
    best = windows.flatten(-2).topk(2, dim=-1).values
    margin = best[..., 0] - best[..., 1]
    undecided = (best[..., 0] == 0) | best[..., 0].isinf()
    return torch.where(undecided, torch.inf, margin)


def pair(value) -> list[int]:
    value = [value] if isinstance(value, int) else list(value)
    return value * 2 if len(value) == 1 else value
