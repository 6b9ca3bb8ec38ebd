"""The generator: it repaints a photograph from its code, and makes a picture of any likely code.

After DeePSiM (Dosovitskiy and Brox 2016): the encoder is fixed (`code`), and the generator is held to the
photograph by pixels (at three scales), to the code by reading it back from the picture, by features (here
the taps of a network that is neither f nor the judge, `eye`), and by an adversary. Other than there, the
adversary sees fixed features (Projected GANs) and also draws from the prior, which have no photograph.

The first turns have no adversary. What is shipped is the running average of the weights.
"""

import copy
import time

import torch
import torch.nn.functional as F

from cache import Stage
from data import batches
from generator import follow
from scenes64 import nets
from scenes64.eye import unlike

BATCH, DRAWS = 32, 16
RATE, CRITIC_RATE = 1e-3, 8e-4
NOISE = 0.1  # added to the code of a photograph, so that near codes give near pictures
SCALES = (0.1, 0.3, 0.6)  # weights of the pixel error at full size, a half, a quarter
LOOK_WEIGHT = 100.0  # of `unlike`
CODE_WEIGHT = 40.0  # of the squared error, per dimension, of the code read back
ADVERSARY = 0.8  # its gradient at the last layer, relative to that of the other terms
FIT = 0.5  # weight of the label's fit against the score
R1, R1_EVERY = 1.0, 16
HEAD_START = 60  # steps of the critic alone, before the generator listens to it


def pixel_error(image, painted):
    """Summed squared error [N], at three scales."""
    total, difference = 0.0, image - painted
    for weight in SCALES:
        total = total + weight * difference.square().mean((1, 2, 3)) * image[0].numel()
        difference = F.avg_pool2d(difference, 2)
    return total


class Training:
    """All that a checkpoint holds, and the steps."""

    def __init__(self, eye, inverse, sketch):
        """`sketch`: the first weights from code to sketch."""
        layout = torch.channels_last
        self.eye, self.inverse = eye, inverse
        self.generator = nets.Generator().to(memory_format=layout)
        with torch.no_grad():
            self.generator.base.weight.copy_(sketch[0])
            self.generator.base.bias.copy_(sketch[1])
            self.generator.paint.weight.mul_(0.1)
        self.critic = nets.Critic().to(memory_format=layout)
        self.average = copy.deepcopy(self.generator)
        self.steer = torch.optim.Adam(self.generator.parameters(), lr=RATE, betas=(0.5, 0.99))
        self.steer_critic = torch.optim.Adam(self.critic.parameters(), lr=CRITIC_RATE, betas=(0.0, 0.99))
        self.balance = torch.tensor(0.0)
        self.parts = ("generator", "critic", "average", "steer", "steer_critic")

    def state(self):
        return {**{name: getattr(self, name).state_dict() for name in self.parts}, "balance": self.balance}

    def restore(self, state):
        for name in self.parts:
            getattr(self, name).load_state_dict(state[name])
        self.balance = state["balance"]

    def finish(self, loss, average):
        """One step of the generator, and of its running average."""
        self.steer.zero_grad(set_to_none=True)
        loss.backward()
        self.steer.step()
        follow(self.average, self.generator, average)

    def hold(self, image, seen, painted, taps, code):
        """The terms without an adversary, and their values. `painted`: the photographs, then draws."""
        n = len(image)
        error = pixel_error(image, painted[:n]).mean()
        look = unlike(seen, [tap[:n] for tap in taps]).mean()
        back = (self.inverse(painted) - code).square().mean()
        loss = error + LOOK_WEIGHT * look + CODE_WEIGHT * back
        return loss, (error.item(), look.item(), back.item())

    def repaint(self, image, code):
        """A step without an adversary."""
        drawn = torch.randn(DRAWS, nets.CODE)
        whole = torch.cat([code, drawn])
        painted = self.generator(torch.cat([code + NOISE * torch.randn_like(code), drawn]))
        with torch.no_grad():
            seen = self.eye(image)
        loss, figures = self.hold(image, seen, painted, self.eye(painted[: len(image)]), whole)
        self.finish(loss, 0.99)
        return figures

    def judge(self, image, seen, labels, painted, taps, regularise):
        """One step of the critic: hinge loss on patches, on draws and repainted, and on the labels' fit."""
        n = len(image)
        real = image.clone().requires_grad_(regularise)
        scores, fit = self.critic(real, seen, labels)
        fake_scores, _ = self.critic(painted, taps)
        fake_fit = self.critic.fit(taps[3][:n], labels)
        loss = sum(F.relu(1.0 - s).mean() + F.relu(1.0 + f).mean() for s, f in zip(scores, fake_scores)) / len(scores)
        loss = loss + FIT * (F.relu(1.0 - fit).mean() + F.relu(1.0 + fake_fit).mean())
        if regularise:
            (slope,) = torch.autograd.grad(scores[0].mean(1).sum(), real, create_graph=True)
            loss = loss + 0.5 * R1 * R1_EVERY * slope.square().flatten(1).sum(1).mean()
        self.steer_critic.zero_grad(set_to_none=True)
        loss.backward()
        self.steer_critic.step()
        return tuple(sum(s.mean().item() for s in some) / len(some) for some in (scores, fake_scores))

    def compete(self, image, code, labels, step, critic_only):
        """A step of the critic, then one of the generator, on the same pictures."""
        n = len(image)
        drawn = torch.randn(DRAWS, nets.CODE)
        painted = self.generator(torch.cat([code + NOISE * torch.randn_like(code), drawn]))
        with torch.no_grad():
            seen = self.eye(image)
        taps = self.eye(painted)
        kept = [tap.detach() for tap in taps]
        scored = self.judge(image, seen, labels, painted.detach(), kept, step % R1_EVERY == 0)
        if critic_only:
            return None
        self.critic.requires_grad_(False)
        loss, figures = self.hold(image, seen, painted, taps, torch.cat([code, drawn]))
        fake_scores, _ = self.critic(painted, taps)
        against = -sum(s[:n].mean() + s[n:].mean() for s in fake_scores) / len(fake_scores)
        against = against - FIT * self.critic.fit(taps[3][:n], labels).mean()
        if step % 25 == 0:
            self.weigh(loss, against)
        self.finish(loss + ADVERSARY * self.balance * against, 0.998)
        self.critic.requires_grad_(True)
        return (*figures, *scored)

    def weigh(self, loss, against):
        """A running mean of the ratio of both gradients at the last layer (Esser et al., VQGAN, CVPR 2021, eq. 7)."""
        last = self.generator.paint.weight
        sizes = [torch.autograd.grad(term, last, retain_graph=True)[0].norm() for term in (loss, against)]
        now = (sizes[0] / (sizes[1] + 1e-6)).clamp(max=1e4)
        self.balance = now if self.balance == 0.0 else self.balance.lerp(now, 0.2)


