"""Contact sheets as PNG."""

import numpy as np
from PIL import Image


def sheet(rows, path, zoom=2, gap=2):
    """`rows`: arrays [n, 1 or 3, height, width] in [0, 1], one line of the sheet each."""
    lines = []
    for row in rows:
        tiles = np.clip(np.asarray(row, np.float32), 0, 1).transpose(0, 2, 3, 1)
        tiles = np.pad(tiles, ((0, 0), (gap, 0), (gap, 0), (0, 0)), constant_values=0.25)
        lines.append(np.concatenate(list(tiles), 1))
    page = np.pad(np.concatenate(lines, 0), ((0, gap), (0, gap), (0, 0)), constant_values=0.25)
    pixels = np.rint(page * 255).astype(np.uint8).repeat(zoom, 0).repeat(zoom, 1)
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(path, optimize=True)
