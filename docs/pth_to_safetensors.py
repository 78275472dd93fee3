#!/usr/bin/python3
"""Turns weights that PyTorch has saved (.pth, .pt) into a safetensors file, and nothing else: names, shapes and
layouts stay as they are.

usage: /usr/bin/python3 docs/pth_to_safetensors.py resnet50.pth resnet50.safetensors

Needs PyTorch and no other package.  The format: engine/safetensors.h.
"""
import json
import struct
import sys

import torch

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


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    saved = torch.load(sys.argv[1], map_location="cpu")
    write_safetensors(sys.argv[2], saved.get("state_dict", saved))   # training scripts save more than the weights