def settle_norms(generator, codes, seed=7, rounds=40):
    """Batch-norm statistics of the averaged weights: two thirds photographs' codes, one third draws, as in training."""
    for module in generator.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # cumulative average
    source = torch.Generator().manual_seed(seed)
    generator.train()
    with torch.no_grad():
        for _, which in zip(range(rounds), batches(codes.shape[1], 2 * 64, source)):
            generator(torch.cat([codes[0, which], torch.randn(64, nets.CODE, generator=source)]))
    return generator.eval()


def build(state, codes):
    """The generator as shipped, from a checkpoint."""
    generator = nets.Generator()
    generator.load_state_dict(state["average"])
    return settle_norms(generator, codes)


def train(photos, codes, inverse, sketch, eye, cache, seed=12, first=2, rounds=12, steps=250, log=print):
    """`first` turns without an adversary, then `rounds` with, of `steps` steps each; a checkpoint after each."""
    stage = Stage(cache, "scenes64-painter")
    torch.manual_seed(seed)
    training, state, source = Training(eye, inverse, sketch), stage.load(), torch.Generator()
    if state:
        training.restore(state["parts"])
    for turn in range(state.get("turn", 0), first + rounds):
        torch.manual_seed(1000 * seed + turn)
        source.manual_seed(1000 * seed + turn)
        figures, started = [], time.time()
        for step, which in zip(range(steps), batches(len(photos), BATCH, source)):
            mirrored = torch.rand(BATCH, generator=source) < 0.5
            image = photos.floats(which)
            image = torch.where(mirrored.view(-1, 1, 1, 1), image.flip(3), image).contiguous(memory_format=torch.channels_last)
            code = codes[mirrored.long(), which]
            if turn < first:
                figures.append(training.repaint(image, code))
                continue
            done = ((turn - first) * steps + step) / (rounds * steps)
            slower = min(1.0, 3.0 * (1.0 - done) + 0.02)
            training.steer.param_groups[0]["lr"] = RATE * slower
            training.steer_critic.param_groups[0]["lr"] = CRITIC_RATE * slower
            critic_only = turn == first and step < HEAD_START
            figures.append(training.compete(image, code, photos.labels[which], step, critic_only))
        stage.save(turn=turn + 1, parts=training.state())
        means = torch.tensor([row for row in figures if row]).mean(0).tolist()
        names = ("error", "look", "code", "score real", "painted")
        shown = " ".join(f"{name} {mean:.3f}" for name, mean in zip(names, means))
        log(f"painter turn {turn + 1}: {shown} ({time.time() - started:.0f} s)")
    return build(stage.load()["parts"], codes)
