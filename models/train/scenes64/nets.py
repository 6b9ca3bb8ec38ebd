"""The networks of scenes64. Each module's path becomes the name of its tensor in the ONNX file."""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from nets import Layer, Residual, Scale, Sum

CODE = 192
SKETCH = 16  # pixels on a side of the sketch in a code


class Classifier(nn.Module):
    """f: normalised image [N, 3, 64, 64] -> 200 logits. Returns (logits, features)."""

    def __init__(self, widths=(32, 64, 128, 192), classes: int = 200):
        super().__init__()
        first, second, third, fourth = widths
        self.layer0 = Layer(3, first, 4, 2, 1)
        self.layer1 = Residual(first)
        self.down2 = Layer(first, second, 3, 2, 1)
        self.layer2 = Residual(second)
        self.down3 = Layer(second, third, 3, 2, 1)
        self.layer3 = Residual(third)
        self.down4 = Layer(third, fourth, 3, 2, 1)
        self.layer4 = Residual(fourth)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.features = nn.Flatten()
        self.dropout = nn.Dropout(0.1)
        self.logits = nn.Linear(fourth, classes)

    def embed(self, image):
        x = self.layer1(self.layer0(image))
        x = self.layer2(self.down2(x))
        x = self.layer3(self.down3(x))
        x = self.layer4(self.down4(x))
        return self.features(self.pool(x))

    def forward(self, image):
        features = self.embed(image)
        return self.logits(self.dropout(features)), features


class Affine(nn.Module):
    """(x - mean) / std for each channel: a 1 x 1 convolution with fixed weights."""

    def __init__(self, mean, std):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        with torch.no_grad():
            self.conv.weight.copy_(torch.diag(1.0 / torch.tensor(std)).view(3, 3, 1, 1))
            self.conv.bias.copy_(-torch.tensor(mean) / torch.tensor(std))

    def forward(self, image):
        return self.conv(image)


class Generator(nn.Module):
    """G: code [N, 192] -> image [N, 3, 64, 64] in [0, 1].

    `base` is a 16 x 16 sketch, linear in the code; the rest paints it out, guided by the whole code.
    """

    def __init__(self, code: int = CODE):
        super().__init__()
        self.map1 = nn.Linear(code, 256)
        self.map1_relu = nn.LeakyReLU(0.2)
        self.spread = nn.Linear(256, 144 * 16)
        self.unflatten = nn.Unflatten(1, (144, 4, 4))
        self.spread_relu = nn.LeakyReLU(0.2)
        self.up1 = Layer(144, 160, 4, 2, 1, slope=0.2, up=True)
        self.layer1 = Layer(160, 160, slope=0.2)
        self.up2 = Layer(160, 96, 4, 2, 1, slope=0.2, up=True)
        self.base = nn.Linear(code, 3 * SKETCH * SKETCH)
        self.sketch = nn.Unflatten(1, (3, SKETCH, SKETCH))
        self.read = Layer(3, 96, slope=0.2)
        self.meet = Sum()
        self.layer2 = Layer(96, 96, slope=0.2)
        self.up3 = Layer(96, 56, 4, 2, 1, slope=0.2, up=True)
        self.layer3 = Layer(56, 56, slope=0.2)
        self.up4 = Layer(56, 24, 4, 2, 1, slope=0.2, up=True)
        self.paint = nn.Conv2d(24, 3, 3, 1, 1)
        self.steep = Scale(4.0, -2.0)  # the sigmoid's slope is a quarter: a sketch alone comes out about as it is
        self.enlarge = nn.Upsample(scale_factor=4, mode="bilinear", align_corners=False)
        self.sum = Sum()
        self.image = nn.Sigmoid()

    def forward(self, code):
        sketch = self.sketch(self.base(code))
        x = self.spread_relu(self.unflatten(self.spread(self.map1_relu(self.map1(code)))))
        x = self.up2(self.layer1(self.up1(x)))
        x = self.layer2(self.meet(x, self.read(sketch)))
        x = self.up4(self.layer3(self.up3(x)))
        return self.image(self.sum(self.paint(x), self.enlarge(self.steep(sketch))))


