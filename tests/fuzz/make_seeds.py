#!/usr/bin/env python3
"""Writes the seeds of tests/fuzz/corpus: small sound files, from which a fuzzer starts.

    python3 tests/fuzz/make_seeds.py        (pictures need Pillow: apt install python3-pil)

Files that were findings lie beside them under names of their own and are left alone.
"""
import gzip
import io
import json
import struct
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
    write("picture", "seed-cmyk.jpg", encoded(colours.convert("CMYK"), format="JPEG", quality=30))
    write("picture", "seed-restart.jpg", encoded(colours, format="JPEG", quality=30, restart_marker_blocks=1))


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


for make in (safetensors, cifar10, archive, picture, picture_folder, log, checkpoint, config):
    make()
