"""The inverse: image -> code through the finished generator, tuned on real images and on draws."""

import copy
import time

import torch

import nets
from cache import Stage
from data import batches


def build(state):
    net = nets.Inverse()
    net.load_state_dict(state["net"])
    return net.eval()


def train(images, generator, start, cache, seed=4, epochs=1, batch=128, log=print):
    """`generator` stays fixed; `start` is the inverse that was trained along with it."""
    stage = Stage(cache, "inverse")
    torch.manual_seed(seed)
    net = copy.deepcopy(start).train()
    generator = copy.deepcopy(generator).eval().requires_grad_(False)
    parameters = [p for name, p in net.named_parameters() if not name.startswith("log_variance")]
    steps = epochs * (len(images) // batch)
    steer = torch.optim.Adam(parameters, lr=1e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(steer, 1e-3, total_steps=steps, pct_start=0.1)
    parts = dict(net=net, steer=steer, rate=rate)
    state = stage.load()
    for name in parts if state else ():
        parts[name].load_state_dict(state[name])
    source = torch.Generator()
    for epoch in range(state.get("epoch", 0), epochs):
        source.manual_seed(1000 * seed + epoch)
        sums, started = torch.zeros(2), time.time()
        for which in batches(len(images), batch, source):
            image, drawn = images[which], torch.randn(batch // 2, 64, generator=source)
            code = net(torch.cat([image, generator(drawn)]))
            error = (generator(code[:batch]) - image).square().flatten(1).sum(1).mean()
            miss = (code[batch:] - drawn).square().mean()
            # A likely code lies on the shell |c|^2 = 64 of the prior, not in its middle, where G is dull.
            stray = (code[:batch].square().mean(1) - 1.0).square().mean()
            loss = error + 2.0 * miss + 2.0 * stray
            steer.zero_grad(set_to_none=True)
            loss.backward()
            steer.step()
            rate.step()
            sums += torch.tensor([error.item(), miss.item()])
        figures = (sums / (len(images) // batch)).tolist()
        stage.save(epoch=epoch + 1, **{name: part.state_dict() for name, part in parts.items()})
        log(f"inverse epoch {epoch + 1}: error {figures[0]:.2f} code {figures[1]:.3f} ({time.time() - started:.0f} s)")
    return build(stage.load())
