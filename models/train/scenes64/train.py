"""The stages of scenes64, in order, each resumed from its checkpoint."""

import json

import torch

from scenes64 import bundle, card, classifier, code, figures, judge, painter, photos, teacher
from scenes64.eye import Eye


def indices(data) -> list[int]:
    """Our classes among ImageNet's thousand."""
    return [index for _, index, _ in photos.classes(data)]


def train(data, cache, log):
    """Held-out photographs, training photographs, the codes of these and the trained networks."""
    known, held_out = photos.load(data, cache, "train"), photos.load(data, cache, "val")
    taught = teacher.logits(data, cache, known, indices(data), log)
    trained = dict(
        classifier=classifier.train(known, held_out, taught, cache, log=log),
        judge=judge.train(known, judge.targets(data, cache, known), cache, log=log),
    )
    trained["inverse"], codes, sketch = code.build(trained["classifier"], known, cache, log)
    trained["generator"] = painter.train(known, codes, trained["inverse"], sketch, Eye(data, known), cache, log=log)
    return known, held_out, codes.flatten(0, 1), trained


def make(data, folder, cache, log, measure=True):
    """Trains, writes the bundle, measures it and writes its card and sheets."""
    known, held_out, codes, trained = train(data, cache, log)
    facts, tensors = bundle.write(folder, trained, codes, held_out, photos.labels(data))
    if not measure:
        return
    measured = figures.measure(folder, data, known, held_out, indices(data), log)
    measured["files"], measured["threads"] = facts, torch.get_num_threads()
    (cache / "scenes64-figures.json").write_text(json.dumps(measured, indent=1))
    card.write(folder, cache, measured, tensors, photos.labels(data), held_out)
