#!/usr/bin/python3
"""What does another engine answer to the same questions?

Writes the golden files beside this script, computed by PyTorch in float64:

    ops.safetensors             single ops: inputs, output, dy, and the gradients of all inputs
    blocks.safetensors          two-layer residual blocks with every kind of shortcut, training mode
    nets.safetensors            plain-20/56 and resnet-20/56 in evaluation mode: logits and loss
    nets.json                   names and shapes of all tensors of these nets, as torchvision has them
    resnet20_steps.safetensors  ten SGD steps of resnet-20
    imagenet.safetensors        torchvision's resnet18, resnet50 and a narrow vgg16_bn: logits, digests of every stage

usage: /usr/bin/python3 tests/golden/make_golden.py
Only this script needs PyTorch (written with Debian 12's python3-torch 1.13.1, python3-torchvision 0.14.1 and
python3-numpy 1.24.2).

Pictures are NHWC and the filters of single ops [kh,kw,Cin,Cout], as in the engine.  Weights of blocks and nets
are as torchvision's files have them: OIHW.

Note [Golden numbers]
  Weights and pictures of whole nets would take megabytes.  So that files hold answers only, both sides draw them
  from one formula, exact in either language.  Element i (row-major) of the tensor called `name`, in 64-bit
  unsigned arithmetic:

      s = FNV-1a hash, 32 bits, of the name's bytes
      z = (s << 32) + i + 0x9E3779B97F4A7C15            splitmix64's finaliser (Steele et al. 2014)
      z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9
      z = (z ^ z >> 27) * 0x94D049BB133111EB
      z =  z ^ z >> 31
      u = (z >> 40) * 2^-23 - 1                         uniform in [-1,1), 24 bits: exact in float
      value = float(u * scale)                          product in double, rounded to float once

  A net's weights; `name` is the tensor's own, fan_in = I * kh * kw, and U(scale) the value above:

                             for evaluation                    for the ten steps
      conv                   U(sqrt(6 / fan_in))               U(2 sqrt(6 / fan_in))
      fc, other matrices     U(1/8)                            U(1/8)
      bn1 weight, bias       float(1 + U(1/4)), U(1/10)        1, 2
      bn2 weight, bias       float(1 + U(1/4)), U(1/10)        1/4, 0
      running_mean, _var     U(1/10), float(1 + U(1/2))        0, 1

  Pictures [N,32,32,3] for evaluation: U(sqrt(3)) of the name "pictures".  In step t of the ten, picture n has the
  label (n + t) mod 10 and shows the colour of its label under noise:

      x[n,h,w,c] = float(colour[label,c] + noise[n,h,w,c])     colour = U(1) [10,3] of the name "colours",
                                                               noise = U(1/2) of the name "batch0" .. "batch9"

Note [A well-conditioned start]
  Ten steps at a learning rate of 0.1 magnify rounding.  From He's initialisation, batch norm puts half of all
  activations below the kink of the relu and many just on it; rounding moves some across, and after ten steps
  PyTorch's losses in float32 and float64 differ by 5e-3 of their value (batch 16), so they could prove nothing.
  With the start above most activations keep off the kink: losses fall from 2.6 to 0.85, and float32 and float64
  agree to 2e-6.  Noise of 3e-6 deviations on every convolution's output and gradient, more than Winograd's rounding
  makes, moves them by 4e-6.
"""
import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
HERE = os.path.dirname(os.path.abspath(__file__))


# --- numbers and files ---------------------------------------------------------------------------------

