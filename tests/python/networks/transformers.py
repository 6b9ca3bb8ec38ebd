"""Vision transformers, and ConvNeXt."""

import torch
from torch import nn
from torch.nn import functional as F

from . import network


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.products, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, bias=None):
        rows, tokens, width = x.shape
        split = self.products(x).reshape(rows, tokens, 3, self.heads, width // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q * (width // self.heads) ** -0.5) @ k.transpose(-2, -1)
        weights = weights if bias is None else bias(weights)
        return self.out((weights.softmax(dim=-1) @ v).transpose(1, 2).reshape(rows, tokens, width))


def perceptron(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(width, eps=1e-6) for _ in range(2)])
        self.attention, self.perceptron = Attention(width, heads), perceptron(width)

    def forward(self, x):
        x = x + self.attention(self.norms[0](x))
        return x + self.perceptron(self.norms[1](x))


class Tokens(nn.Module):
    """Patches of an image, a class token before them, and positions added."""

    def __init__(self, width: int):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, 4)
        self.first = nn.Parameter(torch.empty(1, 1, width))
        self.positions = nn.Parameter(torch.empty(1, 17, width))

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        return torch.cat([self.first.expand(x.shape[0], -1, -1), x], dim=1) + self.positions


@network("vit", 3, 16, 16)
class VisionTransformer(nn.Module):
    """Dosovitskiy et al. 2020, attention written out."""

    def __init__(self):
        super().__init__()
        self.tokens = Tokens(24)
        self.blocks = nn.Sequential(Block(24, 3), Block(24, 3))
        self.norm, self.head = nn.LayerNorm(24), nn.Linear(24, 10)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.tokens(x)))[:, 0])


@network("vit_fused", 3, 16, 16, torchscript_from=14)
class FusedVisionTransformer(nn.Module):
    """The same by PyTorch's own encoder layer and fused attention, tanh Gelu, mean of the tokens."""

    def __init__(self):
        super().__init__()
        self.tokens = Tokens(24)
        self.query, self.key_value = nn.Linear(24, 24), nn.Linear(24, 48)
        self.norm, self.hidden, self.head = nn.LayerNorm(24), nn.Linear(24, 32), nn.Linear(32, 10)

    def forward(self, x):
        x = self.tokens(x)
        rows, tokens, width = x.shape
        normed = self.norm(x)

        def heads(y):
            return y.reshape(rows, tokens, 3, width // 3).transpose(1, 2)

        key, value = self.key_value(normed).chunk(2, dim=-1)
        y = F.scaled_dot_product_attention(heads(self.query(normed)), heads(key), heads(value))
        x = x + y.transpose(1, 2).reshape(rows, tokens, width)
        return self.head(F.gelu(self.hidden(x.mean(1)), approximate="tanh"))


class ChannelNorm(nn.Module):
    """Layer normalisation of the channels of a [N, C, H, W] tensor, as ConvNeXt's own code has it."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(channels)), nn.Parameter(torch.empty(channels))

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class ConvNextBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm, self.perceptron = nn.LayerNorm(width, eps=1e-6), perceptron(width)
        self.scale = nn.Parameter(torch.empty(width))

    def forward(self, x):
        y = self.perceptron(self.norm(self.depthwise(x).permute(0, 2, 3, 1)))
        return x + (self.scale * y).permute(0, 3, 1, 2)


@network("convnext", 3, 32, 32)
class ConvNext(nn.Module):
    """Liu et al. 2022."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 12, 4, 4), ChannelNorm(12), ConvNextBlock(12), ConvNextBlock(12),
            ChannelNorm(12), nn.Conv2d(12, 20, 2, 2), ConvNextBlock(20),
        )
        self.norm, self.head = nn.LayerNorm(20, eps=1e-6), nn.Linear(20, 10)

    def forward(self, x):
        return self.head(self.norm(self.layers(x).mean([-2, -1])))


@network("swin", 3, 16, 16)
class Swin(nn.Module):
    """Liu et al. 2021: attention in shifted windows with a relative position bias, and a merge of
    patches."""

    WINDOW, GRID, WIDTH, HEADS = 4, 8, 12, 2

    def __init__(self):
        super().__init__()
        window, width = self.WINDOW, self.WIDTH
        self.patches = nn.Conv2d(3, width, 2, 2)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.attentions = nn.ModuleList(Attention(width, self.HEADS) for _ in range(2))
        self.table = nn.Parameter(torch.empty((2 * window - 1) ** 2, self.HEADS))
        self.merge, self.merge_norm = nn.Linear(4 * width, 20, bias=False), nn.LayerNorm(4 * width)
        self.head = nn.Linear(20, 10)

        place = torch.cartesian_prod(torch.arange(window), torch.arange(window))
        apart = place[:, None] - place[None] + window - 1
        self.register_buffer("apart", apart[..., 0] * (2 * window - 1) + apart[..., 1])
        # Pixels that a shift brought together from opposite borders do not see each other.
        region = (torch.arange(self.GRID) >= self.GRID - window).long() + (
            torch.arange(self.GRID) >= self.GRID - window // 2
        ).long()
        region = self.windows((region[:, None] * 3 + region[None])[None, :, :, None])[..., 0]
        self.register_buffer("apart_regions", region[:, None] != region[:, :, None])

    def windows(self, x):
        rows, window, count = x.shape[0], self.WINDOW, self.GRID // self.WINDOW
        x = x.view(rows, count, window, count, window, x.shape[-1])
        return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, window * window, x.shape[-1])

    def unwindows(self, x, rows):
        window, count = self.WINDOW, self.GRID // self.WINDOW
        x = x.view(rows, count, count, window, window, x.shape[-1])
        return x.permute(0, 1, 3, 2, 4, 5).reshape(rows, self.GRID, self.GRID, x.shape[-1])

    def forward(self, x):
        x = self.patches(x).permute(0, 2, 3, 1)
        rows, tokens = x.shape[0], self.WINDOW**2
        bias = self.table[self.apart.view(-1)].view(tokens, tokens, self.HEADS).permute(2, 0, 1)

        def positions(weights):
            return weights + bias[None]

        def shifted(weights):
            weights = (weights + bias[None]).view(rows, -1, self.HEADS, tokens, tokens)
            weights = weights.masked_fill(self.apart_regions[None, :, None], -100.0)
            return weights.view(-1, self.HEADS, tokens, tokens)

        shift = self.WINDOW // 2
        for attention, norm, add, by in zip(self.attentions, self.norms, (positions, shifted), (0, shift), strict=True):
            y = torch.roll(norm(x), (-by, -by), (1, 2))
            y = self.unwindows(attention(self.windows(y), add), rows)
            x = x + torch.roll(y, (by, by), (1, 2))
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.head(self.merge(self.merge_norm(x)).flatten(1, 2).mean(1))
