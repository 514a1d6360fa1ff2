"""Writes reference.safetensors: what PyTorch computes for a small network, for NetworksTests.

    python make_reference.py          (needs torch; the version used is in the file's metadata)

One training forward and backward pass, one AdamW step and an inference pass of a network with every kind of layer
that has an outcome of its own (dropout is random, so it is not there).
"""
import json
import pathlib
import struct

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(20)
torch.use_deterministic_algorithms(True)


class L2Normalization(nn.Module):
    def forward(self, x):
        return F.normalize(x, dim=1)


LAYERS = [
    ({"layer": "convolution", "outputs": 8, "kernel": 5, "stride": 2, "padding": 2, "bias": False},
     lambda: nn.Conv2d(2, 8, 5, 2, 2, bias=False)),
    ({"layer": "batchNormalization"}, lambda: nn.BatchNorm2d(8)),
    ({"layer": "relu"}, nn.ReLU),
    ({"layer": "convolution", "outputs": 16, "kernel": 3, "stride": 1, "padding": 1, "bias": True},
     lambda: nn.Conv2d(8, 16, 3, 1, 1)),
    ({"layer": "batchNormalization"}, lambda: nn.BatchNorm2d(16)),
    ({"layer": "relu"}, nn.ReLU),
    ({"layer": "maxPooling", "size": 2, "stride": 2}, lambda: nn.MaxPool2d(2)),
    ({"layer": "convolution", "outputs": 12, "kernel": 1, "stride": 1, "padding": 0, "bias": True},
     lambda: nn.Conv2d(16, 12, 1)),
    ({"layer": "leakyReLU", "slope": 0.1}, lambda: nn.LeakyReLU(0.1)),
    ({"layer": "maxPooling", "size": 3, "stride": 1}, lambda: nn.MaxPool2d(3, 1)),
    ({"layer": "averagePooling", "size": 2, "stride": 1}, lambda: nn.AvgPool2d(2, 1)),
    ({"layer": "flatten"}, nn.Flatten),
    ({"layer": "linear", "outputs": 10, "bias": True}, lambda: nn.Linear(48, 10)),
    ({"layer": "batchNormalization"}, lambda: nn.BatchNorm1d(10)),
    ({"layer": "relu"}, nn.ReLU),
    ({"layer": "linear", "outputs": 6, "bias": False}, lambda: nn.Linear(10, 6, bias=False)),
    ({"layer": "l2Normalization"}, L2Normalization),
]
INPUT = [2, 21, 19]

net = nn.Sequential(*[make() for _, make in LAYERS])
with torch.no_grad():
    for module in net:
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.weight.uniform_(-1.5, 1.5)  # negative scales turn max pooling's choice around
            module.bias.uniform_(-0.5, 0.5)
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 1.5)

tensors = {}


def keep(prefix, values):
    for name, value in values.items():
        if not name.endswith("num_batches_tracked"):
            tensors[prefix + name] = value.detach().clone()


batch = torch.randn(7, *INPUT, requires_grad=True)
keep("", {"batch": batch})
keep("before/", net.state_dict())

net.eval()
keep("", {"inference": net(batch)})

net.train()
result = net(batch)
gradient = torch.randn_like(result)
# Epsilon is large because a bias before batch normalisation has no gradient but rounding, which Adam would blow up.
optimizer = torch.optim.AdamW(net.parameters(), lr=0.01, betas=(0.9, 0.99), eps=1e-2, weight_decay=0.0)
# Decay of weights only, as the Swift optimiser has it.
optimizer.param_groups[0]["params"] = [p for p in net.parameters() if p.dim() > 1]
optimizer.param_groups[0]["weight_decay"] = 0.1
optimizer.add_param_group({"params": [p for p in net.parameters() if p.dim() == 1], "weight_decay": 0.0})
result.backward(gradient)
keep("", {"result": result, "result_gradient": gradient, "batch_gradient": batch.grad})
keep("gradient/", {name: p.grad for name, p in net.named_parameters()})
optimizer.step()
keep("after/", net.state_dict())
net.eval()
keep("", {"inference_after": net(batch)})

header = {"__metadata__": {
    "torch": torch.__version__,
    "architecture": json.dumps({"input": INPUT, "layers": [specification for specification, _ in LAYERS]}),
}}
data = b""
for name, value in tensors.items():
    raw = value.contiguous().numpy().astype("<f4").tobytes()
    header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
path = pathlib.Path(__file__).with_name("reference.safetensors")
path.write_bytes(struct.pack("<Q", len(text)) + text + data)
print(path.name, path.stat().st_size, "bytes, torch", torch.__version__)
