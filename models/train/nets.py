"""The networks. Each module's path becomes the name of its tensor in the ONNX file (see export.py)."""

import torch
from torch import nn


class Sum(nn.Module):
    """a + b, a module so that the sum has a name."""

    def forward(self, a, b):
        return a + b


class Scale(nn.Module):
    """factor * x + offset with two constants: input normalisation inside a graph."""

    def __init__(self, factor: float, offset: float = 0.0):
        super().__init__()
        self.factor, self.offset = factor, offset

    def forward(self, x):
        return x * self.factor + self.offset


class Layer(nn.Module):
    """Convolution, batch norm (folded away on export), rectifier: `conv` is the pre-activation."""

    def __init__(self, inputs: int, outputs: int, kernel=3, stride=1, padding=1, slope=0.0, up=False):
        super().__init__()
        kind = nn.ConvTranspose2d if up else nn.Conv2d
        self.conv = kind(inputs, outputs, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = nn.LeakyReLU(slope) if slope else nn.ReLU()

    def forward(self, x):
        return self.relu(self.norm(self.conv(x)))


class Residual(nn.Module):
    """relu(x + conv2(relu(conv1(x)))): `sum` is the pre-activation."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.sum = Sum()
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.sum(x, self.norm2(self.conv2(self.relu1(self.norm1(self.conv1(x)))))))


class Head(nn.Module):
    """The hidden layer before the logits: `linear` is the pre-activation."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(inputs, outputs)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.linear(self.flatten(x)))


class Classifier(nn.Module):
    """f: normalised image -> ten logits. Returns (logits, features)."""

    def __init__(self, width: int = 16, hidden: int = 96, classes: int = 10):
        super().__init__()
        self.layer1 = Layer(1, width)
        self.pool1 = nn.MaxPool2d(2)
        self.layer2 = Layer(width, 2 * width)
        self.pool2 = nn.MaxPool2d(2)
        self.layer3 = Layer(2 * width, 3 * width)
        self.layer4 = Residual(3 * width)
        self.pool4 = nn.MaxPool2d(2)
        self.head = Head(9 * 3 * width, hidden)
        self.dropout = nn.Dropout(0.3)
        self.logits = nn.Linear(hidden, classes)

    def forward(self, image):
        x = self.pool1(self.layer1(image))
        x = self.pool2(self.layer2(x))
        x = self.pool4(self.layer4(self.layer3(x)))
        features = self.head(x)
        return self.logits(self.dropout(features)), features


class Neuron(nn.Module):
    """sigma(w.x + b): the neuron whose inverse set is a half-space. Returns (activation, logit)."""

    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.logit = nn.Linear(784, 1)
        self.activation = nn.Sigmoid()

    def forward(self, image):
        logit = self.logit(self.flatten(image))
        return self.activation(logit), logit


class Generator(nn.Module):
    """G: code [N, 64] -> image [N, 1, 28, 28] in [0, 1]."""

    def __init__(self, code: int = 64):
        super().__init__()
        self.map1 = nn.Linear(code, 128)
        self.map1_relu = nn.ReLU()
        self.map2 = nn.Linear(128, 128)
        self.map2_relu = nn.ReLU()
        self.spread = nn.Linear(128, 48 * 7 * 7)
        self.unflatten = nn.Unflatten(1, (48, 7, 7))
        self.spread_relu = nn.ReLU()
        self.layer1 = Layer(48, 48)
        self.layer2 = Layer(48, 32, 4, 2, 1, up=True)
        self.layer3 = Layer(32, 16, 4, 2, 1, up=True)
        self.paint = nn.Conv2d(16, 1, 3, 1, 1)
        self.image = nn.Sigmoid()

    def forward(self, code):
        x = self.map2_relu(self.map2(self.map1_relu(self.map1(code))))
        x = self.spread_relu(self.unflatten(self.spread(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.image(self.paint(x))


class Inverse(nn.Module):
    """Q: image -> mean and log variance of the code; only the mean is exported."""

    def __init__(self, code: int = 64):
        super().__init__()
        self.centre = Scale(2.0, -1.0)
        self.layer1 = Layer(1, 32, 4, 2, 1, slope=0.2)
        self.layer2 = Layer(32, 64, 4, 2, 1, slope=0.2)
        self.layer3 = Layer(64, 96, 3, 2, 1, slope=0.2)
        self.flatten = nn.Flatten()
        self.code = nn.Linear(96 * 16, code)
        self.log_variance = nn.Linear(96 * 16, code)

    def trunk(self, image):
        return self.flatten(self.layer3(self.layer2(self.layer1(self.centre(image)))))

    def both(self, image):
        x = self.trunk(image)
        return self.code(x), self.log_variance(x)

    def forward(self, image):
        return self.code(self.trunk(image))


class Discriminator(nn.Module):
    """Real against generated, used in training only: image -> score [N], N a multiple of eight."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 4, 2, 1)
        self.conv2 = nn.Conv2d(32, 64, 4, 2, 1)
        self.conv3 = nn.Conv2d(64, 128, 3, 2, 1)
        self.score = nn.Linear(128 * 16 + 1, 1)
        self.relu = nn.LeakyReLU(0.2)
        for conv in (self.conv1, self.conv2, self.conv3):
            nn.init.kaiming_normal_(conv.weight, 0.2)
            nn.init.zeros_(conv.bias)

    def features(self, image):
        return self.relu(self.conv2(self.relu(self.conv1(2.0 * image - 1.0))))

    def forward(self, image):
        seen = self.relu(self.conv3(self.features(image))).flatten(1)
        # The spread within groups of eight images as one more input, so that sameness shows.
        groups = seen.view(-1, 8, seen.shape[1])
        variance = (groups - groups.mean(1, keepdim=True)).square().mean(1)
        spread = (variance + 1e-8).sqrt().mean(1).repeat_interleave(8).unsqueeze(1)
        return self.score(torch.cat([seen, spread], 1)).squeeze(1)


class Encoder(nn.Module):
    """E: image -> embedding [N, 32] whose Euclidean distances mean visual difference."""

    def __init__(self, size: int = 32):
        super().__init__()
        self.centre = Scale(2.0, -1.0)
        self.layer1 = Layer(1, 16, 4, 2, 1)
        self.layer2 = Layer(16, 32, 4, 2, 1)
        self.layer3 = Layer(32, 48, 3, 2, 1)
        self.flatten = nn.Flatten()
        self.embedding = nn.Linear(48 * 16, size)

    def forward(self, image):
        x = self.layer3(self.layer2(self.layer1(self.centre(image))))
        return self.embedding(self.flatten(x))


class Judge(nn.Module):
    """A second encoder of another shape and training: image -> embedding [N, 64]."""

    def __init__(self, size: int = 64):
        super().__init__()
        self.centre = Scale(3.5, -1.0)
        self.layer1 = Layer(1, 16, 5, 2, 2, slope=0.1)
        self.layer2 = Residual(16)
        self.layer3 = Layer(16, 48, 3, 2, 1, slope=0.1)
        self.layer4 = Residual(48)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.embedding = nn.Linear(48, size)

    def forward(self, image):
        x = self.layer2(self.layer1(self.centre(image)))
        x = self.layer4(self.layer3(x))
        return self.embedding(self.flatten(self.pool(x)))
