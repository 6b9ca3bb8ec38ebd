"""Convolutional classifiers, and a U-Net."""

import torch
from torch import nn
from torch.nn import functional as F

from . import network


def conv_norm(inputs: int, outputs: int, kernel=3, stride: int = 1, groups: int = 1, padding=None) -> list[nn.Module]:
    padding = kernel // 2 if padding is None else padding
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]


class BasicBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.residual = nn.Sequential(
            *conv_norm(inputs, outputs, 3, stride), nn.ReLU(inplace=True), *conv_norm(outputs, outputs)
        )
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Sequential(*conv_norm(inputs, outputs, 1, stride))

    def forward(self, x):
        return F.relu(self.residual(x) + self.shortcut(x))


@network("resnet", 3, 32, 32)
class ResNet(nn.Sequential):
    """He et al. 2015: a strided stem with padded max pooling, basic blocks, projections."""

    def __init__(self):
        super().__init__(
            *conv_norm(3, 8, 7, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
            BasicBlock(8, 8, 1),
            BasicBlock(8, 16, 2),
            BasicBlock(16, 16, 1),
            BasicBlock(16, 24, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(24, 10),
        )


class LocalResponseNormOperator(torch.autograd.Function):
    """Writes itself as ONNX's LRN, which PyTorch's exporters never do."""

    @staticmethod
    def forward(context, x, size, alpha, beta, k):
        return F.local_response_norm(x, size, alpha, beta, k)

    @staticmethod
    def symbolic(graph, x, size, alpha, beta, k):
        result = graph.op("LRN", x, size_i=size, alpha_f=alpha, beta_f=beta, bias_f=k)
        result.setType(x.type())
        return result


class LocalResponseNorm(nn.LocalResponseNorm):
    """As nn.LocalResponseNorm, but an LRN node where the TorchScript exporter looks on. (For even
    sizes ONNX's window begins one channel later.)"""

    def forward(self, x):
        if not torch.jit.is_tracing():
            return super().forward(x)
        return LocalResponseNormOperator.apply(x, self.size, self.alpha, self.beta, self.k)


@network("caffenet", 3, 43, 43)
class CaffeNet(nn.Sequential):
    """Jia et al. 2014: overlapping max pooling, then LRN, grouped convolutions, three fc layers."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 12, 7, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            LocalResponseNorm(5, alpha=0.5, beta=0.75, k=1.0),
            nn.Conv2d(12, 16, 5, padding=2, groups=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            LocalResponseNorm(3, alpha=1e-1, beta=0.6, k=2.0),
            nn.Conv2d(16, 16, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(16, 12, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Flatten(),
            nn.Linear(48, 24),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(24, 20),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(20, 10),
            nn.Softmax(dim=1),
        )


@network("vgg", 3, 32, 32)
class Vgg(nn.Module):
    """Simonyan & Zisserman 2014, with LRN after the first layer (their A-LRN), as PyTorch's exporters
    spell it."""

    def __init__(self):
        super().__init__()
        relu, pool = nn.ReLU(inplace=True), nn.MaxPool2d(2, 2)
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), relu, nn.LocalResponseNorm(4, alpha=0.3, beta=0.75, k=2.0), pool,
            nn.Conv2d(8, 12, 3, padding=1), relu, pool,
            nn.Conv2d(12, 16, 3, padding=1), relu, nn.Conv2d(16, 16, 3, padding=1), relu, pool,
        )
        self.pool = nn.AvgPool2d(2)
        self.head = nn.Sequential(nn.Linear(64, 32), relu, nn.Dropout(), nn.Linear(32, 10))

    def forward(self, x):
        return self.head(torch.flatten(self.pool(self.features(x)), 1))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, squeezed: int, inner: nn.Module, gate: nn.Module):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, squeezed, 1), inner, nn.Conv2d(squeezed, channels, 1), gate
        )

    def forward(self, x):
        return x * self.gate(x)


class InvertedResidual(nn.Module):
    """Expand, depthwise, optional squeeze and excitation, project."""

    def __init__(self, inputs, outputs, expansion, kernel, stride, activation, gates=None):
        super().__init__()
        hidden = inputs * expansion
        layers = [*conv_norm(inputs, hidden, 1), activation()] if expansion != 1 else []
        layers += [*conv_norm(hidden, hidden, kernel, stride, groups=hidden), activation()]
        if gates is not None:
            layers.append(SqueezeExcitation(hidden, max(hidden // 4, 2), gates[0](), gates[1]()))
        layers += conv_norm(hidden, outputs, 1)
        self.residual = nn.Sequential(*layers)
        self.same = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.residual(x) if self.same else self.residual(x)


@network("mobilenet_v2", 3, 32, 32)
class MobileNetV2(nn.Module):
    """Sandler et al. 2018: inverted residuals with ReLU6."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            *conv_norm(3, 8, 3, 2),
            nn.ReLU6(inplace=True),
            InvertedResidual(8, 8, 1, 3, 1, nn.ReLU6),
            InvertedResidual(8, 12, 3, 3, 2, nn.ReLU6),
            InvertedResidual(12, 12, 3, 3, 1, nn.ReLU6),
            InvertedResidual(12, 16, 3, 3, 2, nn.ReLU6),
            *conv_norm(16, 32, 1),
            nn.ReLU6(inplace=True),
        )
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(32, 10))

    def forward(self, x):
        return self.head(self.features(x).mean([2, 3]))


