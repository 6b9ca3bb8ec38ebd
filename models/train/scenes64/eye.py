"""A fixed network that knows photographs: its features tell how alike two images look, and which is painted.

SqueezeNet 1.1 (trained on ImageNet) at 64 x 64, as in LPIPS (Zhang et al., CVPR 2018), without learned
weights. It is used while training only; none of its weights is shipped.
"""

from pathlib import Path

import torch

from parity import OnnxModule

FILE = "models/classifiers/squeezenet1.1_224.onnx"
MEAN = (123 / 255, 117 / 255, 104 / 255)


class Eye:
    """image [N, 3, 64, 64] in [0, 1] -> four taps: 64, 128, 256 and 512 channels at strides 2, 4, 8, 16."""

    def __init__(self, data: Path, photos):
        """`photos`: some of them set the size of each tap to one (root mean square)."""
        self.net = OnnxModule(Path(data) / FILE)
        self.net.outputs = _taps(self.net)
        self.net.requires_grad_(False).to(memory_format=torch.channels_last)
        self.mean = torch.tensor(MEAN).view(1, 3, 1, 1)
        self.sizes = [1.0] * 4
        self.sizes = [tap.square().mean().sqrt().item() for tap in self(photos.floats(slice(0, None, 80)))]

    def __call__(self, image):
        taps = self.net((image - self.mean).contiguous(memory_format=torch.channels_last))
        return [tap / size for tap, size in zip(taps, self.sizes)]


def _taps(net) -> list[str]:
    """The first rectifier and the ends of the second, fourth and eighth fire module."""
    outputs = {kind: [out for operator, _, out, _ in net.nodes if operator == kind] for kind in ("Relu", "Concat")}
    return [outputs["Relu"][0], *(outputs["Concat"][index] for index in (1, 3, 7))]


def unlike(first, second) -> torch.Tensor:
    """How different two images look [N]: the mean squared difference of the taps' directions, summed over taps."""
    total = 0.0
    for a, b in zip(first, second):
        a = a / (a.square().sum(1, keepdim=True) + 1e-8).sqrt()
        b = b / (b.square().sum(1, keepdim=True) + 1e-8).sqrt()
        total = total + (a - b).square().sum(1).mean((1, 2))
    return total
