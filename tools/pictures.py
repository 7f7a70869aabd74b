#!/usr/bin/env python3
"""pictures.py [--check] SRC: draws docs/modules.svg from the includes of src/, and docs/split.svg and docs/merge.svg
from the formulas of docs/semantics.md. With --check it writes nothing, and fails if a picture differs from what it
would draw."""

import math
import re
import sys
from collections import defaultdict
from pathlib import Path

INK, FAINT, LINE = "#1f2933", "#6b7785", "#9aa5b1"
TILE_COLOURS = ("#d6e4f5", "#f6e3c5")


class Picture:
    def __init__(self, width, height):
        self.size, self.parts = (width, height), []

    def text(self, x, y, text, size=13, colour=INK, anchor="middle", weight="normal"):
        text = text.replace("&", "&amp;").replace("<", "&lt;")
        self.parts.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
                          f'font-weight="{weight}">{text}</text>')

    def box(self, x, y, width, height, fill="#ffffff", stroke=LINE):
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" '
                          f'stroke="{stroke}"/>')

    def arrow(self, points, label=""):
        path = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
        self.parts.append(f'<path d="{path}" fill="none" stroke="{FAINT}" stroke-width="1.5" marker-end="url(#head)"/>')
        if label:
            (x0, y0), (x1, y1) = points[len(points) // 2 - 1 : len(points) // 2 + 1]
            if y0 == y1:  # on a level line, above it
                self.text((x0 + x1) / 2, y0 - 5, label, 11, FAINT)
            else:
                self.text((x0 + x1) / 2 + 9, (y0 + y1) / 2, label, 11, FAINT, "start")

    def grid(self, x, y, cell, values, fill):
        """values[row][column] are texts, with the fills of fill(row, column)."""
        for row, line in enumerate(values):
            for column, value in enumerate(line):
                self.box(x + column * cell, y + row * cell, cell, cell, fill(row, column))
                self.text(x + (column + 0.5) * cell, y + (row + 0.5) * cell + 4, value, 12)

    def __str__(self):
        width, height = self.size
        head = '<marker id="head" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            'font-family="sans-serif">',
            f'<defs>{head}<path d="M0 0 L9 4 L0 8 Z" fill="{FAINT}"/></marker></defs>',
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *self.parts,
            "</svg>",
            "",
        ])


# ---- Modules ---------------------------------------------------------------------------------------------------------

WHAT = {
    "run": "the public objects",
    "kernels": "one C file for each kernel",
    "schedule": "chooses kernels, cuts work to limits",
    "vulkan": "device, memory, pipelines, quirks",
    "map": "pure C: geometry and maps along an axis",
    "base": "allocation, messages, checked arithmetic",
}


def read_includes(src):
    """Files of each module, and how many of them include a file of another module."""
    files, arrows = {}, defaultdict(int)
    for folder in sorted(path for path in (src / "src").iterdir() if path.is_dir()):
        sources = sorted(folder.glob("*.[ch]"))
        files[folder.name] = sorted({path.stem for path in sources})
        for path in sources:
            included = set(re.findall(r'^#include "(\w+)/', path.read_text(), re.M))
            for other in included - {folder.name}:
                arrows[folder.name, other] += 1
    return files, {pair: count for pair, count in arrows.items() if pair[1] in files}


def levels_of(files, arrows):
    """The longest way down from the top: a circle would never end."""
    levels = dict.fromkeys(files, 0)
    for _ in range(len(files) + 1):
        before = dict(levels)
        for above, below in arrows:
            levels[below] = max(levels[below], levels[above] + 1)
        if levels == before:
            return levels
    raise SystemExit("the modules include each other in a circle")


def lines_of(names, width=52):
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > width:
            lines.append("")
        lines[-1] += ("  " if lines[-1] else "") + name
    return lines