def draw(name, shape, scale=1.0):
    """Note [Golden numbers], as a float64 tensor of float32 values."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.arange(math.prod(shape), dtype=np.uint64) + np.uint64((seed << 32) + 0x9E3779B97F4A7C15 & (1 << 64) - 1)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z = z ^ z >> np.uint64(31)
    u = (z >> np.uint64(40)).astype(np.float64) * 2.0 ** -23 - 1
    return torch.from_numpy((u * scale).astype(np.float32).astype(np.float64).reshape(shape))


def write_safetensors(name, tensors, metadata):
    """`tensors`: name to torch tensor; written as F32, or F64 where the name begins with "loss"."""
    header, data = {"__metadata__": metadata}, b""
    for key in sorted(tensors):
        kind = "F64" if key.startswith("loss") else "F32"
        array = tensors[key].detach().numpy().astype({"F32": "<f4", "F64": "<f8"}[kind])
        raw = array.tobytes()                            # row-major, whatever the strides
        header[key] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    print(f"{name}: {len(tensors)} tensors, {8 + len(text) + len(data)} bytes")


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


# --- single ops ------------------------------------------------------------------------------------------

def ops():
    out = {}

    def case(name, f, **inputs):
        """Records y = f(inputs), a random dy, and the gradient of every input."""
        leaves = {key: value.clone().requires_grad_() for key, value in inputs.items()}
        y = f(**leaves)
        dy = draw(name + "/dy", tuple(y.shape))
        y.backward(dy)
        out.update({f"{name}/{key}": value for key, value in leaves.items()})
        out.update({f"{name}/d{key}": value.grad for key, value in leaves.items()})
        out.update({f"{name}/y": y, f"{name}/dy": dy})

    def random(name, *shape, scale=1.0, shift=0.0):
        return (draw(name, shape, scale) + shift).float().double()

    # conv2d: x [N,H,W,Cin], w [kh,kw,Cin,Cout], b [Cout]
    for name, x, w, stride, padding in [
            ("k3s1p1", (2, 5, 6, 3), (3, 3, 3, 4), 1, 1), ("k3s1p0", (2, 5, 6, 3), (3, 3, 3, 4), 1, 0),
            ("k3s2p1", (2, 7, 6, 3), (3, 3, 3, 4), 2, 1), ("k1s1p0", (2, 4, 5, 3), (1, 1, 3, 6), 1, 0),
            ("k1s2p0", (2, 6, 5, 3), (1, 1, 3, 6), 2, 0), ("k5s1p2", (2, 6, 7, 2), (5, 5, 2, 3), 1, 2),
            ("k7s2p3", (1, 11, 10, 3), (7, 7, 3, 4), 2, 3), ("k2x3s1p1", (2, 4, 5, 3), (2, 3, 3, 4), 1, 1),
            ("k3s1p1_wide", (2, 9, 10, 8), (3, 3, 8, 16), 1, 1)]:
        name = "conv2d_" + name
        case(name, lambda x, w, b: nhwc(F.conv2d(nchw(x), w.permute(3, 2, 0, 1), b, stride, padding)),
             x=random(name + "/x", *x), w=random(name + "/w", *w), b=random(name + "/b", w[-1]))

    # batch_norm over all axes but the last
    for name, shape, training in [("training", (2, 3, 4, 5), True), ("training_rows", (7, 5), True),
                                  ("evaluation", (2, 3, 4, 5), False)]:
        name = "batch_norm_" + name
        mean, variance = random(name + "/mean", 5), random(name + "/variance", 5, scale=0.5, shift=1)
        out.update({name + "/mean": mean.clone(), name + "/variance": variance.clone()})
        order = (0, 3, 1, 2) if len(shape) == 4 else (0, 1)
        back = (0, 2, 3, 1) if len(shape) == 4 else (0, 1)
        case(name, lambda x, scale, shift: F.batch_norm(
            x.permute(order), mean, variance, scale, shift, training, momentum=0.1, eps=1e-5).permute(back),
            x=random(name + "/x", *shape, scale=2, shift=0.5),
            scale=random(name + "/scale", 5, scale=0.5, shift=1), shift=random(name + "/shift", 5))
        out.update({name + "/mean_after": mean, name + "/variance_after": variance})

    # pooling
    for kernel, stride, padding in [(2, 2, 0), (3, 2, 1), (3, 1, 1)]:
        for kind, f in [("max_pool2d", F.max_pool2d), ("average_pool2d", F.avg_pool2d)]:
            name = f"{kind}_k{kernel}s{stride}p{padding}"
            case(name, lambda x: nhwc(f(nchw(x), kernel, stride, padding)), x=random(name + "/x", 2, 6, 8, 3))
    case("global_average_pool", lambda x: x.mean((1, 2)), x=random("global_average_pool/x", 2, 4, 5, 3))

    # matrices and classification
    case("matmul", lambda a, b: a @ b, a=random("matmul/a", 3, 5), b=random("matmul/b", 5, 4))
    case("linear", lambda x, w, b: x @ w + b,
         x=random("linear/x", 3, 5), w=random("linear/w", 5, 4), b=random("linear/b", 4))
    case("softmax", lambda x: F.softmax(x, -1), x=random("softmax/x", 3, 5, scale=3))
    case("log_softmax", lambda x: F.log_softmax(x, -1), x=random("log_softmax/x", 3, 5, scale=3))
    labels = torch.tensor([2, 0, 4, 2])
    case("cross_entropy", lambda x: F.cross_entropy(x, labels), x=random("cross_entropy/x", 4, 5, scale=3))
    out["cross_entropy/labels"] = labels

    # functions, element by element
    for name, function, scale, shift in [
            ("exp", torch.exp, 2, 0), ("log", torch.log, 1, 1.5), ("sqrt", torch.sqrt, 1, 1.5),
            ("tanh", torch.tanh, 3, 0), ("sigmoid", torch.sigmoid, 5, 0), ("relu", F.relu, 1, 0),
            ("negate", torch.neg, 1, 0)]:
        case(name, lambda x: function(x), x=random(name + "/x", 3, 5, scale=scale, shift=shift))
    case("power_3", lambda x: x ** 3, x=random("power_3/x", 3, 5))
    case("power_2.5", lambda x: x ** 2.5, x=random("power_2.5/x", 3, 5, shift=1.5))
    case("power_-0.5", lambda x: x ** -0.5, x=random("power_-0.5/x", 3, 5, shift=1.5))

    # arithmetic with broadcasting
    for op, f in [("add", torch.add), ("subtract", torch.sub), ("multiply", torch.mul), ("divide", torch.div)]:
        for suffix, a, b in [("same", (2, 3, 4), (2, 3, 4)), ("last", (2, 3, 4), (4,)), ("inner", (2, 1, 4), (3, 1)),
                             ("first", (1, 4), (2, 3, 1)), ("scalar", (2, 3), ())]:
            name = f"{op}_{suffix}"
            case(name, lambda a, b: f(a, b), a=random(name + "/a", *a), b=random(name + "/b", *b, shift=2))

    # reductions: over all axes, some, or one; with and without keeping them
    for op, f in [("sum", torch.sum), ("mean", torch.mean), ("max", torch.amax)]:
        for suffix, axes, keep in [("all", (0, 1, 2), False), ("0", (0,), False), ("1", (1,), False),
                                   ("2_keep", (2,), True), ("02", (0, 2), False), ("01_keep", (0, 1), True)]:
            name = f"{op}_{suffix}"
            case(name, lambda x: f(x, axes, keep), x=random(name + "/x", 2, 3, 4))
    write_safetensors("ops.safetensors", out, {"source": "PyTorch " + torch.__version__ + ", float64"})


# --- blocks and nets, with torchvision's names --------------------------------------------------------------

class SubsampleAndPad(nn.Module):
    """Option A: every `stride`-th pixel, and zero channels after those there are."""
    def __init__(self, stride, grow):
        super().__init__()
        self.stride, self.grow = stride, grow

    def forward(self, x):
        return F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.grow))


class Block(nn.Module):
    """relu(bn2(conv2(relu(bn1(conv1 x)))) + shortcut(x)); shortcut "none", "A", "B" or "C"."""
    def __init__(self, cin, cout, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        changes = stride != 1 or cin != cout
        self.downsample = None
        if shortcut == "C" or shortcut == "B" and changes:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))
        elif shortcut == "A" and changes:
            self.downsample = SubsampleAndPad(stride, cout - cin)
        self.plain = shortcut == "none"

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if not self.plain:
            y = y + (x if self.downsample is None else self.downsample(x))
        return F.relu(y)


class CifarNet(nn.Module):
    """He et al. 2015, section 4.2, depth 6n+2; pictures NHWC."""
    def __init__(self, depth, shortcut):
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        stage = lambda cin, cout, stride: nn.Sequential(
            *(Block(cout if i else cin, cout, 1 if i else stride, shortcut) for i in range(n)))
        self.layer1, self.layer2, self.layer3 = stage(16, 16, 1), stage(16, 32, 2), stage(32, 64, 2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(nchw(x))))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def state(module):
    """The tensors of a weight file: all but PyTorch's batch counters."""
    return {name: t for name, t in module.state_dict().items() if not name.endswith("num_batches_tracked")}


