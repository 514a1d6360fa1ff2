"""Writes losses.json: what PyTorch's automatic differentiation says of every loss, for TrainingTests.

    python make_losses.py          (needs torch; the version used is in the file)

The losses are written here from their papers' formulas; gradients are PyTorch's own. Double precision.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(3)
D = 6
LABELS = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
HEAD = 5  # identities in the head, of which three are in the batch
N = len(LABELS)
labels = torch.tensor(LABELS)
base = F.normalize(torch.randn(N, D, dtype=torch.float64) + 0.7 * torch.randn(3, D, dtype=torch.float64)[labels], dim=1)
head = torch.randn(HEAD, D, dtype=torch.float64)
TRIPLETS = [(a, p, n) for a in range(N) for p in range(N) for n in range(N)
            if a != p and LABELS[a] == LABELS[p] and LABELS[n] != LABELS[a] and (a + 2 * p + 3 * n) % 5 == 0]


def distance(e, i, j):
    return (e[i] - e[j]).norm(dim=-1)


def triplets(e):
    a, p, n = (torch.tensor(x) for x in zip(*TRIPLETS))
    return distance(e, a, p), distance(e, a, n)


def triplet(e, w):
    near, far = triplets(e)
    return F.relu(near - far + 0.4).mean()


def soft_margin(e, w):
    near, far = triplets(e)
    return F.softplus(5 * (near - far)).mean()


def contrastive(e, w):
    near, far = triplets(e)
    return (near ** 2 + F.relu(1.1 - far) ** 2).mean()


def supcon(e, w, tau=0.3):
    s = e @ e.T / tau
    terms = []
    for i in range(N):
        others = [j for j in range(N) if j != i]
        positives = [j for j in others if LABELS[j] == LABELS[i]]
        terms.append(-sum(s[i, p] - torch.logsumexp(s[i, others], 0) for p in positives) / len(positives))
    return torch.stack(terms).mean()


def nt_xent(e, w, tau=0.3):
    s = e @ e.T / tau
    terms = []
    for i in range(N):
        negatives = [j for j in range(N) if LABELS[j] != LABELS[i]]
        for p in range(N):
            if p != i and LABELS[p] == LABELS[i]:
                terms.append(torch.logsumexp(s[i, [p] + negatives], 0) - s[i, p])
    return torch.stack(terms).mean()


def n_pair(e, w, scale=4.0):
    terms = []
    for r in range(2):
        rows = [[i for i in range(N) if LABELS[i] == c][2 * r:2 * r + 2] for c in range(3)]
        for a, p in rows:
            terms.append(torch.log1p(sum(torch.exp(scale * (e[a] @ e[q] - e[a] @ e[p])) for _, q in rows if q != p)))
    return torch.stack(terms).mean()


def cosines(e, w):
    return e @ F.normalize(w, dim=1).T


def arcface(e, w, scale=8.0, m=0.4):
    c = cosines(e, w)
    theta = torch.acos(c)
    own = torch.where(theta < torch.pi - m, torch.cos(theta + m), c - m * torch.sin(torch.tensor(m)))
    one = F.one_hot(labels, HEAD).bool()
    return F.cross_entropy(scale * torch.where(one, own, c), labels)


def cosine_softmax(e, w, scale=8.0):
    return F.cross_entropy(scale * cosines(e, w), labels)


def proxy_nca(e, w, scale=3.0):
    # Of unit vectors, as the embeddings are.
    d = 2 - 2 * cosines(e, w)
    one = F.one_hot(labels, HEAD).bool()
    return (scale * d[one] + torch.logsumexp((-scale * d).masked_fill(one, -torch.inf), 1)).mean()


def proxy_anchor(e, w, scale=6.0, m=0.1):
    c = cosines(e, w)
    near = [torch.log1p(torch.exp(-scale * (c[labels == p, p] - m)).sum()) for p in range(3)]
    far = [torch.log1p(torch.exp(scale * (c[labels != p, p] + m)).sum()) for p in range(HEAD)]
    return torch.stack(near).mean() + torch.stack(far).mean()


CASES = [
    ("triplet", triplet, {"margin": 0.4}), ("soft-margin", soft_margin, {"scale": 5}),
    ("contrastive", contrastive, {"margin": 1.1}), ("supcon", supcon, {"temperature": 0.3}),
    ("nt-xent", nt_xent, {"temperature": 0.3}), ("n-pair", n_pair, {"scale": 4}),
    ("arcface", arcface, {"scale": 8, "margin": 0.4}), ("cosine-softmax", cosine_softmax, {"scale": 8}),
    ("proxy-nca", proxy_nca, {"scale": 3}), ("proxy-anchor", proxy_anchor, {"scale": 6, "margin": 0.1}),
]
losses = []
for kind, loss, settings in CASES:
    e, w = base.clone().requires_grad_(), head.clone().requires_grad_()
    value = loss(e, w)
    value.backward()
    losses.append({
        "kind": kind, **settings, "loss": value.item(), "gradient": e.grad.flatten().tolist(),
        "headGradient": None if w.grad is None else w.grad.flatten().tolist()})
out = {"torch": torch.__version__, "dimension": D, "labels": LABELS, "embeddings": base.flatten().tolist(),
       "head": head.flatten().tolist(), "triplets": TRIPLETS, "losses": losses}
pathlib.Path(__file__).with_name("losses.json").write_text(json.dumps(out) + "\n")
