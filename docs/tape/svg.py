"""A terminal's screen as SVG: blocks, lines and braille as shapes, so that they are crisp and meet in
every font, and text with a fixed advance."""

from xml.sax.saxutils import escape

WIDTH, HEIGHT = 8, 16  # of a cell
MARGIN, ROUND = 12, 8
PAPER, INK = "#12161c", "#d6dae0"

# The sixteen colours that have names, in case a theme uses them.
NAMED = {
    "black": "#12161c", "red": "#e0653a", "green": "#5cc4b4", "brown": "#f2cf63",
    "blue": "#5f8fb3", "magenta": "#bf6db1", "cyan": "#7cc0ee", "white": "#d6dae0",
}  # fmt: skip

# Arms of box-drawing characters: left, right, up, down; 1 is light and 2 is heavy.
LINES = {
    "─": (1, 1, 0, 0), "│": (0, 0, 1, 1), "╭": (0, 1, 0, 1), "╮": (1, 0, 0, 1),
    "╰": (0, 1, 1, 0), "╯": (1, 0, 1, 0), "━": (2, 2, 0, 0), "┃": (0, 0, 2, 2),
    "┏": (0, 2, 0, 2), "┓": (2, 0, 0, 2), "┗": (0, 2, 2, 0), "┛": (2, 0, 2, 0),
    "┣": (0, 2, 2, 2), "┫": (2, 0, 2, 2), "╵": (0, 0, 1, 0),
}  # fmt: skip

LOWER = "▁▂▃▄▅▆▇█"
BRAILLE = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]


def colour(name, usual):
    if name == "default":
        return usual
    return NAMED.get(name) or f"#{name}"


def look(cell):
    """Ink and paper of a cell."""
    ink, paper = colour(cell.fg, INK), colour(cell.bg, PAPER)
    return (paper, ink) if cell.reverse else (ink, paper)


class Shapes:
    """Rectangles by colour, those beside each other joined."""

    def __init__(self):
        self.rows = {}

    def add(self, x, y, width, height, fill):
        row = self.rows.setdefault((y, height), [])
        if row and row[-1][2] == fill and row[-1][0] + row[-1][1] == x:
            row[-1][1] += width
        else:
            row.append([x, width, fill])

    def paths(self):
        fills = {}
        for (y, height), row in sorted(self.rows.items()):
            for x, width, fill in row:
                fills.setdefault(fill, []).append(f"M{x:g} {y:g}h{width:g}v{height:g}h-{width:g}z")
        for fill, shapes in fills.items():
            yield f'<path fill="{fill}" d="{"".join(shapes)}"/>'


def draw_line(shapes, x, y, arms, fill):
    middle_x, middle_y = x + WIDTH / 2, y + HEIGHT / 2
    for arm, weight in enumerate(arms):
        if not weight:
            continue
        half = weight / 2
        if arm == 0:
            shapes.add(x, middle_y - half, WIDTH / 2 + half, weight, fill)
        elif arm == 1:
            shapes.add(middle_x - half, middle_y - half, WIDTH / 2 + half, weight, fill)
        elif arm == 2:
            shapes.add(middle_x - half, y, weight, HEIGHT / 2 + half, fill)
        else:
            shapes.add(middle_x - half, middle_y - half, weight, HEIGHT / 2 + half, fill)


def draw(blocks, lines, dots, x, y, character, ink):
    """Draws what is no letter; whether it was one of these."""
    if character == "▀":
        blocks.add(x, y, WIDTH, HEIGHT // 2, ink)
    elif character in LOWER:
        height = (LOWER.index(character) + 1) * HEIGHT // 8
        blocks.add(x, y + HEIGHT - height, WIDTH, height, ink)
    elif character in LINES:
        draw_line(lines, x, y, LINES[character], ink)
    elif character == "╌":
        for start in (1, 5):
            lines.add(x + start, y + HEIGHT / 2 - 0.5, 2, 1, ink)
    elif "\u2800" <= character <= "\u28ff":
        bits = ord(character) - 0x2800
        for bit, (column, row) in enumerate(BRAILLE):
            if bits >> bit & 1:
                at = (x + 2 + 4 * column, y + 2 + 4 * row)
                dots.setdefault(ink, []).append(f"M{at[0]} {at[1]}h0")
    else:
        return character == " "
    return True


def picture(screen):
    """The whole screen."""
    papers, blocks, lines, dots, texts = Shapes(), Shapes(), Shapes(), {}, []
    for row in range(screen.lines):
        y = row * HEIGHT
        run = None
        for column in range(screen.columns + 1):
            cell = screen.buffer[row][column] if column < screen.columns else None
            letter = None
            if cell is not None:
                ink, paper = look(cell)
                x = column * WIDTH
                if paper != PAPER:
                    papers.add(x, y, WIDTH, HEIGHT, paper)
                if cell.underscore:
                    lines.add(x, y + HEIGHT - 2, WIDTH, 1, ink)
                if not draw(blocks, lines, dots, x, y, cell.data, ink):
                    letter = (ink, cell.bold, cell.italics)
            # A run goes on over single blanks, so that words of one style are one text.
            if run and (letter != run[0] or cell is None):
                is_gap = cell is not None and cell.data == " " and run[2][-1:] != [" "]
                if is_gap and letter is None and not cell.underscore:
                    run[2].append(" ")
                    continue
                texts.append((row, *run))
                run = None
            if letter:
                run = run or (letter, column, [])
                run[2].append(cell.data)
    width, height = screen.columns * WIDTH, screen.lines * HEIGHT
    outer = (width + 2 * MARGIN, height + 2 * MARGIN)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-MARGIN} {-MARGIN} {outer[0]} {outer[1]}" width="{outer[0]}" height="{outer[1]}">',
        f'<rect x="{-MARGIN}" y="{-MARGIN}" width="{outer[0]}" height="{outer[1]}" rx="{ROUND}" fill="{PAPER}"/>',
        '<g shape-rendering="crispEdges">',
        *papers.paths(),
        *blocks.paths(),
        "</g>",
        *lines.paths(),
        '<g fill="none" stroke-width="2.6" stroke-linecap="round">',
        *(f'<path stroke="{ink}" d="{"".join(points)}"/>' for ink, points in dots.items()),
        "</g>",
        '<g font-family="ui-monospace,\'DejaVu Sans Mono\',Menlo,Consolas,monospace" font-size="13" xml:space="preserve">',
        *map(text, texts),
        "</g></svg>\n",
    ]
    return "\n".join(out)


def text(found):
    row, (ink, bold, italic), column, letters = found
    words = "".join(letters).rstrip()
    style = ' font-weight="bold"' * bold + ' font-style="italic"' * italic
    x, y, length = column * WIDTH, row * HEIGHT + 12, len(words) * WIDTH
    return f'<text x="{x}" y="{y}" fill="{ink}" textLength="{length}" lengthAdjust="spacingAndGlyphs"{style}>{escape(words)}</text>'
