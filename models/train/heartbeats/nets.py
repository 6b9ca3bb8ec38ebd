"""The networks of heartbeats. Signals [N, 1, LENGTH] are taken as images one pixel high, so that the channels
of every layer can be named as those of an image network are."""

import torch
from torch import nn

from heartbeats.beats import LENGTH

CODE = 8
COMPONENTS = 24


class Line(nn.Module):
    """[N, 1, LENGTH] to [N, 1, 1, LENGTH]."""

    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.unflatten = nn.Unflatten(1, (1, 1, LENGTH))

    def forward(self, signal):
        return self.unflatten(self.flatten(signal))


class Layer(nn.Module):
    """A convolution along the signal that halves it, and a rectifier: `conv` is the pre-activation."""

    def __init__(self, inputs, outputs, slope=0.0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, (1, 5), (1, 2), (0, 2))
        self.relu = nn.LeakyReLU(slope) if slope else nn.ReLU()

    def forward(self, x):
        return self.relu(self.conv(x))


class Classifier(nn.Module):
    """f: normalised signal -> two logits. Returns (logits, features)."""

    def __init__(self):
        super().__init__()
        self.line = Line()
        self.layer1, self.layer2, self.layer3 = Layer(1, 8), Layer(8, 12), Layer(12, 16)
        self.flatten = nn.Flatten()
        self.hidden = nn.Linear(16 * LENGTH // 8, 16)
        self.features = nn.ReLU()
        self.dropout = nn.Dropout(0.3)
        self.logits = nn.Linear(16, 2)

    def forward(self, signal):
        x = self.layer3(self.layer2(self.layer1(self.line(signal))))
        features = self.features(self.hidden(self.flatten(x)))
        return self.logits(self.dropout(features)), features


class Trunk(nn.Module):
    """A signal in mV as a vector: what the inverse and the judge begin with."""

    SIZE = 16 * LENGTH // 8

    def __init__(self):
        super().__init__()
        self.line = Line()
        self.layer1, self.layer2, self.layer3 = Layer(1, 8, 0.1), Layer(8, 12, 0.1), Layer(12, 16, 0.1)
        self.flatten = nn.Flatten()

    def forward(self, signal):
        return self.flatten(self.layer3(self.layer2(self.layer1(self.line(signal)))))


class Inverse(nn.Module):
    """Q: signal -> mean and log variance of the code; only the mean is exported."""

    def __init__(self):
        super().__init__()
        self.trunk = Trunk()
        self.code = nn.Linear(Trunk.SIZE, CODE)
        self.log_variance = nn.Linear(Trunk.SIZE, CODE)

    def both(self, signal):
        x = self.trunk(signal)
        return self.code(x), self.log_variance(x)

    def forward(self, signal):
        return self.code(self.trunk(signal))


class Generator(nn.Module):
    """G: code [N, CODE] -> signal in mV [N, 1, LENGTH], a sum of principal components, so that it is smooth."""

    def __init__(self, mean, components):
        super().__init__()
        self.map1 = nn.Linear(CODE, 48)
        self.map1_relu = nn.LeakyReLU(0.1)
        self.map2 = nn.Linear(48, 48)
        self.map2_relu = nn.LeakyReLU(0.1)
        self.weights = nn.Linear(48, COMPONENTS)
        self.sum = nn.Linear(COMPONENTS, LENGTH)
        self.signal = nn.Unflatten(1, (1, LENGTH))
        with torch.no_grad():
            self.sum.weight.copy_(components.T)
            self.sum.bias.copy_(mean)
        self.sum.requires_grad_(False)

    def forward(self, code):
        x = self.map2_relu(self.map2(self.map1_relu(self.map1(code))))
        return self.signal(self.sum(self.weights(x)))


class Judge(nn.Module):
    """A second encoder: signal -> embedding [N, 12], from which the signal can be redrawn."""

    SIZE = 12

    def __init__(self):
        super().__init__()
        self.trunk = Trunk()
        self.embedding = nn.Linear(Trunk.SIZE, self.SIZE)

    def forward(self, signal):
        return self.embedding(self.trunk(signal))