def fill(module, evaluation, prefix=""):
    """Note [Golden numbers]: the weights of a net, or of a block whose tensors' names begin with `prefix`."""
    for name, t in state(module).items():
        shape, seed = tuple(t.shape), prefix + name
        if len(shape) == 4:
            value = draw(seed, shape, math.sqrt(6 / math.prod(shape[1:])) * (1 if evaluation else 2))
        elif len(shape) == 2 or name.startswith("fc."):
            value = draw(seed, shape, 1 / 8)
        elif name.endswith("running_var"):
            value = 1 + draw(seed, shape, 1 / 2) if evaluation else torch.ones(shape)
        elif name.endswith("running_mean"):
            value = draw(seed, shape, 1 / 10) if evaluation else torch.zeros(shape)
        elif name.endswith("weight"):
            value = 1 + draw(seed, shape, 1 / 4) if evaluation else torch.full(shape, 1 / 4 if "bn2" in name else 1.0)
        else:
            value = draw(seed, shape, 1 / 10) if evaluation else torch.full(shape, 0.0 if "bn2" in name else 2.0)
        t.copy_(value.float())
    return module


def blocks():
    out = {}
    for name, cin, cout, stride, shortcut in [
            ("A", 4, 6, 2, "A"), ("A_same", 4, 4, 1, "A"), ("B", 4, 6, 2, "B"), ("B_same", 4, 4, 1, "B"),
            ("C", 4, 6, 2, "C"), ("C_same", 4, 4, 1, "C"), ("none", 4, 6, 2, "none"), ("none_same", 4, 4, 1, "none")]:
        block = fill(Block(cin, cout, stride, shortcut).double(), True, name + "/")
        out.update({f"{name}/{key}": value.clone() for key, value in state(block).items()})
        x = draw(name + "/x", (3, 6, 8, cin)).requires_grad_()
        y = nhwc(block(nchw(x)))
        dy = draw(name + "/dy", tuple(y.shape))
        y.backward(dy)
        out.update({f"{name}/x": x, f"{name}/y": y, f"{name}/dy": dy, f"{name}/dx": x.grad})
        out.update({f"{name}/grad/{key}": p.grad for key, p in block.named_parameters()})
        out.update({f"{name}/after/{key}": t for key, t in state(block).items() if "running" in key})
    write_safetensors("blocks.safetensors", out, {"source": "PyTorch " + torch.__version__ + ", float64"})


