"""The generator and the inverse: a variational autoencoder first, then an adversary for sharpness.

Phase 1 trains inverse and generator as a VAE, so that every kind of garment has its place under the
prior. Phase 2 goes on with a discriminator on reconstructions and on draws from the prior; what is
shipped is the running average of the weights.
"""

import copy
import time

import torch
import torch.nn.functional as F

import nets
from cache import Stage
from data import batches

BATCH = 64
HALF = BATCH // 2  # reconstructions, and as many draws, in each step of phase 2
KL_WEIGHT = 0.05  # against the summed squared pixel error
RECONSTRUCTION = 0.1  # of the VAE loss, in phase 2
FEATURE = 2.0  # of the discriminator-feature distance, in phase 2
R1, R1_EVERY = 0.02, 8
AVERAGE = 0.999


def vae_loss(image, rebuilt, mean, log_variance):
    error = (image - rebuilt).square().flatten(1).sum(1).mean()
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(1).mean()
    return error + KL_WEIGHT * divergence, error.item(), divergence.item()


def follow(average, net, rate):
    """The running average of parameters; buffers are copied."""
    with torch.no_grad():
        for a, p in zip(average.parameters(), net.parameters()):
            a.lerp_(p, 1.0 - rate)
        for a, b in zip(average.buffers(), net.buffers()):
            a.copy_(b)


def settle_norms(generator, code_size, seed, rounds=60):
    """Batch-norm statistics of the averaged weights, over draws from the prior."""
    for module in generator.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # cumulative average
    source = torch.Generator().manual_seed(seed)
    generator.train()
    with torch.no_grad():
        for _ in range(rounds):
            generator(torch.randn(256, code_size, generator=source))
    return generator.eval()


def build(state):
    """Generator and inverse as shipped, from a checkpoint."""
    generator, inverse = nets.Generator(), nets.Inverse()
    generator.load_state_dict(state["average"])
    inverse.load_state_dict(state["average_inverse"])
    return settle_norms(generator, 64, 7), inverse.eval()


def train(images, cache, seed=0, vae_epochs=5, adversarial_epochs=11, log=print):
    stage = Stage(cache, "generator")
    torch.manual_seed(seed)
    layout = torch.channels_last
    generator = nets.Generator().to(memory_format=layout)
    inverse = nets.Inverse().to(memory_format=layout)
    critic = nets.Discriminator().to(memory_format=layout)
    average, average_inverse = copy.deepcopy(generator), copy.deepcopy(inverse)
    pair = [*generator.parameters(), *inverse.parameters()]
    steer = torch.optim.Adam(pair, lr=1e-3, betas=(0.5, 0.99))
    steer_critic = torch.optim.Adam(critic.parameters(), lr=4e-4, betas=(0.5, 0.99))
    parts = dict(
        generator=generator, inverse=inverse, critic=critic, average=average,
        average_inverse=average_inverse, steer=steer, steer_critic=steer_critic,
    )
    state = stage.load()
    for name in parts if state else ():
        parts[name].load_state_dict(state[name])
    source = torch.Generator()
    steps_per_epoch = len(images) // BATCH
    adversarial_steps = adversarial_epochs * steps_per_epoch
    for epoch in range(state.get("epoch", 0), vae_epochs + adversarial_epochs):
        source.manual_seed(1000 * seed + epoch)
        torch.manual_seed(1000 * seed + epoch)
        adversarial = epoch >= vae_epochs
        sums, started = torch.zeros(6), time.time()
        for step, which in enumerate(batches(len(images), BATCH, source)):
            image = images[which]
            seen = image[:HALF] if adversarial else image
            mean, log_variance = inverse.both(seen)
            code = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            if not adversarial:
                rebuilt = generator(code)
                loss, error, divergence = vae_loss(image, rebuilt, mean, log_variance)
                steer.zero_grad(set_to_none=True)
                loss.backward()
                steer.step()
                follow(average, generator, 0.99)
                follow(average_inverse, inverse, 0.99)
                sums += torch.tensor([error, divergence, 0, 0, 0, 0])
                continue
            done = (epoch - vae_epochs) * steps_per_epoch + step
            rate = min(1.0, 4.0 * (1.0 - done / adversarial_steps) + 0.05)
            steer.param_groups[0]["lr"] = 4e-4 * rate
            steer_critic.param_groups[0]["lr"] = 4e-4 * rate
            both = generator(torch.cat([code, torch.randn_like(code)]))
            rebuilt = both[:HALF]
            # The discriminator: real against draws and reconstructions.
            real = image.clone().requires_grad_(step % R1_EVERY == 0)
            real_score, _ = critic(real)
            fake_score, _ = critic(both.detach())
            critic_loss = F.softplus(-real_score).mean() + F.softplus(fake_score).mean()
            if step % R1_EVERY == 0:
                (slope,) = torch.autograd.grad(real_score.sum(), real, create_graph=True)
                critic_loss = critic_loss + 0.5 * R1 * R1_EVERY * slope.square().flatten(1).sum(1).mean()
            steer_critic.zero_grad(set_to_none=True)
            critic_loss.backward()
            steer_critic.step()
            # Generator and inverse: fool it, and rebuild in pixels and in its features.
            for p in critic.parameters():
                p.requires_grad_(False)
            with torch.no_grad():
                _, real_features = critic(seen)
            score, features = critic(both)
            for p in critic.parameters():
                p.requires_grad_(True)
            fooled = F.softplus(-score).mean() * 2.0
            alike = (features[:HALF] - real_features).square().mean()
            loss, error, divergence = vae_loss(seen, rebuilt, mean, log_variance)
            total = RECONSTRUCTION * loss + fooled + FEATURE * alike
            steer.zero_grad(set_to_none=True)
            total.backward()
            steer.step()
            follow(average, generator, AVERAGE)
            follow(average_inverse, inverse, AVERAGE)
            sums += torch.tensor([error, divergence, real_score.mean().item(), score[:HALF].mean().item(),
                                  score[HALF:].mean().item(), alike.item()])
            if step % 200 == 199:
                log(f"  step {step + 1}: {(time.time() - started) / (step + 1) * 1e3:.0f} ms a step")
        figures = (sums / steps_per_epoch).tolist()
        stage.save(epoch=epoch + 1, **{name: part.state_dict() for name, part in parts.items()})
        log(f"generator epoch {epoch + 1}: error {figures[0]:.2f} kl {figures[1]:.1f} score real {figures[2]:.2f} "
            f"rebuilt {figures[3]:.2f} drawn {figures[4]:.2f} features {figures[5]:.4f} ({time.time() - started:.0f} s)")
    return build(stage.load())
