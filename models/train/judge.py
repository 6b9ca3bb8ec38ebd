"""The judge: a second encoder that is never optimised, only scores.

Another shape (residual, average pooling) and another training than E: contrastive, without labels. Two
random views of an image (shift, zoom, mirror, shade, a hidden patch) should have like embeddings, views of
different images should not (NT-Xent, as in SimCLR). The projection head is thrown away.
"""

import time

import torch
import torch.nn.functional as F

import nets
from cache import Stage
from data import batches

TEMPERATURE = 0.2


def view(image, source):
    """A random zoom, stretch, shift, slight turn and mirror image; then shade, gamma, noise and a hidden patch."""
    count = len(image)

    def uniform(low, high):
        return low + (high - low) * torch.rand(count, generator=source)

    angle, zoom, stretch = uniform(-0.15, 0.15), uniform(0.75, 1.1), uniform(0.9, 1.1)
    mirror = torch.where(torch.rand(count, generator=source) < 0.5, -1.0, 1.0)
    matrix = torch.stack([
        torch.stack([mirror * zoom * stretch * angle.cos(), -zoom * angle.sin(), uniform(-0.15, 0.15)], 1),
        torch.stack([mirror * zoom * angle.sin(), zoom / stretch * angle.cos(), uniform(-0.15, 0.15)], 1),
    ], 1)
    grid = F.affine_grid(matrix, list(image.shape), align_corners=False)
    out = F.grid_sample(image, grid, align_corners=False)

    def column(low, high):
        return uniform(low, high).view(-1, 1, 1, 1)

    out = (out + 1e-4).pow(column(0.6, 1.6)) * column(0.7, 1.0)
    out = out + 0.03 * torch.randn(out.shape, generator=source)
    top, left = torch.randint(0, 24, (2, count, 1, 1), generator=source)
    rows, columns = torch.arange(28).view(1, -1, 1), torch.arange(28).view(1, 1, -1)
    hidden = (rows >= top) & (rows < top + 8) & (columns >= left) & (columns < left + 8)
    return out.masked_fill(hidden.unsqueeze(1), 0.0)


def build(state):
    net = nets.Judge()
    net.load_state_dict(state["net"])
    return net.eval()


def train(images, cache, seed=3, epochs=5, batch=256, log=print):
    stage = Stage(cache, "judge")
    torch.manual_seed(seed)
    net = nets.Judge().to(memory_format=torch.channels_last)
    project = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(64, 64))
    steps = epochs * (len(images) // batch)
    steer = torch.optim.AdamW([*net.parameters(), *project.parameters()], lr=3e-3, weight_decay=1e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(steer, 3e-3, total_steps=steps, pct_start=0.2)
    parts = dict(net=net, project=project, steer=steer, rate=rate)
    state = stage.load()
    for name in parts if state else ():
        parts[name].load_state_dict(state[name])
    source = torch.Generator()
    for epoch in range(state.get("epoch", 0), epochs):
        source.manual_seed(1000 * seed + epoch)
        total, started = 0.0, time.time()
        for which in batches(len(images), batch, source):
            image = images[which]
            two = torch.cat([view(image, source), view(image, source)])
            unit = F.normalize(project(net(two)))
            alike = unit @ unit.T / TEMPERATURE
            alike.fill_diagonal_(-1e9)
            partner = torch.arange(2 * batch).roll(batch)
            loss = F.cross_entropy(alike, partner)
            steer.zero_grad(set_to_none=True)
            loss.backward()
            steer.step()
            rate.step()
            total += loss.item()
        stage.save(epoch=epoch + 1, **{name: part.state_dict() for name, part in parts.items()})
        log(f"judge epoch {epoch + 1}: loss {total / (len(images) // batch):.4f} ({time.time() - started:.0f} s)")
    return build(stage.load())
