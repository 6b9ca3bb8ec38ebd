"""Compares a graph written by `invset grad` with PyTorch's autograd.

    grad_parity.py GRADIENT BUNDLE BATCH

GRADIENT has inputs `code`, `logits_bar` and outputs `logits`, `code_bar` for a batch of BATCH codes. It
runs in plain onnxruntime on 512 codes; the other side is autograd in PyTorch (`models/train/parity.py`).
Prints one JSON object.

Exit code 77: PyTorch cannot be imported.
"""

import json
import pathlib
import sys

import numpy as np
import onnxruntime

CODES = 512
ROOT = pathlib.Path(__file__).resolve().parents[2]


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def by_graph(path, batch, codes, cotangents):
    runner = session(path)
    bars = []
    for start in range(0, CODES, batch):
        rows = slice(start, start + batch)
        fed = {"code": codes[rows], "logits_bar": cotangents[rows]}
        bars.append(runner.run(["logits", "code_bar"], fed)[1])
    return np.concatenate(bars)


def by_autograd(bundle, codes, cotangents):
    try:
        import torch
    except ImportError as error:
        print(f"torch cannot be imported: {error}", file=sys.stderr)
        sys.exit(77)
    sys.path.insert(0, str(ROOT / "models" / "train"))
    from parity import load_torch

    generator, classifier, _ = load_torch(bundle)
    leaf = torch.from_numpy(codes).requires_grad_()
    logits = classifier(generator(leaf))
    logits = logits[0] if isinstance(logits, tuple) else logits
    logits.backward(torch.from_numpy(cotangents))
    return leaf.grad.numpy()


def main(gradient, bundle, batch):
    bundle = pathlib.Path(bundle)
    random = np.random.default_rng(0)
    codes = random.standard_normal((CODES, 64)).astype(np.float32)
    cotangents = random.standard_normal((CODES, 10)).astype(np.float32)
    found = by_graph(gradient, int(batch), codes, cotangents).astype(np.float64)
    expected = by_autograd(bundle, codes, cotangents).astype(np.float64)
    errors = np.linalg.norm(found - expected, axis=1) / np.linalg.norm(expected, axis=1)
    print(json.dumps({
        "rows": len(errors),
        "median": float(np.median(errors)),
        "above": float((errors > 1e-4).mean()),
        "largest": float(errors.max()),
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