def nets():
    out, shapes = {}, {}
    x, labels = draw("pictures", (4, 32, 32, 3), math.sqrt(3)), torch.arange(4)
    for name, depth, shortcut in [("plain20", 20, "none"), ("resnet20", 20, "A"),
                                  ("plain56", 56, "none"), ("resnet56", 56, "A")]:
        net = fill(CifarNet(depth, shortcut).double(), True).eval()
        shapes[name] = {key: list(t.shape) for key, t in state(net).items()}
        logits = net(x)
        out[name + "/logits"], out["loss/" + name] = logits, F.cross_entropy(logits, labels)
    write_safetensors("nets.safetensors", out, {"source": "PyTorch " + torch.__version__ + ", float64"})
    with open(os.path.join(HERE, "nets.json"), "w") as file:
        file.write(json.dumps(shapes, separators=(",", ":")).replace('],"', '],\n"').replace("},", "},\n") + "\n")


def digest(t):
    """What a file keeps of a large tensor."""
    return torch.cat([t.sum().view(1), t.square().sum().view(1), t.flatten()[:8]])


# --- torchvision's nets ----------------------------------------------------------------------------------------

def narrow_vgg16_bn(width=4):
    """torchvision's, with `width` channels in the first stage instead of 64."""
    plan = [channels and width * channels for stage in ((1, 1, 0), (2, 2, 0), (4, 4, 4, 0), (8, 8, 8, 0), (8, 8, 8, 0))
            for channels in stage]
    features = torchvision.models.vgg.make_layers([channels or "M" for channels in plan], batch_norm=True)
    net = torchvision.models.vgg.VGG(features, num_classes=10)
    net.classifier[0] = nn.Linear(8 * width * 7 * 7, 4096)
    return net


