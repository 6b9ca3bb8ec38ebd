"""The classifier f: labels, and the softer opinion of a teacher."""

import time

import torch
import torch.nn.functional as F

from cache import Stage
from data import batches, shift_and_flip
from scenes64 import nets
from scenes64.photos import MEAN, STD

TEMPERATURE = 3.0
TAUGHT = 0.7  # share of the teacher in the loss


def normalise(image):
    mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
    return (image - mean) / std


def build(state):
    net = nets.Classifier()
    net.load_state_dict(state["net"])
    return net.eval()


def accuracy(net, photos, best=1) -> float:
    """The share of photographs whose class is among the `best` first."""
    right = 0
    with torch.no_grad():
        for start in range(0, len(photos), 500):
            part = slice(start, start + 500)
            first = net(normalise(photos.floats(part)))[0].topk(best, 1).indices
            right += (first == photos.labels[part, None]).any(1).sum().item()
    return right / len(photos)


def shade(image, source):
    """A random brightness, contrast and saturation for each image."""
    def column(low, high):
        return low + (high - low) * torch.rand(len(image), 1, 1, 1, generator=source)

    gray = image.mean(1, keepdim=True)
    image = gray + (image - gray) * column(0.6, 1.4)
    middle = image.mean((1, 2, 3), keepdim=True)
    return middle + (image - middle) * column(0.7, 1.3) + column(-0.1, 0.1)


def train(photos, held_out, taught, cache, seed=11, epochs=16, batch=128, log=print):
    """`taught`: the teacher's logits [2, n, 200]."""
    stage = Stage(cache, "scenes64-classifier")
    torch.manual_seed(seed)
    net = nets.Classifier().to(memory_format=torch.channels_last)
    steps = epochs * (len(photos) // batch)
    steer = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=0.05)
    rate = torch.optim.lr_scheduler.OneCycleLR(steer, 4e-3, total_steps=steps, pct_start=0.2)
    parts = dict(net=net, steer=steer, rate=rate)
    state = stage.load()
    for name in parts if state else ():
        parts[name].load_state_dict(state[name])
    source = torch.Generator()
    for epoch in range(state.get("epoch", 0), epochs):
        source.manual_seed(1000 * seed + epoch)
        torch.manual_seed(1000 * seed + epoch)
        total, started = 0.0, time.time()
        net.train()
        for which in batches(len(photos), batch, source):
            mirrored = torch.rand(batch, generator=source) < 0.5
            image = photos.floats(which)
            image = torch.where(mirrored.view(-1, 1, 1, 1), image.flip(3), image)
            image = normalise(shade(shift_and_flip(image, source, reach=6, mirror=0.0), source))
            logits = net(image.contiguous(memory_format=torch.channels_last))[0]
            soft = F.softmax(taught[mirrored.long(), which] / TEMPERATURE, 1)
            lesson = F.kl_div(F.log_softmax(logits / TEMPERATURE, 1), soft, reduction="batchmean") * TEMPERATURE**2
            loss = TAUGHT * lesson + (1.0 - TAUGHT) * F.cross_entropy(logits, photos.labels[which])
            steer.zero_grad(set_to_none=True)
            loss.backward()
            steer.step()
            rate.step()
            total += loss.item()
        stage.save(epoch=epoch + 1, **{name: part.state_dict() for name, part in parts.items()})
        right = accuracy(net.eval(), held_out)
        log(f"classifier epoch {epoch + 1}: loss {total / (len(photos) // batch):.4f}, "
            f"top-1 {100 * right:.1f} % held out ({time.time() - started:.0f} s)")
    return build(stage.load())
