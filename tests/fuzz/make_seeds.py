#!/usr/bin/env python3
"""Writes the seeds of tests/fuzz/corpus: small sound files, from which a fuzzer starts; and known-*, unsound ones.

    python3 tests/fuzz/make_seeds.py        (pictures need Pillow: apt install python3-pil)

Files that were findings lie beside them under names of their own and are left alone.
"""
import gzip
import io
import json
import struct
import zlib
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
LOG = "epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds\n"


def write(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


# --- safetensors -----------------------------------------------------------------------------------

def tensor_file(header, data=b""):
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors():
    write("safetensors", "seed-empty", tensor_file({}))
    write("safetensors", "seed-metadata", tensor_file({"__metadata__": {"mean": "0.5", "std": "0.25"}}))
    write("safetensors", "seed-types", tensor_file(
        {"a": tensor("F32", [2], 0, 8), "b": tensor("F64", [1], 8, 16), "c": tensor("F16", [1, 2], 16, 20),
         "d": tensor("BF16", [], 20, 22), "e": tensor("I8", [2], 22, 24), "f": tensor("U64", [1], 24, 32),
         "g": tensor("I32", [0, 3], 32, 32)}, bytes(range(32))))
    write("safetensors", "seed-disorder", tensor_file(
        {"a": tensor("U16", [1], 2, 4), "b": tensor("I16", [1], 0, 2), "c": tensor("U32", [1], 8, 12),
         "d": tensor("U8", [4], 4, 8), "e": tensor("I64", [1], 12, 20)}, bytes(20)))


def checkpoint():
    progress = {"epoch": 2, "step": 3, "iteration": 7, "lr": 0.1, "warm": True, "errors": 1, "pictures": 48,
                "loss_sum": 2.5, "seconds": 0.5}
    said = {"checkpoint": "1", "recipe": "{}", "progress": json.dumps(progress), "log": LOG + "1,4,0.1,1.5,0.5,1.25,0.5,1.5\n"}
    write("checkpoint", "seed-second-epoch", tensor_file({"__metadata__": said, "velocity.a": tensor("F32", [2], 0, 8)}, bytes(8)))
    said["progress"], said["log"] = json.dumps(progress | {"epoch": 1}), LOG
    write("checkpoint", "seed-first-epoch", tensor_file({"__metadata__": said}))


def config():
    write("config", "seed-recipe", json.dumps(
        {"format": 2, "model": {"name": "resnet20", "shortcut": "A", "width": 16, "classes": 0}, "initialiser": "he_normal",
         "pretrained": None, "training": {"epochs": 10, "schedule": {"lr": 0.1, "milestones": [1, 2]}},
         "data": {"checksum": "00000000"}}, indent=2).encode())
    write("config", "seed-names", b'["cat","dog","\\u00e9"]')
    write("config", "seed-deep", b"[" * 3000)


# --- CIFAR-10 and archives -------------------------------------------------------------------------

def record(label):
    return bytes([label]) + bytes(i * 7 % 256 for i in range(3072))


def cifar10():
    write("cifar10", "seed-one", record(3))
    write("cifar10", "seed-label", record(11))
    write("cifar10", "seed-cifar100", record(1) + b"\0")


def tar_member(name, content, kind=b"0", prefix=b""):
    header = bytearray(512)
    header[0:len(name)] = name
    header[100:108], header[108:116], header[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    header[124:136], header[136:148] = b"%011o\0" % len(content), b"00000000000\0"
    header[156:157], header[257:265], header[345:345 + len(prefix)] = kind, b"ustar\00000", prefix
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + content + bytes(-len(content) % 512)


def archive():
    small = tar_member(b"f/a", b"content") + tar_member(b"notes", b"n" * 600) + tar_member(b"f", b"", b"5")
    end = bytes(1024)
    write("archive", "seed-packed.tar.gz", gzip.compress(small + end, mtime=0))
    # The target packs the input itself as well, so that it may be a tar too.
    write("archive", "seed-members.tar", small + end)
    write("archive", "seed-prefix.tar", tar_member(b"name", b"x", prefix=b"a/folder") + end)
    write("archive", "seed-link.tar", tar_member(b"link", b"", b"2") + end)
    batches = [b"data_batch_%d.bin" % i for i in range(1, 6)] + [b"test_batch.bin"]
    cifar = b"".join(tar_member(b"cifar-10-batches-bin/" + name, b"")
                     for i, name in enumerate(batches))
    write("archive", "seed-cifar10.tar", cifar + tar_member(b"batches.meta.txt", b"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n") + end)


# --- pictures --------------------------------------------------------------------------------------

def picture():
    from PIL import Image

    colours = Image.new("RGB", (19, 13))
    colours.putdata([(x * 13 % 256, x * x % 256, 255 - x % 200) for x in range(19 * 13)])

    def encoded(image, **options):
        out = io.BytesIO()
        image.save(out, **options)
        return out.getvalue()

    write("picture", "seed-rgb.png", encoded(colours, format="PNG"))
    write("picture", "seed-palette.png", encoded(colours.quantize(8), format="PNG", transparency=1))
    write("picture", "seed-grey.png", encoded(colours.convert("L"), format="PNG"))
    write("picture", "seed-bits.png", encoded(colours.convert("1"), format="PNG"))
    write("picture", "seed-alpha.png", encoded(colours.convert("RGBA"), format="PNG"))
    write("picture", "seed-16-bit.png", encoded(colours.convert("I").resize((5, 4)), format="PNG"))
    write("picture", "seed-baseline.jpg", encoded(colours, format="JPEG", quality=60))
    write("picture", "seed-progressive.jpg", encoded(colours, format="JPEG", quality=60, progressive=True))
    write("picture", "seed-grey.jpg", encoded(colours.convert("L"), format="JPEG", quality=30))
    write("picture", "seed-444.jpg", encoded(colours, format="JPEG", quality=30, subsampling=0))
    write("picture", "seed-422.jpg", encoded(colours, format="JPEG", quality=60, subsampling=1))
    write("picture", "seed-cmyk.jpg", encoded(colours.convert("CMYK"), format="JPEG", quality=30))
    inks = Image.merge("CMYK", [colours.getchannel(c) for c in "RGBR"])
    write("picture", "seed-cmyk-black.jpg", encoded(inks, format="JPEG", quality=30))
    write("picture", "seed-restart.jpg", encoded(colours, format="JPEG", quality=30, restart_marker_blocks=1))


def png_chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, *before_pixels):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before_pixels) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND")


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def huffman_table(number, lengths, values):
    return segment(0xC4, bytes([number]) + bytes(lengths) + bytes(values))


