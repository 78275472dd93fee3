#!/usr/bin/python3
"""Do our nets compute what torchvision's do, from the same weights?

For each net, with random weights and random batch-norm statistics: our logits and every stage's output must equal
PyTorch's to 1e-4 of the largest, in float32; for two of them the gradient of every parameter in training mode, to 1e-3
of its norm.  Then our copy of the weights must load strictly, be the same to the bit, and give the same logits.

usage: make compare          (or, after make build/answer: /usr/bin/python3 tests/compare/compare_torchvision.py [NET ...])
Written with Debian 12's python3-torch 1.13.1 and python3-torchvision 0.14.1.
"""
import os
import subprocess
import sys
import tempfile

try:
    import torch
    import torchvision
except ImportError as missing:
    sys.exit(f"compare: {missing}.  Try: apt-get install python3-torch python3-torchvision")

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "docs"))
from pth_to_safetensors import read_safetensors, write_safetensors  # noqa: E402

NETS = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"]
WITH_GRADIENTS = ["resnet18", "resnet50"]
FORWARD, BACKWARD = 1e-4, 1e-3


def random_net(name):
    """He's weights, and batch norms that neither keep nor hide anything."""
    torch.manual_seed(NETS.index(name))
    net = getattr(torchvision.models, name)(weights=None)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.1)
            torch.nn.init.normal_(module.running_mean, 0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            module.num_batches_tracked += 7
    return net.eval()


def their_answers(net, x, labels):
    """Outputs of stages and logits in evaluation mode; with labels, gradients in training mode, in float64."""
    answers, hooks = {}, []
    for name, module in net.named_modules():
        if name in ("maxpool", "layer1", "layer2", "layer3", "layer4") or isinstance(module, torch.nn.MaxPool2d):
            hooks.append(module.register_forward_hook(
                lambda _, __, y, name=name: answers.update({name: y.permute(0, 2, 3, 1)})))
    with torch.no_grad():
        answers["logits"] = answers["whole"] = net(x)
    for hook in hooks:
        hook.remove()
    if len(labels):
        exact = net.double().train()
        loss = torch.nn.functional.cross_entropy(exact(x.double()), labels)
        loss.backward()
        answers["loss"] = loss
        answers.update({"grad/" + name: p.grad for name, p in exact.named_parameters()})
    return answers


def compare(name, folder):
    net = random_net(name)
    x = torch.randn(4, 3, 224, 224)
    labels = torch.tensor([3, 1, 4, 1] if name in WITH_GRADIENTS else [], dtype=torch.int64)
    path = {what: os.path.join(folder, what) for what in ("weights", "question", "answer", "back")}
    write_safetensors(path["weights"], net.state_dict())
    write_safetensors(path["question"], {"x": x.permute(0, 2, 3, 1), "labels": labels})
    subprocess.run([os.path.join(ROOT, "build/answer"), name, path["weights"], path["question"], path["answer"],
                    path["back"]], check=True)
    ours = read_safetensors(path["answer"])

    back = read_safetensors(path["back"])                # before their_answers() makes the net one of doubles
    copy = getattr(torchvision.models, name)(weights=None).eval()
    copy.load_state_dict(back, strict=True)
    kept = all(torch.equal(value, copy.state_dict()[key]) for key, value in net.state_dict().items()
               if not key.endswith("num_batches_tracked"))
    typed = all(value.dtype == back[key].dtype for key, value in net.state_dict().items())
    with torch.no_grad():
        kept = kept and torch.equal(copy(x), net(x))

    theirs = their_answers(net, x, labels)
    assert ours.keys() == theirs.keys(), ours.keys() ^ theirs.keys()
    forward = backward = 0.0
    for key, value in theirs.items():
        difference, value = ours[key].double() - value.detach().double(), value.detach().double()
        if key.startswith("grad/"):
            backward = max(backward, (difference.norm() / value.norm()).item())
        elif key != "loss":
            forward = max(forward, (difference.abs().max() / value.abs().max()).item())
    good = forward <= FORWARD and backward <= BACKWARD and kept and typed
    print(f"{name:10} {len(theirs) - ('loss' in theirs):4} answers   forward {forward:.1e}   "
          + (f"gradients {backward:.1e}   " if len(labels) else "                    ")
          + f"weights written back {'equal' if kept and typed else 'DIFFER'}   {'ok' if good else 'FAILED'}", flush=True)
    return good


if __name__ == "__main__":
    asked = sys.argv[1:] or NETS
    unknown = set(asked) - set(NETS)
    if unknown:
        sys.exit(f"compare: {', '.join(sorted(unknown))}: not among {', '.join(NETS)}")
    good = True
    for name in asked:
        with tempfile.TemporaryDirectory() as folder:
            good = compare(name, folder) and good
    sys.exit(0 if good else 1)
