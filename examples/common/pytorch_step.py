"""The peer: PyTorch's time for one training (or inference) step of a net, as one JSON line.

usage: pytorch_step.py MODEL BATCH THREADS STEPS MODE LAYOUT [bf16] [compiled]     MODE train|infer, LAYOUT nchw|nhwc
       MODEL resnet20, resnet56, ... on 32x32 pictures, built here; resnet18, resnet50, vgg16, ... torchvision's, 224x224
       bf16: forward and loss under autocast to bfloat16; compiled: by torch.compile

The same work as `build/bench --step`: forward, cross-entropy, backward, SGD with momentum 0.9 and weight decay 1e-4,
on random pictures; two steps before the clock starts.  Needs python3-torch, and python3-torchvision for its nets.
"""
import json
import os
import resource
import statistics
import sys
import time

model, (batch, threads, steps), mode, choices = sys.argv[1], map(int, sys.argv[2:5]), sys.argv[5], sys.argv[6:]
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(threads)
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after)
        self.conv2, self.bn2 = nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)
        self.stride, self.new_channels = stride, after - before

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True)))
        if self.new_channels:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.new_channels))
        return F.relu(y + x, inplace=True)


def cifar_resnet(depth):
    blocks, before = [], 16
    for stage, channels in enumerate((16, 32, 64)):
        for i in range((depth - 2) // 6):
            blocks.append(Block(before, channels, 2 if stage and i == 0 else 1))
            before = channels
    stem = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


imagenet = "resnet18 resnet34 resnet50 resnet101 resnet152 vgg16 vgg19 vgg16_bn vgg19_bn".split()
if model in imagenet:
    import torchvision
    net, side = getattr(torchvision.models, model)(), 224
else:
    net, side = cifar_resnet(int(model.removeprefix("resnet"))), 32
x, labels = torch.randn(batch, 3, side, side), torch.randint(0, 10, (batch,))
if "nhwc" in choices:
    net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
sgd = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
run = torch.compile(net) if "compiled" in choices else net


def numbers():
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled="bf16" in choices)


def train():
    sgd.zero_grad(set_to_none=True)
    with numbers():
        loss = F.cross_entropy(run(x), labels)
    loss.backward()
    sgd.step()


def infer():
    with torch.no_grad(), numbers():
        run(x)


if mode == "infer":
    net.eval()
step = infer if mode == "infer" else train
times = []
for i in range(2 + steps):
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
print(json.dumps({"system": "PyTorch " + torch.__version__, "ms": 1e3 * statistics.median(times[2:]),
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
