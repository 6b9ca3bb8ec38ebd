"""Lays the pictures of a run out as one PNG: the picture of the README.

    sheet.py RUN OUT.png [COLUMNS]
"""

import pathlib
import sys

from PIL import Image

GAP, PAPER = 4, 24
SMALL = 128  # pictures narrower than this are enlarged


def main(run, out, columns="12"):
    pictures = [Image.open(path).convert("RGB") for path in sorted(pathlib.Path(run, "images").glob("*.png"))]
    columns = int(columns)
    scale = max(1, SMALL // pictures[0].width)
    width, height = (side * scale for side in pictures[0].size)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + GAP) + GAP, rows * (height + GAP) + GAP), (PAPER,) * 3)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        corner = (GAP + column * (width + GAP), GAP + row * (height + GAP))
        sheet.paste(picture.resize((width, height), Image.Resampling.NEAREST), corner)
    sheet.save(out, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
