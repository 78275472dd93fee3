#!/usr/bin/python3
"""Turns weights that PyTorch has saved (.pth, .pt) into a safetensors file, and nothing else: names, shapes and
layouts stay as they are.

usage: /usr/bin/python3 docs/pth_to_safetensors.py [--model resnet50] resnet50.pth resnet50.safetensors

--model says in the file which net it is for, so that no other command has to.  Nothing but tensors is read from the
pickle (weights_only): it cannot run code.  The "module." that DataParallel puts before every name is left out.

Needs PyTorch 1.13 or newer and no other package.  The format: engine/io/safetensors.h.
"""
import argparse
import json
import pickle
import struct
import sys

try:
    import torch
except ModuleNotFoundError:
    sys.exit("PyTorch is not installed for this Python, and only PyTorch reads its files: apt install python3-torch, "
             "or give the Python that has it.")

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
          "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8}


def write_safetensors(path, tensors, metadata=None):
    header, blocks, end = {"__metadata__": metadata or {"format": "pt"}}, [], 0
    names = {dtype: name for name, dtype in DTYPES.items()}
    for key, tensor in tensors.items():
        tensor = tensor.detach().cpu().contiguous()
        raw = bytes(tensor.reshape(-1).view(torch.uint8).numpy()) if tensor.numel() else b""
        header[key] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [end, end + len(raw)]}
        blocks.append(raw)
        end += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(blocks)


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    return {key: torch.frombuffer(data, dtype=DTYPES[entry["dtype"]], count=torch.Size(entry["shape"]).numel(),
                                  offset=entry["data_offsets"][0]).reshape(entry["shape"])
            for key, entry in header.items()}


def read_pth(path):
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        sys.exit(f"{path}: not only tensors are in this file; perhaps the whole module was pickled, which takes its "
                 f"class, and running its code, to read.  Where that class is, and if you trust the file, save the "
                 f"weights alone: torch.save(torch.load('{path}', weights_only=False).state_dict(), 'weights.pth').  "
                 f"PyTorch says: {str(error).splitlines()[0]}")
    for key in ("state_dict", "model"):              # training scripts save more than the weights
        if isinstance(saved, dict) and isinstance(saved.get(key), dict):
            saved = saved[key]
    others = [key for key, value in saved.items() if not torch.is_tensor(value)]
    if others or not saved:
        sys.exit(f"{path}: expected a dictionary of tensors by name, but these are not tensors: "
                 f"{', '.join(map(repr, others[:6]))}")
    if all(key.startswith("module.") for key in saved):
        saved = {key[len("module."):]: value for key, value in saved.items()}
    return saved


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage=argparse.SUPPRESS)
    parser.add_argument("--model")
    parser.add_argument("pth")
    parser.add_argument("safetensors")
    given = parser.parse_args()
    metadata = {"format": "pt", **({"model": given.model} if given.model else {})}
    write_safetensors(given.safetensors, read_pth(given.pth), metadata)
