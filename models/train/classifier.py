"""The classifiers: f on Fashion-MNIST, and the half-space neuron on MNIST."""

import time

import torch
import torch.nn.functional as F

import nets
from cache import Stage
from data import batches, shift_and_flip

MEAN, STD = 0.2860, 0.3530  # of the Fashion-MNIST training images


def build(state):
    net = nets.Classifier()
    net.load_state_dict(state["net"])
    return net.eval()


def accuracy(net, images, labels) -> float:
    with torch.no_grad():
        right = [(net(part)[0].argmax(1) == answer).sum().item()
                 for part, answer in zip(((images - MEAN) / STD).split(1000), labels.split(1000), strict=True)]
    return sum(right) / len(labels)


def train(images, labels, cache, seed=1, epochs=14, batch=128, log=print):
    stage = Stage(cache, "classifier")
    torch.manual_seed(seed)
    net = nets.Classifier().to(memory_format=torch.channels_last)
    steps = epochs * (len(images) // batch)
    steer = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=0.02)
    rate = torch.optim.lr_scheduler.OneCycleLR(steer, 4e-3, total_steps=steps, pct_start=0.2)
    state = stage.load()
    if state:
        net.load_state_dict(state["net"])
        steer.load_state_dict(state["steer"])
        rate.load_state_dict(state["rate"])
    source = torch.Generator()
    for epoch in range(state.get("epoch", 0), epochs):
        source.manual_seed(1000 * seed + epoch)
        torch.manual_seed(1000 * seed + epoch)
        total, started = 0.0, time.time()
        net.train()
        for which in batches(len(images), batch, source):
            image = (shift_and_flip(images[which], source, reach=2) - MEAN) / STD
            loss = F.cross_entropy(net(image)[0], labels[which], label_smoothing=0.03)
            steer.zero_grad(set_to_none=True)
            loss.backward()
            steer.step()
            rate.step()
            total += loss.item()
        stage.save(epoch=epoch + 1, net=net.state_dict(), steer=steer.state_dict(), rate=rate.state_dict())
        log(f"classifier epoch {epoch + 1}: loss {total / (len(images) // batch):.4f} ({time.time() - started:.0f} s)")
    return build(stage.load())
