"""Writes neighbour_pairs.json: the neighbour pair loss and its gradient as PyTorch computes them, for NetworksTests.

    python make_neighbour_pairs.py          (needs torch; the version used is in the file)
"""
import json
import pathlib

import torch

torch.manual_seed(5)
pieces = torch.tensor([0] * 5 + [1] * 6 + [0] * 4 + [2])
steps = torch.tensor([0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 15, 3, 4, 5, 6, 0])
cases = []
for temperature, reach, blind in [(0.2, 1, 1), (0.5, 2, 4), (1.0, 1, 0)]:
    z = torch.nn.functional.normalize(torch.randn(len(pieces), 6, dtype=torch.float64), dim=1)
    z = z.float().double().requires_grad_()
    s = z @ z.T / temperature
    same = pieces[:, None] == pieces[None]
    apart = (steps[:, None] - steps[None]).abs()
    near = same & (apart > 0) & (apart <= reach)
    strange = ~(same & (apart <= max(reach, blind)))
    positive = (s.exp() * near).sum(1)
    negative = (s.exp() * strange).sum(1)
    usable = positive > 0
    loss = -torch.log(positive[usable] / (positive + negative)[usable]).mean()
    loss.backward()
    cases.append({
        "temperature": temperature, "reach": reach, "blind": blind, "embeddings": z.detach().flatten().tolist(),
        "loss": loss.item(), "gradient": z.grad.flatten().tolist(),
    })
out = pathlib.Path(__file__).with_name("neighbour_pairs.json")
out.write_text(json.dumps({
    "torch": torch.__version__, "dimension": 6, "pieces": pieces.tolist(), "steps": steps.tolist(), "cases": cases}))