def draw_modules(src):
    files, arrows = read_includes(src)
    levels = levels_of(files, arrows)
    rows = defaultdict(list)
    for name, level in levels.items():
        rows[level].append(name)
    width, box_width, box_height, step = 820, 350, 104, 146
    picture = Picture(width, 110 + step * (max(levels.values()) + 1))
    for x, title, text in ((235, "samples, applications", ""), (565, "include/s2vk/s2vk.h", "the public header")):
        picture.box(x - 120, 20, 240, 44, "#eef1f4")
        picture.text(x, 47 if not text else 38, title, 13, INK, weight="bold")
        picture.text(x, 54, text, 11, FAINT)
    picture.arrow([(355, 42), (443, 42)])
    places = {}
    for level, names in rows.items():
        for index, name in enumerate(names):
            x = width / 2 + (index - (len(names) - 1) / 2) * (box_width + 40)
            places[name] = (x, 100 + level * step)
    for (above, below), count in sorted(arrows.items()):
        (x0, y0), (x1, y1) = places[above], places[below]
        label = f"{count} file{'s' if count > 1 else ''}"
        if y1 - y0 < 1.5 * step:
            start = x0 + (x1 - x0) * 0.3
            picture.arrow([(start, y0 + box_height), (start + (x1 - start) * 0.6, y1 - 2)], label)
        else:  # beside the boxes between
            side = -1 if x1 < width / 2 or (x1 == width / 2 and above == "run") else 1
            lane = width / 2 + side * (box_width / 2 + 28 + 22 * (levels[below] - levels[above]))
            end = [(lane, y1 - 2)] if x1 != width / 2 else [(lane, y1 + 42), (x1 + side * box_width / 2, y1 + 42)]
            picture.arrow([(x0 + side * box_width / 2, y0 + 42), (lane, y0 + 42), *end], label)
    picture.arrow([(width / 2 + 60, 98), (565, 66)])
    for name, (x, y) in places.items():
        picture.box(x - box_width / 2, y, box_width, box_height, "#f7f9fb")
        picture.text(x, y + 18, f"src/{name}", 13, INK, weight="bold")
        picture.text(x, y + 34, WHAT[name], 12)
        for index, line in enumerate(lines_of(files[name])):
            picture.text(x, y + 51 + 13 * index, line, 11, FAINT)
    return picture


# ---- Split and merge: docs/semantics.md, steps 1 to 9 ----------------------------------------------------------------

HEIGHT, WIDTH, SIDE, GRID = 4, 6, 4, 2  # an input, the side of a tile, tokens along a tile


def keys(distance, a=-0.75):
    d = abs(distance)
    return ((a + 2) * d - (a + 3)) * d * d + 1 if d <= 1 else (((d - 5) * d + 8) * d - 4) * a


def tap_text(j, n, m):
    """The taps of output j, from n samples to m, bicubic."""
    x = (j + 0.5) * n / m - 0.5
    first = math.floor(x)
    weights = defaultdict(float)
    for tap in range(first - 1, first + 3):
        weights[min(max(tap, 0), n - 1)] += keys(x - tap)
    return f"x = {x:g}: " + " ".join(f"{weight:+.3f} [{tap}]" for tap, weight in sorted(weights.items()))


def tiles_across(size):
    return math.ceil(size / SIDE)