def grey_jpeg(frame, width, sampling, segments, data):
    components = b"".join(bytes([i + 1, s, 0]) for i, s in enumerate(sampling))
    size = struct.pack(">BHHB", 8, 8, width, len(sampling))
    return b"\xff\xd8" + segment(frame, size + components) + b"".join(segments) + data + b"\xff\xd9"


# Files of bugs that decoders are known to have, made after their description: docs/reliability.md has the list.
def known_bugs():
    coarse = segment(0xDB, b"\x10" + b"\xff" * 128)                   # 16 bits, all 65535
    dc = huffman_table(0x00, [1] + [0] * 15, [15])                    # code 0: 15 more bits
    ac = huffman_table(0x10, [1] + [0] * 15, [0])                     # code 0: end of block
    # Sixteen blocks, each 32767 more than the one before: 0, fifteen ones, 0.
    bits = ("0" + "1" * 15 + "0") * 16
    data = bytes(int(bits[i:i + 8].ljust(8, "1"), 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    scan = segment(0xDA, bytes([1, 1, 0x00, 0, 63, 0]))
    write("picture", "known-dc-overflow.jpg", grey_jpeg(0xC0, 128, [0x11], [coarse, dc, ac, scan], data))
    first_dc = segment(0xDA, bytes([1, 1, 0x00, 0, 0, 13]))
    bits = ("0" + "1" * 15) * 16
    data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    write("picture", "known-dc-overflow-progressive.jpg", grey_jpeg(0xC2, 128, [0x11], [coarse, dc, first_dc], data))
    # A progressive picture whose only scan refines what there is not, by a table that there is not.
    refine = segment(0xDA, bytes([1, 2, 0x01, 1, 63, 0x65]))
    write("picture", "known-ac-first.jpg", grey_jpeg(0xC2, 75, [0x22, 0x11, 0x11], [refine], b""))
    # More codes than there is room for.
    many = huffman_table(0x00, [0] * 8 + [255, 2] + [0] * 6, [0] * 257)
    write("picture", "known-huffman-257.jpg", grey_jpeg(0xC0, 8, [0x11], [coarse, many, ac, scan], bytes(4)))
    # Three columns of samples to two, which does not divide.
    all_three = segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0]))
    write("picture", "known-sampling.jpg",
          grey_jpeg(0xC0, 24, [0x32, 0x21, 0x11], [coarse, dc, ac, all_three], bytes(400)))
    # Pixels that name colours which the palette has not; a note of no bytes.
    write("picture", "known-palette.png", png(4, 1, 8, 3, bytes([0, 0, 1, 2, 255]), png_chunk(b"PLTE", b"\1\2\3\4\5\6")))
    write("picture", "known-empty-exif.png", png(1, 1, 8, 2, bytes(4), png_chunk(b"eXIf")))
    # A tiny file of a GIF, which is decoded by nobody here.
    write("picture", "known-gif.gif", b"GIF89a" + bytes(7) + b"\x2c" + bytes(8) + b"\x02\x02\x44\x01\0\x3b")


# A folder is written as a list: what an entry is, and where it lies (targets.cpp, make_folder).
def picture_folder():
    write("picture_folder", "seed-pets", b"p train/cat/1.png\nj train/dog/2.jpg\np test/cat/3\np test/dog/4\n")
    write("picture_folder", "seed-no-test", b"p train/a/1\np train/b/.hidden\np train/b/1\nx train/LICENSE\n")
    write("picture_folder", "seed-kinds", b"d train/a/inner\nl train/b/dangling\no train/c/loop\nf train/d/pipe\n")
    write("picture_folder", "seed-damaged", b"x train/a/1.png\n")
    write("picture_folder", "seed-classes", b"p train/a/1\np test/b/1\n")


# --- logs ------------------------------------------------------------------------------------------

def log():
    header = LOG.encode()
    write("log", "seed-empty", header)
    write("log", "seed-rows", header + b"1,391,0.1,1.5,0.61,1.25,0.6069,101.5\n2,782,0.1,nan,0.9,inf,nan,0\n")
    write("log", "seed-numbers", header + b"1,1,1e-300,0x1,1e5,-0,.5,1.\n")


for make in (safetensors, cifar10, archive, picture, known_bugs, picture_folder, log, checkpoint, config):
    make()
