"""The generator and the inverse: a variational autoencoder first, then an adversary for sharpness.

Phase 1 trains inverse and generator as a VAE, so that every kind of garment has its place under the
prior. Phase 2 goes on with a discriminator ("critic") on draws from the prior, while reconstructions are
held in pixels and in the critic's features. What is shipped is the running average of the weights.
"""

import copy
import time

import torch
import torch.nn.functional as F

import nets
from cache import Stage
from data import batches

CODE = 64
VAE_BATCH, VAE_EPOCHS, VAE_RATE = 64, 5, 1e-3
BATCH, ROUND, ROUNDS = 32, 500, 9  # phase 2: rounds of 500 steps, a checkpoint after each
RATE, CRITIC_RATE = 3e-4, 1.2e-3  # the critic needs the larger steps, or it never catches the generator
KL_WEIGHT, KL_LATER, LATER = 0.05, 0.15, 2  # against the summed squared pixel error; from round 2 of phase 2 on
RECONSTRUCTION = 0.1  # of the VAE loss, in phase 2
ADVERSARY = 2.0
FEATURE = 2.0  # of the distance in the critic's features
R1, R1_EVERY = 0.01, 8


def vae_loss(image, rebuilt, mean, log_variance, kl_weight=KL_WEIGHT):
    error = (image - rebuilt).square().flatten(1).sum(1).mean()
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(1).mean()
    return error + kl_weight * divergence, error.item(), divergence.item()


def follow(average, net, rate):
    """The running average of parameters; buffers are copied."""
    with torch.no_grad():
        for a, p in zip(average.parameters(), net.parameters()):
            a.lerp_(p, 1.0 - rate)
        for a, b in zip(average.buffers(), net.buffers()):
            a.copy_(b)


def settle_norms(generator, seed, rounds=60):
    """Batch-norm statistics of the averaged weights, over draws from the prior."""
    for module in generator.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # cumulative average
    source = torch.Generator().manual_seed(seed)
    generator.train()
    with torch.no_grad():
        for _ in range(rounds):
            generator(torch.randn(256, CODE, generator=source))
    return generator.eval()


def build(state):
    """Generator and inverse as shipped, from a checkpoint."""
    generator, inverse = nets.Generator(), nets.Inverse()
    generator.load_state_dict(state["average"])
    inverse.load_state_dict(state["average_inverse"])
    return settle_norms(generator, 7), inverse.eval()


class Training:
    """All that a checkpoint holds, and one step of each phase."""

    def __init__(self):
        layout = torch.channels_last
        self.generator = nets.Generator().to(memory_format=layout)
        self.inverse = nets.Inverse().to(memory_format=layout)
        self.critic = nets.Discriminator().to(memory_format=layout)
        self.average, self.average_inverse = copy.deepcopy(self.generator), copy.deepcopy(self.inverse)
        pair = [*self.generator.parameters(), *self.inverse.parameters()]
        self.steer = torch.optim.Adam(pair, lr=VAE_RATE, betas=(0.5, 0.99))
        self.steer_critic = torch.optim.Adam(self.critic.parameters(), lr=CRITIC_RATE, betas=(0.5, 0.99))

    def state(self):
        return {name: part.state_dict() for name, part in vars(self).items()}

    def restore(self, state):
        for name, part in vars(self).items():
            part.load_state_dict(state[name])

    def encode(self, image):
        mean, log_variance = self.inverse.both(image)
        return mean + (0.5 * log_variance).exp() * torch.randn_like(mean), mean, log_variance

    def finish(self, loss, average):
        """One step of generator and inverse, and of their running averages."""
        self.steer.zero_grad(set_to_none=True)
        loss.backward()
        self.steer.step()
        follow(self.average, self.generator, average)
        follow(self.average_inverse, self.inverse, average)

    def autoencode(self, image):
        code, mean, log_variance = self.encode(image)
        loss, error, divergence = vae_loss(image, self.generator(code), mean, log_variance)
        self.finish(loss, 0.99)
        return error, divergence

    def compete(self, image, regularise, kl_weight):
        code, mean, log_variance = self.encode(image)
        both = self.generator(torch.cat([code, torch.randn_like(code)]))
        rebuilt, drawn = both[: len(image)], both[len(image) :]
        real = image.clone().requires_grad_(regularise)
        real_score, drawn_score = self.critic(real), self.critic(drawn.detach())
        critic_loss = F.softplus(-real_score).mean() + F.softplus(drawn_score).mean()
        if regularise:
            (slope,) = torch.autograd.grad(real_score.sum(), real, create_graph=True)
            critic_loss = critic_loss + 0.5 * R1 * R1_EVERY * slope.square().flatten(1).sum(1).mean()
        self.steer_critic.zero_grad(set_to_none=True)
        critic_loss.backward()
        self.steer_critic.step()

        self.critic.requires_grad_(False)
        score = self.critic(drawn)
        unlike = (self.critic.features(rebuilt) - self.critic.features(image)).square().mean()
        loss, error, divergence = vae_loss(image, rebuilt, mean, log_variance, kl_weight)
        self.finish(RECONSTRUCTION * loss + ADVERSARY * F.softplus(-score).mean() + FEATURE * unlike, 0.998)
        self.critic.requires_grad_(True)
        return error, divergence, real_score.mean().item(), drawn_score.mean().item(), unlike.item()


def train(images, cache, seed=0, log=print):
    stage = Stage(cache, "generator")
    torch.manual_seed(seed)
    training, state, source = Training(), stage.load(), torch.Generator()
    if state:
        training.restore(state["parts"])
    for turn in range(state.get("turn", 0), VAE_EPOCHS + ROUNDS):
        torch.manual_seed(1000 * seed + turn)
        source.manual_seed(1000 * seed + turn)
        figures, started = [], time.time()
        if turn < VAE_EPOCHS:
            for which in batches(len(images), VAE_BATCH, source):
                figures.append(training.autoencode(images[which]))
        else:
            kl_weight = KL_WEIGHT if turn < VAE_EPOCHS + LATER else KL_LATER
            for step, which in zip(range(ROUND), batches(len(images), BATCH, source)):
                done = ((turn - VAE_EPOCHS) * ROUND + step) / (ROUNDS * ROUND)
                slower = min(1.0, 3.0 * (1.0 - done) + 0.05)
                training.steer.param_groups[0]["lr"] = RATE * slower
                training.steer_critic.param_groups[0]["lr"] = CRITIC_RATE * slower
                figures.append(training.compete(images[which], step % R1_EVERY == 0, kl_weight))
        stage.save(turn=turn + 1, parts=training.state())
        means = torch.tensor(figures).mean(0).tolist()
        names = ("error", "kl", "score real", "drawn", "features")
        shown = " ".join(f"{name} {mean:.3f}" for name, mean in zip(names, means))
        log(f"generator turn {turn + 1}: {shown} ({time.time() - started:.0f} s)")
    return build(stage.load()["parts"])