@network("mobilenet_v3", 3, 32, 32)
class MobileNetV3(nn.Module):
    """Howard et al. 2019: hard swish, squeeze and excitation with a hard sigmoid."""

    def __init__(self):
        super().__init__()
        gates = (nn.ReLU, nn.Hardsigmoid)
        self.features = nn.Sequential(
            *conv_norm(3, 8, 3, 2),
            nn.Hardswish(inplace=True),
            InvertedResidual(8, 8, 1, 3, 2, nn.ReLU, gates),
            InvertedResidual(8, 12, 3, 5, 1, nn.Hardswish, gates),
            InvertedResidual(12, 12, 2, 5, 1, nn.Hardswish),
            *conv_norm(12, 32, 1),
            nn.Hardswish(inplace=True),
        )
        self.head = nn.Sequential(nn.Linear(32, 24), nn.Hardswish(inplace=True), nn.Linear(24, 10))

    def forward(self, x):
        return self.head(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


@network("efficientnet", 3, 32, 32)
class EfficientNet(nn.Sequential):
    """Tan & Le 2019: SiLU, squeeze and excitation with a sigmoid."""

    def __init__(self):
        gates = (nn.SiLU, nn.Sigmoid)
        super().__init__(
            *conv_norm(3, 8, 3, 2),
            nn.SiLU(inplace=True),
            InvertedResidual(8, 8, 1, 3, 1, nn.SiLU, gates),
            InvertedResidual(8, 12, 4, 5, 2, nn.SiLU, gates),
            InvertedResidual(12, 12, 4, 3, 1, nn.SiLU, gates),
            *conv_norm(12, 32, 1),
            nn.SiLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(32, 10),
        )


class DenseLayer(nn.Module):
    def __init__(self, inputs: int, growth: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, 2 * growth, 1, bias=False),
            nn.BatchNorm2d(2 * growth), nn.ReLU(), nn.Conv2d(2 * growth, growth, 3, padding=1, bias=False),
        )

    def forward(self, features):
        return self.layers(torch.cat(features, 1))


@network("densenet", 3, 32, 32)
class DenseNet(nn.Module):
    """Huang et al. 2016: every layer reads all before it; average pooling between blocks."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(*conv_norm(3, 8, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.first = nn.ModuleList(DenseLayer(8 + 6 * i, 6) for i in range(3))
        self.transition = nn.Sequential(
            nn.BatchNorm2d(26), nn.ReLU(), nn.Conv2d(26, 12, 1, bias=False), nn.AvgPool2d(2, 2)
        )
        self.second = nn.ModuleList(DenseLayer(12 + 6 * i, 6) for i in range(2))
        self.norm, self.head = nn.BatchNorm2d(24), nn.Linear(24, 10)

    def forward(self, x):
        for layers in (self.first, self.second):
            x = self.stem(x) if layers is self.first else self.transition(x)
            features = [x]
            for layer in layers:
                features.append(layer(features))
            x = torch.cat(features, 1)
        return self.head(F.adaptive_avg_pool2d(F.relu(self.norm(x)), (1, 1)).flatten(1))


def unit(inputs: int, outputs: int, kernel, stride: int = 1, padding=0) -> nn.Sequential:
    return nn.Sequential(*conv_norm(inputs, outputs, kernel, stride, padding=padding), nn.ReLU(inplace=True))


@network("inception", 3, 21, 21)
class Inception(nn.Module):
    """Szegedy et al. 2015: factorised branches, average pooling that counts its padding, and a grid
    reduction."""

    def __init__(self):
        super().__init__()
        self.stem = unit(3, 8, 3, 2)
        self.narrow = unit(8, 6, 1)
        self.square = nn.Sequential(unit(8, 6, 1), unit(6, 8, 3, padding=1), unit(8, 8, 3, padding=1))
        self.factorised = nn.Sequential(
            unit(8, 6, 1), unit(6, 6, (1, 7), padding=(0, 3)), unit(6, 8, (7, 1), padding=(3, 0))
        )
        self.pooled = unit(8, 6, 1)
        self.reduced = unit(28, 12, 3, 2)
        self.head = nn.Linear(40, 10)

    def forward(self, x):
        x = self.stem(x * 0.9 + 0.1)
        pooled = self.pooled(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))
        x = torch.cat([self.narrow(x), self.square(x), self.factorised(x), pooled], 1)
        averaged = F.avg_pool2d(x, 3, 2, ceil_mode=True, count_include_pad=False)
        x = torch.cat([self.reduced(x), F.max_pool2d(x, 3, 2) + averaged[:, :, :4, :4]], 1)
        return self.head(x.mean((2, 3)))


@network("unet", 3, 16, 24)
class UNet(nn.Module):
    """Ronneberger et al. 2015, with linear upsampling in both of PyTorch's alignments."""

    def __init__(self):
        super().__init__()

        def double(inputs, outputs):
            return nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, padding=1), nn.LeakyReLU(0.1),
                nn.Conv2d(outputs, outputs, 3, padding=1), nn.ELU(),
            )

        self.down = nn.ModuleList([double(3, 6), double(6, 10), double(10, 14)])
        self.up = nn.ModuleList([double(24, 10), double(16, 6)])
        self.pool = nn.MaxPool2d(2)
        self.half_pixel = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.corners = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.head = nn.Conv2d(6, 2, 1)

    def forward(self, x):
        wide = self.down[0](x)
        middle = self.down[1](self.pool(wide))
        deep = self.down[2](self.pool(middle))
        x = self.up[0](torch.cat([middle, self.half_pixel(deep)], 1))
        x = self.up[1](torch.cat([wide, self.corners(x)], 1))
        return torch.sigmoid(self.head(x))
