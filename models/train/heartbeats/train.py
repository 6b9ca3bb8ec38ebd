"""The stages of heartbeats: each takes seconds to minutes on one core, so nothing is cached."""

import torch
import torch.nn.functional as F

from heartbeats import beats, bundle, card, nets
from heartbeats.beats import LENGTH

BATCH = 128


def varied(signals, random, noise=0.02):
    """Other beats of the same kind: louder or softer by 12 %, shifted by up to 2 samples, with drift and noise."""
    count = len(signals)
    scale = 1 + 0.12 * torch.randn(count, 1, 1, generator=random)
    places = torch.arange(LENGTH) + torch.randint(-2, 3, (count, 1), generator=random)
    moved = signals.gather(2, places.clamp(0, LENGTH - 1).unsqueeze(1))
    drift = 0.05 * torch.randn(count, 1, 1, generator=random)
    return scale * moved + drift + noise * torch.randn(signals.shape, generator=random)


def batches(labels, steps, random):
    """Indices of beats, as many premature as other ones."""
    wide = labels == 1
    weights = torch.where(wide, 0.5 / wide.sum(), 0.5 / (~wide).sum())
    for _ in range(steps):
        yield torch.multinomial(weights, BATCH, replacement=True, generator=random)


def classifier(signals, labels, mean, std, steps=1500, seed=1):
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    net = nets.Classifier().train()
    steer = torch.optim.Adam(net.parameters(), 1e-3, weight_decay=1e-4)
    for chosen in batches(labels, steps, random):
        logits, _ = net((varied(signals[chosen], random) - mean) / std)
        loss = F.cross_entropy(logits, labels[chosen], label_smoothing=0.05)
        steer.zero_grad()
        loss.backward()
        steer.step()
    return net.eval()


def principal(signals):
    """Mean and the first principal components, each times its standard deviation."""
    flat = signals.flatten(1)
    mean = flat.mean(0)
    _, sizes, directions = torch.linalg.svd(flat - mean, full_matrices=False)
    scale = sizes[: nets.COMPONENTS, None] / len(flat) ** 0.5
    return mean, directions[: nets.COMPONENTS] * scale


def generator(signals, labels, steps=6000, seed=2, spread=0.07):
    """A variational autoencoder (Kingma and Welling 2014) whose decoder errs by `spread` mV.

    Its encoder's mean is the inverse.
    """
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    net, inverse = nets.Generator(*principal(signals)), nets.Inverse()
    parameters = [p for part in (net, inverse) for p in part.parameters() if p.requires_grad]
    steer = torch.optim.Adam(parameters, 2e-3)
    slow = torch.optim.lr_scheduler.CosineAnnealingLR(steer, steps)
    for chosen in batches(labels, steps, random):
        target = varied(signals[chosen], random, noise=0.0)
        code, log_variance = inverse.both(target)
        drawn = code + (0.5 * log_variance).exp() * torch.randn(code.shape, generator=random)
        error = (net(drawn) - target).square().flatten(1).sum(1) / (2 * spread**2)
        divergence = 0.5 * (code.square() + log_variance.exp() - 1 - log_variance).sum(1)
        steer.zero_grad()
        (error + divergence).mean().backward()
        steer.step()
        slow.step()
    return net.eval(), inverse.eval()


def judge(signals, labels, steps=2000, seed=3):
    """The bottleneck of a denoising autoencoder with a linear decoder, which is thrown away."""
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    net, decoder = nets.Judge(), torch.nn.Linear(nets.Judge.SIZE, LENGTH)
    steer = torch.optim.Adam([*net.parameters(), *decoder.parameters()], 2e-3)
    for chosen in batches(labels, steps, random):
        target = varied(signals[chosen], random, noise=0.0)
        noisy = target + 0.1 * torch.randn(target.shape, generator=random)
        loss = (decoder(net(noisy)) - target.flatten(1)).square().mean()
        steer.zero_grad()
        loss.backward()
        steer.step()
    return net.eval()


def make(data, folder, log, measure=True):
    """Trains, writes the bundle, measures it and writes its card and sheet."""
    every = beats.load(data)
    known, held_out = every.split()
    mean, std = (round(float(value), 3) for value in (known.values.mean(), known.values.std()))
    signals, labels = torch.from_numpy(known.values), torch.from_numpy(known.labels)
    sure = labels >= 0
    trained = {"classifier": classifier(signals[sure], labels[sure], mean, std)}
    log("heartbeats: classifier")
    trained["generator"], trained["inverse"] = generator(signals, labels)
    log("heartbeats: generator and inverse")
    trained["judge"] = judge(signals, labels)
    facts, tensors = bundle.write(folder, trained, every, mean, std)
    if measure:
        card.write(folder, facts, tensors, known, held_out, mean, std)
