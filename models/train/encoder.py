"""The encoder E: distances between embeddings mean visual difference.

An autoencoder bottleneck keeps what is needed to redraw the image; a second term asks that the distance
of two embeddings is proportional to the distance of the two images seen sharp, blurred and more blurred
(so that a shift of one pixel is a small difference). The decoder is thrown away.
"""

import time

import torch
import torch.nn.functional as F

import nets
from cache import Stage
from data import batches, shift_and_flip

REBUILD = 0.5


def views(image):
    """The image sharp, blurred and more blurred, each weighted to have about the same say."""
    soft = F.avg_pool2d(F.pad(image, (1,) * 4), 3, 1)
    softer = F.avg_pool2d(F.pad(soft, (2,) * 4), 5, 1)
    return torch.cat([image.flatten(1), 1.3 * soft.flatten(1), 1.6 * softer.flatten(1)], 1) / 28.0


def pair_distances(points):
    """Euclidean distances of all pairs of rows, by one product (torch.pdist is many times slower)."""
    square = points.square().sum(1)
    between = square[:, None] + square - 2.0 * points @ points.T
    above = torch.ones_like(between, dtype=torch.bool).triu(1)
    return between[above].clamp(min=1e-6).sqrt()


def decoder(size=32):
    return torch.nn.Sequential(
        torch.nn.Linear(size, 256), torch.nn.ReLU(), torch.nn.Linear(256, 784), torch.nn.Sigmoid(),
        torch.nn.Unflatten(1, (1, 28, 28)),
    )


def build(state):
    net = nets.Encoder()
    net.load_state_dict(state["net"])
    return net.eval()


def train(images, cache, seed=2, epochs=6, batch=256, log=print):
    stage = Stage(cache, "encoder")
    torch.manual_seed(seed)
    net, back = nets.Encoder().to(memory_format=torch.channels_last), decoder()
    steps = epochs * (len(images) // batch)
    steer = torch.optim.AdamW([*net.parameters(), *back.parameters()], lr=3e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(steer, 3e-3, total_steps=steps, pct_start=0.2)
    state = stage.load()
    parts = dict(net=net, back=back, steer=steer, rate=rate)
    for name in parts if state else ():
        parts[name].load_state_dict(state[name])
    source = torch.Generator()
    for epoch in range(state.get("epoch", 0), epochs):
        source.manual_seed(1000 * seed + epoch)
        sums, started = torch.zeros(2), time.time()
        for which in batches(len(images), batch, source):
            image = shift_and_flip(images[which], source, reach=2)
            # Every fourth image is a blend of two, so that odd images also have a place.
            blend = torch.rand(batch // 4, 1, 1, 1, generator=source)
            image[: batch // 4] = blend * image[: batch // 4] + (1 - blend) * image[-(batch // 4) :]
            embedding = net(image)
            seen = views(image)
            wanted, got = 10.0 * pair_distances(seen), pair_distances(embedding)
            stress = (got - wanted).square().mean() / wanted.square().mean()
            error = (back(embedding) - image).square().mean() / image.var()
            loss = stress + REBUILD * error
            steer.zero_grad(set_to_none=True)
            loss.backward()
            steer.step()
            rate.step()
            sums += torch.tensor([stress.item(), error.item()])
        figures = (sums / (len(images) // batch)).tolist()
        stage.save(epoch=epoch + 1, **{name: part.state_dict() for name, part in parts.items()})
        log(f"encoder epoch {epoch + 1}: stress {figures[0]:.4f} error {figures[1]:.4f} ({time.time() - started:.0f} s)")
    return build(stage.load())