def imagenet():
    out, x = {}, draw("imagenet pictures", (2, 96, 64, 3), math.sqrt(3))
    for name, net in [("resnet18", torchvision.models.resnet18(num_classes=10)),
                      ("resnet50", torchvision.models.resnet50(num_classes=10)), ("vgg16_bn", narrow_vgg16_bn())]:
        net = fill(net.double(), True).eval()
        for key, module in net.named_modules():
            if key in ("layer1", "layer2", "layer3", "layer4") or isinstance(module, nn.MaxPool2d):
                module.register_forward_hook(lambda _, __, y, key=f"{name}/{key}": out.update({key: digest(nhwc(y))}))
        out[name + "/logits"] = net(nchw(x))
    write_safetensors("imagenet.safetensors", out, {"source": "torchvision " + torchvision.__version__ + ", float64"})


# --- ten steps -----------------------------------------------------------------------------------------------

def train(kind):
    """Losses of ten steps, and what is worth knowing before the first update and after the last."""
    net = fill(CifarNet(20, "A").to(kind), False)
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    colours, losses, notes = draw("colours", (10, 3)), [], {}
    for step in range(10):
        labels = (torch.arange(16) + step) % 10
        x = colours[labels].view(-1, 1, 1, 3) + draw(f"batch{step}", (16, 32, 32, 3), 1 / 2)
        logits = net(x.float().to(kind))
        loss = F.cross_entropy(logits, labels)
        sgd.zero_grad()
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            notes["logits"] = logits
            notes.update({"gradient_norm/" + name: p.grad.norm() for name, p in net.named_parameters()})
        sgd.step()
    notes.update({"after/" + name: digest(t) for name, t in state(net).items()})
    return torch.tensor(losses, dtype=torch.float64), notes


def steps():
    losses, notes = train(torch.float64)
    losses32, _ = train(torch.float32)
    worst = ((losses32 - losses) / losses).abs().max().item()
    print("losses", [round(loss, 4) for loss in losses.tolist()], f"float32 differs by {worst:.1e} of a loss at most")
    assert worst < 2e-5
    write_safetensors("resnet20_steps.safetensors", {**notes, "loss/float64": losses, "loss/float32": losses32},
                      {"source": "PyTorch " + torch.__version__})


if __name__ == "__main__":
    ops()
    blocks()
    nets()
    imagenet()
    steps()
