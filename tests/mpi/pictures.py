#!/usr/bin/env python3
"""pictures.py FOLDER COUNT: PNGs of 224x224 in two classes, each for training and for a test, for nets of ImageNet."""
import os
import struct
import sys
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(side, number):
    """Stripes whose slope and colour tell pictures apart."""
    a, b = number % 7 + 1, number % 5
    rows = b"".join(b"\0" + bytes((x * a + y * (b + c) + 31 * number) % 256 for x in range(side) for c in range(3))
                    for y in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


folder, count = sys.argv[1], int(sys.argv[2])
for split, pictures in (("train", count), ("test", 10)):
    for number in range(pictures):
        place = os.path.join(folder, split, "ab"[number % 2])
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, f"{number:05}.png"), "wb") as file:
            file.write(png(224, number))
