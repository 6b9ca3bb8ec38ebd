"""Generator and inverse, trained together: a variational autoencoder with an adversary on fixed features.

After DeePSiM (Dosovitskiy and Brox 2016): the generator repaints a photograph from its code, held to it by
pixels (at three scales), by the taps of a fixed network (`eye`), and by an adversary (`nets.Critic`) that
also sees draws from the prior, so that any likely code gives a picture. Other than there, the code is
learned along with it: 256 numbers with a standard normal prior, from which a linear map must also guess what
a classifier said of the photograph, so that directions in code space have meanings.

Phase 1 has no adversary. What is shipped is the running average of the weights.
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
RATE, CRITIC_RATE = 8e-4, 8e-4
FIRST_RATE = 1.2e-3  # phase 1
KL_WEIGHT = 0.08  # against the summed squared pixel error
LOOK_WEIGHT = 100.0  # of `unlike`
MEANING_WEIGHT = 10.0  # of the guess of the teacher's opinion from the code
RETURN_WEIGHT = 10.0  # of the squared error, per dimension, of a draw's code read back from its picture
ADVERSARY = 0.7  # its gradient at the last layer, relative to that of the other terms
DRAWN = 1.0  # weight of the draws against the reconstructions before the adversary
R1, R1_EVERY = 1.0, 16
CLIP = 1500.0  # longest gradient: a rare batch must not throw the code away
HEAD_START = 60  # steps of the critic alone, before the generator listens to it


def pixel_error(image, painted):
    """Summed squared error [N]: a quarter of it at full size, the rest at a half and a quarter."""
    total, difference = 0.0, image - painted
    for weight in (0.25, 0.35, 0.4):
        total = total + weight * difference.square().mean((1, 2, 3)) * image[0].numel()
        difference = F.avg_pool2d(difference, 2)
    return total


def divergence(mean, log_variance):
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(1)


class Training:
    """All that a checkpoint holds, and one step of each phase."""

    def __init__(self):
        layout = torch.channels_last
        self.generator = nets.Generator().to(memory_format=layout)
        self.inverse = nets.Inverse().to(memory_format=layout)
        self.meaning = torch.nn.Linear(nets.CODE, 200)
        self.critic = nets.Critic().to(memory_format=layout)
        self.average, self.average_inverse = copy.deepcopy(self.generator), copy.deepcopy(self.inverse)
        self.steer = torch.optim.Adam(self.parameters, lr=FIRST_RATE, betas=(0.5, 0.99))
        self.steer_critic = torch.optim.Adam(self.critic.parameters(), lr=CRITIC_RATE, betas=(0.0, 0.99))
        self.balance = torch.nn.Parameter(torch.tensor(1.0), requires_grad=False)

    @property
    def parameters(self):
        """What `steer` moves."""
        return [p for net in (self.generator, self.inverse, self.meaning) for p in net.parameters()]

    def state(self):
        return {name: part.data if name == "balance" else part.state_dict() for name, part in vars(self).items()}

    def restore(self, state):
        for name, part in vars(self).items():
            if name == "balance":
                part.data.copy_(state[name])
            else:
                part.load_state_dict(state[name])

    def finish(self, loss, average):
        """One step of generator and inverse, and of their running averages."""
        self.steer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP)
        self.steer.step()
        follow(self.average, self.generator, average)
        follow(self.average_inverse, self.inverse, average)

    def hold(self, eye_taps, painted_taps, image, rebuilt, mean, log_variance, opinion):
        """The terms without an adversary, and their values."""
        error = pixel_error(image, rebuilt).mean()
        look = unlike(eye_taps, painted_taps).mean()
        kl = divergence(mean, log_variance).mean()
        guess = F.kl_div(F.log_softmax(self.meaning(mean), 1), opinion, reduction="batchmean")
        loss = error + LOOK_WEIGHT * look + KL_WEIGHT * kl + MEANING_WEIGHT * guess
        return loss, (error.item(), look.item(), kl.item(), guess.item())

    def autoencode(self, eye, image, opinion):
        """Phase 1."""
        mean, log_variance = self.inverse.both(image)
        rebuilt = self.generator(mean + (0.5 * log_variance).exp() * torch.randn_like(mean))
        with torch.no_grad():
            seen = eye(image)
        loss, figures = self.hold(seen, eye(rebuilt), image, rebuilt, mean, log_variance, opinion)
        self.finish(loss, 0.99)
        return figures

    def judge(self, image, seen, labels, painted, painted_taps, regularise):
        """One step of the critic: hinge loss on patches, on draws and reconstructions, and on the labels' fit."""
        n = len(image)
        real = image.clone().requires_grad_(regularise)
        scores, fit = self.critic(real, seen, labels)
        fake_scores, _ = self.critic(painted, painted_taps)
        fake_fit = (self.critic.label(labels) * self.critic.tap3(painted_taps[3][:n])).sum(1)
        loss = sum(F.relu(1.0 - s).mean() + F.relu(1.0 + f).mean() for s, f in zip(scores, fake_scores)) / len(scores)
        loss = loss + 0.5 * (F.relu(1.0 - fit).mean() + F.relu(1.0 + fake_fit).mean())
        if regularise:
            (slope,) = torch.autograd.grad(scores[0].mean(1).sum(), real, create_graph=True)
            loss = loss + 0.5 * R1 * R1_EVERY * slope.square().flatten(1).sum(1).mean()
        self.steer_critic.zero_grad(set_to_none=True)
        loss.backward()
        self.steer_critic.step()
        real_score = sum(s.mean().item() for s in scores) / len(scores)
        return real_score, sum(s.mean().item() for s in fake_scores) / len(scores)

    def compete(self, eye, image, labels, opinion, step, critic_only):
        """Phase 2: a step of the critic, then one of generator and inverse, on the same pictures."""
        n = len(image)
        mean, log_variance = self.inverse.both(image)
        code = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        drawn = torch.randn(DRAWS, nets.CODE)
        painted = self.generator(torch.cat([code, drawn]))
        with torch.no_grad():
            seen = eye(image)
        taps = eye(painted)
        kept = [tap.detach() for tap in taps]
        scored = self.judge(image, seen, labels, painted.detach(), kept, step % R1_EVERY == 0)
        if critic_only:
            return None

        self.critic.requires_grad_(False)
        loss, figures = self.hold(seen, [tap[:n] for tap in taps], image, painted[:n], mean, log_variance, opinion)
        fake_scores, _ = self.critic(painted, taps)
        fit = (self.critic.label(labels) * self.critic.tap3(taps[3][:n])).sum(1)
        against = -sum(s[:n].mean() + DRAWN * s[n:].mean() for s in fake_scores) / len(fake_scores) - 0.5 * fit.mean()
        if step % 20 == 0:
            self.balance.data.copy_(self.weigh(loss, against))
        back = self.inverse(painted[n:])
        loss = loss + ADVERSARY * self.balance * against + RETURN_WEIGHT * (back - drawn).square().mean()
        self.finish(loss, 0.998)
        self.critic.requires_grad_(True)
        return (*figures, *scored)

    def weigh(self, loss, against):
        """A running mean of the ratio of both gradients at the last layer (Esser et al., VQGAN, CVPR 2021, eq. 7)."""
        last = self.generator.paint.weight
        sizes = [torch.autograd.grad(term, last, retain_graph=True)[0].norm() for term in (loss, against)]
        return self.balance.lerp((sizes[0] / (sizes[1] + 1e-6)).clamp(max=1e4), 0.2 if self.balance != 1.0 else 1.0)