class Inverse(nn.Module):
    """E': image [N, 3, 64, 64] in [0, 1] -> code: what a small picture of it and f's features leave, whitened.

    `trunk` is the finished classifier's. Nothing here is trained further.
    """

    def __init__(self, classifier: Classifier, mean, std, code: int = CODE):
        super().__init__()
        self.normalise = Affine(mean, std)
        self.trunk = classifier
        self.shrink = nn.AvgPool2d(64 // SKETCH)
        self.flatten = nn.Flatten()
        self.from_sketch = nn.Linear(3 * SKETCH * SKETCH, code, bias=False)
        self.from_features = nn.Linear(classifier.logits.in_features, code)
        self.code = Sum()

    def parts(self, image):
        """The flat sketch [N, 768] and f's features."""
        return self.flatten(self.shrink(image)), self.trunk.embed(self.normalise(image))

    def forward(self, image):
        sketch, features = self.parts(image)
        return self.code(self.from_sketch(sketch), self.from_features(features))


class Judge(nn.Module):
    """A second encoder of another shape (no skips, large first kernels, leaky) and training: -> embedding [N, 128]."""

    def __init__(self, size: int = 128):
        super().__init__()
        self.centre = Scale(4.0, -2.0)
        self.layer1 = Layer(3, 32, 5, 2, 2, slope=0.1)
        self.layer2 = Layer(32, 64, 3, 2, 1, slope=0.1)
        self.layer3 = Layer(64, 96, slope=0.1)
        self.layer4 = Layer(96, 128, 3, 2, 1, slope=0.1)
        self.layer5 = Layer(128, 128, slope=0.1)
        self.layer6 = Layer(128, 160, 3, 2, 1, slope=0.1)
        self.layer7 = Layer(160, 160, slope=0.1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.embedding = nn.Linear(160, size)

    def forward(self, image):
        x = self.layer3(self.layer2(self.layer1(self.centre(image))))
        x = self.layer7(self.layer6(self.layer5(self.layer4(x))))
        return self.embedding(self.flatten(self.pool(x)))


class Critic(nn.Module):
    """Real against painted, used in training only: patch scores on pixels and on the taps of a fixed network.

    A discriminator on the features of a network that knows photographs learns many times faster than one
    on pixels alone (Sauer et al., Projected GANs Converge Faster, NeurIPS 2021). The deepest head also
    scores how well an image fits a label, by the inner product with the label's embedding (Miyato and
    Koyama, cGANs with Projection Discriminator, ICLR 2018).
    """

    def __init__(self, taps=(64, 128, 256, 512), classes: int = 200):
        super().__init__()
        first, second, third, fourth = taps

        def conv(inputs, outputs, kernel, stride=1, padding=0):
            return spectral_norm(nn.Conv2d(inputs, outputs, kernel, stride, padding))

        def leaky():
            return nn.LeakyReLU(0.2)

        self.pixels = nn.Sequential(conv(3, 32, 4, 2, 1), leaky(), conv(32, 64, 4, 2, 1), leaky(), conv(64, 1, 3, 1, 1))
        self.tap0 = nn.Sequential(conv(first, 48, 4, 2, 1), leaky(), conv(48, 64, 4, 2, 1), leaky(), conv(64, 1, 3, 1, 1))
        self.tap1 = nn.Sequential(conv(second, 96, 4, 2, 1), leaky(), conv(96, 1, 3, 1, 1))
        self.tap2 = nn.Sequential(conv(third, 128, 3, 1, 1), leaky(), conv(128, 1, 3, 1, 1))
        self.tap3 = nn.Sequential(conv(fourth, 192, 3), leaky(), nn.Flatten())
        self.score = spectral_norm(nn.Linear(192, 1))
        self.label = spectral_norm(nn.Embedding(classes, 192))

    def fit(self, deepest, labels):
        """How well images fit labels [N], by the deepest tap."""
        return (self.label(labels) * self.tap3(deepest)).sum(1)

    def forward(self, image, taps, labels=None):
        """A list of patch scores [N, places] and, with `labels`, the fit [N] of each image to its label."""
        deep = self.tap3(taps[3])
        maps = [self.pixels(2.0 * image - 1.0), *(head(tap) for head, tap in zip((self.tap0, self.tap1, self.tap2), taps))]
        scores = [scored.flatten(1) for scored in maps] + [self.score(deep)]
        return scores, None if labels is None else (self.label(labels) * deep).sum(1)
