"""Generators: codes to images, and an autoencoder's decoder."""

import torch
from torch import nn
from torch.nn import functional as F

from . import network


@network("dcgan", 12)
class Dcgan(nn.Module):
    """Radford et al. 2015: transposed convolutions, batch normalisation, tanh."""

    def __init__(self):
        super().__init__()

        def up(inputs, outputs, *geometry):
            return [nn.ConvTranspose2d(inputs, outputs, *geometry, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)]

        self.layers = nn.Sequential(
            *up(12, 16, 4, 1, 0), *up(16, 12, 4, 2, 1), *up(12, 8, 4, 2, 1),
            nn.ConvTranspose2d(8, 3, 4, 2, 1, bias=False), nn.Tanh(),
        )

    def forward(self, code):
        return self.layers(code.view(-1, 12, 1, 1))


@network("deepsim", 24)
class DeepSim(nn.Module):
    """The fc6 generator of Dosovitskiy & Brox 2016 (Table 4 of the supplement), narrower: three fc
    layers, then 4x4 deconvolutions of stride 2 with 3x3 ones between, leaky ReLU of slope 0.3, and
    the centre cut out of what comes last."""

    def __init__(self):
        super().__init__()
        leaky = nn.LeakyReLU(0.3)
        self.codes = nn.Sequential(
            nn.Linear(24, 24), leaky, nn.Linear(24, 24), leaky, nn.Linear(24, 64), leaky
        )

        def up(inputs, outputs):
            return nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)

        def same(inputs, outputs):
            return nn.ConvTranspose2d(inputs, outputs, 3, 1, 1)

        self.images = nn.Sequential(
            up(16, 16), leaky, same(16, 20), leaky, up(20, 12), leaky, same(12, 12), leaky,
            up(12, 8), leaky, same(8, 8), leaky, up(8, 3),
        )

    def forward(self, code):
        x = self.images(self.codes(code).view(-1, 16, 2, 2))
        return x[:, :, 2:30, 2:30]


class ModulatedConvolution(nn.Module):
    """Karras et al. 2020, section 2.2, with the style applied to inputs and outputs, or (`fused`) to
    the weights, one group for each row."""

    def __init__(self, inputs: int, outputs: int, code: int, fused: bool):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.style, self.fused = nn.Linear(code, inputs), fused

    def forward(self, x, code):
        style = self.style(code) + 1.0
        weight = self.weight[None] * style[:, None, :, None, None]
        scale = torch.rsqrt(weight.square().sum(dim=[2, 3, 4]) + 1e-8)
        if not self.fused:
            x = F.conv2d(x * style[:, :, None, None], self.weight, padding=1)
            return x * scale[:, :, None, None]
        rows, (outputs, inputs) = x.shape[0], self.weight.shape[:2]
        weight = (weight * scale[:, :, None, None, None]).reshape(rows * outputs, inputs, 3, 3)
        x = x.reshape(1, rows * inputs, *x.shape[2:])
        return F.conv2d(x, weight, padding=1, groups=rows).reshape(rows, outputs, *x.shape[2:])


