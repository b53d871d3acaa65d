#!/usr/bin/env python3
"""Draws mcpb/icon.png, 512 by 512: an invoice with a lit corner, on a rounded tile. Python's own library only."""

import math
import struct
import zlib
from pathlib import Path

SIZE = 512
TILE_TOP, TILE_BOTTOM = (24, 94, 104), (10, 52, 72)
PAPER, LINE, LIGHT = (250, 250, 246), (166, 188, 192), (255, 190, 60)


def rounded(x, y, left, top, right, bottom, radius):
    """Signed distance to a rounded rectangle: negative inside."""
    dx = abs(x - (left + right) / 2) - ((right - left) / 2 - radius)
    dy = abs(y - (top + bottom) / 2) - ((bottom - top) / 2 - radius)
    return math.hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - radius


def over(below, colour, distance):
    """`colour` laid over `below` where the distance is negative, with a soft edge of one pixel."""
    share = min(max(0.5 - distance, 0), 1)
    return tuple(b + (c - b) * share for b, c in zip(below, colour))


def pixel(x, y):
    tile = rounded(x, y, 16, 16, 496, 496, 104)
    share = y / SIZE
    colour = tuple(a + (b - a) * share for a, b in zip(TILE_TOP, TILE_BOTTOM))
    # The sheet, its right upper corner cut off.
    sheet = max(rounded(x, y, 138, 92, 374, 420, 22), (x - y - 226) / math.sqrt(2))
    colour = over(colour, PAPER, sheet)
    for top, right in ((196, 330), (236, 330), (276, 264)):
        colour = over(colour, LINE, rounded(x, y, 178, top, right, top + 16, 8))
    # The total.
    colour = over(colour, TILE_TOP, rounded(x, y, 250, 344, 334, 372, 10))
    # The light at the corner, with eight rays.
    dx, dy = x - 372, y - 132
    colour = over(colour, LIGHT, math.hypot(dx, dy) - 36)
    for step in range(8):
        angle = step * math.pi / 4
        along = dx * math.cos(angle) + dy * math.sin(angle)
        across = dy * math.cos(angle) - dx * math.sin(angle)
        colour = over(colour, LIGHT, rounded(along, across, 52, -7, 82, 7, 7))
    return (*colour, 255 * min(max(0.5 - tile, 0), 1))


def chunk(name, content):
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def main():
    rows = bytearray()
    for y in range(SIZE):
        rows.append(0)
        for x in range(SIZE):
            rows.extend(round(part) for part in pixel(x + 0.5, y + 0.5))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
    Path(__file__).with_name("icon.png").write_bytes(png)


main()