def settle_norms(generator, inverse, photos, seed, rounds=40):
    """Batch-norm statistics of the averaged weights: half over draws, half over codes of photographs."""
    for module in generator.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # cumulative average
    source = torch.Generator().manual_seed(seed)
    generator.train()
    with torch.no_grad():
        for _, which in zip(range(rounds), batches(len(photos), 128, source)):
            mean, log_variance = inverse.both(photos.floats(which))
            code = mean + (0.5 * log_variance).exp() * torch.randn(mean.shape, generator=source)
            generator(torch.cat([code, torch.randn(128, nets.CODE, generator=source)]))
    return generator.eval()


def build(state, photos):
    """Generator and inverse as shipped, from a checkpoint."""
    generator, inverse = nets.Generator(), nets.Inverse()
    generator.load_state_dict(state["average"])
    inverse.load_state_dict(state["average_inverse"])
    inverse.eval()
    return settle_norms(generator, inverse, photos, 7), inverse


def train(photos, taught, eye, cache, seed=12, first=11, rounds=20, steps=250, log=print):
    """`first` turns of phase 1, then `rounds` of phase 2, of `steps` steps each; a checkpoint after each turn."""
    stage = Stage(cache, "scenes64-painter")
    torch.manual_seed(seed)
    training, state, source = Training(), stage.load(), torch.Generator()
    if state:
        training.restore(state["parts"])
    for turn in range(state.get("turn", 0), first + rounds):
        torch.manual_seed(1000 * seed + turn)
        source.manual_seed(1000 * seed + turn)
        figures, started = [], time.time()
        order = list(batches(len(photos), BATCH, source))[:steps]
        for step, which in enumerate(order):
            mirrored = torch.rand(BATCH, generator=source) < 0.5
            image = photos.floats(which)
            image = torch.where(mirrored.view(-1, 1, 1, 1), image.flip(3), image).contiguous(memory_format=torch.channels_last)
            opinion = F.softmax(taught[mirrored.long(), which] / 2.0, 1)
            if turn < first:
                warm = min(1.0, (turn * steps + step + 1) / 100)
                training.steer.param_groups[0]["lr"] = FIRST_RATE * warm
                figures.append(training.autoencode(eye, image, opinion))
            else:
                done = ((turn - first) * steps + step) / (rounds * steps)
                slower = min(1.0, 4.0 * (1.0 - done) + 0.02)
                training.steer.param_groups[0]["lr"] = RATE * slower
                training.steer_critic.param_groups[0]["lr"] = CRITIC_RATE * slower
                critic_only = turn == first and step < HEAD_START
                figures.append(training.compete(eye, image, photos.labels[which], opinion, step, critic_only))
        figures = [row for row in figures if row is not None]
        stage.save(turn=turn + 1, parts=training.state())
        means = torch.tensor(figures).mean(0).tolist()
        names = ("error", "look", "kl", "guess", "score real", "painted")
        shown = " ".join(f"{name} {mean:.3f}" for name, mean in zip(names, means))
        log(f"painter turn {turn + 1}: {shown} ({time.time() - started:.0f} s)")
    return build(stage.load()["parts"], photos)