class StyleGan2(nn.Module):
    def __init__(self, fused: bool):
        super().__init__()
        self.mapping = nn.ModuleList(nn.Linear(12, 12) for _ in range(2))
        self.constant = nn.Parameter(torch.empty(1, 10, 4, 4))
        widths = [10, 10, 8]
        self.convolutions = nn.ModuleList(
            ModulatedConvolution(a, b, 12, fused) for a, b in zip(widths, widths[1:], strict=False)
        )
        for level in range(2):
            self.register_buffer(f"noise{level}", torch.empty(1, 1, 4 << level, 4 << level))
        self.strength = nn.Parameter(torch.empty(2))
        self.biases = nn.ParameterList(torch.empty(1, width, 1, 1) for width in widths[1:])
        self.images = nn.ModuleList(nn.Conv2d(width, 3, 1) for width in widths[1:])

    def forward(self, z):
        code = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
        for layer in self.mapping:
            code = F.leaky_relu(layer(code), 0.2) * 2**0.5
        x, image = self.constant.repeat(z.shape[0], 1, 1, 1), None
        for level, convolution in enumerate(self.convolutions):
            if level > 0:
                x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
                image = F.interpolate(image, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = convolution(x, code) + self.strength[level] * getattr(self, f"noise{level}")
            x = F.leaky_relu(x + self.biases[level], 0.2) * 2**0.5
            image = self.images[level](x) if image is None else image + self.images[level](x)
        return image


@network("stylegan2", 12)
class StyleGan2Scaled(StyleGan2):
    """Modulation by scaling what goes in and comes out: any batch."""

    def __init__(self):
        super().__init__(fused=False)


@network("stylegan2_fused", 12, dynamic=False)
class StyleGan2Fused(StyleGan2):
    """Weights of the convolutions that depend on the code, one group for each row."""

    def __init__(self):
        super().__init__(fused=True)


class AdaptiveInstanceNorm(nn.Module):
    def __init__(self, channels: int, code: int):
        super().__init__()
        self.norm = nn.InstanceNorm2d(channels, affine=True)
        self.style = nn.Linear(code, 2 * channels)

    def forward(self, x, code):
        scale, shift = self.style(code)[:, :, None, None].chunk(2, dim=1)
        return (scale + 1) * self.norm(x) + shift


@network("stylegan", 12)
class StyleGan(nn.Module):
    """Karras et al. 2019: adaptive instance normalisation, noise constants, nearest upsampling."""

    def __init__(self):
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(12, 12), nn.LeakyReLU(0.2), nn.Linear(12, 12), nn.LeakyReLU(0.2))
        self.constant = nn.Parameter(torch.empty(1, 10, 4, 4))
        self.convolutions = nn.ModuleList([nn.Conv2d(10, 10, 3, padding=1), nn.Conv2d(10, 8, 3, padding=1)])
        self.norms = nn.ModuleList([AdaptiveInstanceNorm(10, 12), AdaptiveInstanceNorm(8, 12)])
        self.scales = nn.ParameterList(torch.empty(1, width, 1, 1) for width in (10, 8))
        for level in range(2):
            self.register_buffer(f"noise{level}", torch.empty(1, 1, 8 << level, 8 << level))
        self.image = nn.Conv2d(8, 3, 1)

    def forward(self, z):
        code = self.mapping(F.normalize(z, dim=1))
        x = self.constant.expand(z.shape[0], -1, -1, -1)
        for level, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            x = convolution(F.interpolate(x, scale_factor=2.0, mode="nearest"))
            x = F.leaky_relu(x + self.scales[level] * getattr(self, f"noise{level}"), 0.2)
            x = norm(x, code)
        return torch.tanh(self.image(x))


class ResidualBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(2, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1),
            nn.GroupNorm(4, outputs), nn.SiLU(), nn.Conv2d(outputs, outputs, 3, padding=1),
        )
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        return self.shortcut(x) + self.layers(x)


class AttentionBlock(nn.Module):
    """Single-head attention between the pixels of an autoencoder's middle."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.GroupNorm(4, channels)
        self.products, self.out = nn.Conv2d(channels, 3 * channels, 1), nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        rows, channels, height, width = x.shape
        q, k, v = self.products(self.norm(x)).flatten(2).chunk(3, dim=1)
        weights = torch.softmax(q.transpose(1, 2) @ k * channels**-0.5, dim=-1)
        return x + self.out((v @ weights.transpose(1, 2)).view(rows, channels, height, width))


@network("decoder", 4, 4, 4)
class Decoder(nn.Module):
    """The decoder of a latent diffusion model's autoencoder (Rombach et al. 2022), once with nearest
    upsampling and once with pixel shuffling."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(4, 12, 3, padding=1),
            ResidualBlock(12, 12),
            AttentionBlock(12),
            nn.Upsample(scale_factor=2.0, mode="nearest"),
            nn.Conv2d(12, 12, 3, padding=1),
            ResidualBlock(12, 8),
            nn.Conv2d(8, 32, 3, padding=1),
            nn.PixelShuffle(2),
            nn.GroupNorm(4, 8),
            nn.SiLU(),
            nn.Conv2d(8, 3, 3, padding=1),
        )

    def forward(self, x):
        return self.layers(x)