def draw_split():
    picture, cell, across = Picture(900, 300), 30, tiles_across(WIDTH)
    number = lambda row, column: str(row * WIDTH + column) if column < WIDTH else "0"
    shade = lambda row, column: TILE_COLOURS[column // SIDE] if column < WIDTH else "#eeeeee"
    picture.text(20, 28, f"The image of a scale, {HEIGHT} x {WIDTH}", 13, anchor="start", weight="bold")
    picture.grid(20, 45, cell, [[number(r, c) for c in range(WIDTH)] for r in range(HEIGHT)], shade)
    picture.arrow([(215, 105), (275, 105)])
    picture.text(290, 28, f"S2VK_SPLIT_PAD, t = {SIDE}: {across} tiles, zeros to the right", 13, anchor="start",
                 weight="bold")
    for tile in range(across):
        x = 290 + tile * (SIDE * cell + 24)
        columns = range(tile * SIDE, (tile + 1) * SIDE)
        picture.grid(x, 45, cell, [[number(r, c) for c in columns] for r in range(HEIGHT)],
                     lambda r, c, tile=tile: shade(r, tile * SIDE + c))
        picture.text(x + SIDE * cell / 2, 45 + HEIGHT * cell + 16, f"tile (0, {tile})", 12, FAINT)
    padded = across * SIDE
    picture.text(580, 70, "Order in memory, B images:", 13, anchor="start", weight="bold")
    for index, line in enumerate(["tile (row, column) of image b is", f"number (row * {across} + column) * B + b"]):
        picture.text(580, 92 + 20 * index, line, 13, anchor="start")
    picture.text(20, 215, f"S2VK_SPLIT_RESIZE: each row of {WIDTH} becomes one of {padded}, bicubic, by taps "
                 "+weight [column]:", 13, anchor="start", weight="bold")
    for index, column in enumerate((0, 3)):
        picture.text(20, 240 + 22 * index, f"column {column}, {tap_text(column, WIDTH, padded)}", 13, anchor="start")
    return picture


def own_tokens(size):
    across = tiles_across(size)
    return math.ceil(size / (across * SIDE) * (across * GRID))


def area(n, m):
    return [range(j * n // m, -(-(j + 1) * n // m)) for j in range(m)]


def draw_merge():
    picture, cell, across = Picture(900, 270), 44, tiles_across(WIDTH)
    merged, own_columns = across * GRID, own_tokens(WIDTH)
    name = lambda row, column: "ab"[column // GRID] + str(row * GRID + column % GRID)
    shade = lambda column: TILE_COLOURS[column // GRID]
    picture.text(20, 28, f"Features: {GRID} x {GRID} of each tile", 13, anchor="start", weight="bold")
    for tile in range(across):
        x = 20 + tile * (GRID * cell + 16)
        picture.grid(x, 45, cell, [[name(r, tile * GRID + c) for c in range(GRID)] for r in range(GRID)],
                     lambda r, c, tile=tile: shade(tile * GRID))
        picture.text(x + GRID * cell / 2, 45 + GRID * cell + 16, f"tile (0, {tile})", 12, FAINT)
    picture.arrow([(235, 90), (275, 90)])
    picture.text(290, 28, f"Merged, {GRID} x {merged}; own part {GRID} x {own_columns}", 13, anchor="start",
                 weight="bold")
    picture.grid(290, 45, cell, [[name(r, c) for c in range(merged)] for r in range(GRID)],
                 lambda r, c: shade(c) if c < own_columns else "#eeeeee")
    picture.text(290, 45 + GRID * cell + 16, f"ceil({WIDTH} / {across * SIDE} * {merged}) = {own_columns} columns", 12,
                 FAINT, "start")
    picture.arrow([(480, 90), (520, 90)])
    picture.text(535, 28, f"Output grid {GRID} x {GRID}: means over areas", 13, anchor="start", weight="bold")
    pools = area(own_columns, GRID)
    mean = lambda row, pool: "(" + " + ".join(name(row, c) for c in pool) + f") / {len(pool)}"
    for row in range(GRID):
        for column, pool in enumerate(pools):
            picture.box(535 + column * 120, 45 + row * cell, 120, cell)
            picture.text(595 + column * 120, 45 + (row + 0.5) * cell + 4, mean(row, pool), 12)
    picture.text(20, 190, f"Along x, {own_columns} tokens become {GRID}: " + ", ".join(
        f"output {j} is the mean of {pool[0]} to {pool[-1]}" for j, pool in enumerate(pools)) + ".", 13, anchor="start")
    picture.text(20, 214, "An output token has the channels of the first scale, then those of the second, and so on.",
                 13, anchor="start")
    picture.text(20, 238, "S2VK_SPLIT_RESIZE interpolates the merged grid to the own part, by area. "
                 "S2VK_SPLIT_PAD crops it.", 13, anchor="start")
    return picture


def main():
    check, src = sys.argv[1:2] == ["--check"], Path(sys.argv[-1])
    wrong = []
    for name, picture in (("modules", draw_modules(src)), ("split", draw_split()), ("merge", draw_merge())):
        path = src / "docs" / f"{name}.svg"
        if not check:
            path.write_text(str(picture))
        elif not path.exists() or path.read_text() != str(picture):
            wrong.append(str(path))
    if wrong:
        sys.exit(f"not current: {', '.join(wrong)}; python3 tools/pictures.py . draws them")


main()
