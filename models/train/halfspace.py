"""The neuron sigma(w.x + b) on MNIST, "is it a three": its inverse set is a half-space cut with the cube."""

import torch
import torch.nn.functional as F

import nets

CLASS = 3
RIDGE = 2e-3  # on w, not on b: keeps w small where the training images are always black


def train(images, labels, log=print):
    """The unique minimum of mean cross entropy + RIDGE/2 * |w|^2, by L-BFGS in double precision."""
    net = nets.Neuron().double()
    torch.nn.init.zeros_(net.logit.weight)
    torch.nn.init.zeros_(net.logit.bias)
    x, target = images.flatten(1).double(), (labels == CLASS).double()
    steer = torch.optim.LBFGS(net.parameters(), max_iter=300, tolerance_grad=1e-7, line_search_fn="strong_wolfe")

    def closure():
        steer.zero_grad()
        logit = net.logit(x).squeeze(1)
        loss = F.binary_cross_entropy_with_logits(logit, target) + 0.5 * RIDGE * net.logit.weight.square().sum()
        loss.backward()
        return loss

    steer.step(closure)
    log(f"halfspace: loss {closure().item():.4f}, |w| {net.logit.weight.norm().item():.3f}, b {net.logit.bias.item():.3f}")
    return net.float().eval()


def figures(net, images, labels) -> dict:
    """Accuracy, recall and precision on the test images at activation 0.5, and the area under the ROC curve."""
    with torch.no_grad():
        activation = net(images)[0].squeeze(1)
    said, truth = activation >= 0.5, labels == CLASS
    hits = (said & truth).sum().item()
    ranks = torch.empty(len(images)).double()
    ranks[activation.argsort()] = torch.arange(1, len(images) + 1).double()
    positives = truth.sum().item()
    area = (ranks[truth].sum().item() - positives * (positives + 1) / 2) / (positives * (len(images) - positives))
    return dict(accuracy=(said == truth).double().mean().item(), recall=hits / positives,
                precision=hits / said.sum().item(), area=area, weight_norm=net.logit.weight.norm().item(),
                bias=net.logit.bias.item())
