"""Plain gradient ascent in the code, inside the prior's ball: what a class unit likes most (DGN-AM without tricks)."""

import numpy as np
import torch
from safetensors.numpy import load_file
from scipy.stats import chi2

import parity
from scenes64.photos import MEAN, STD

STEPS, RATE = 80, 0.08


def ascend(folder, classes, starts, seed=31, steps=STEPS):
    """Images [classes, starts, 3, 64, 64] and logits [classes, starts] after `steps` steps of Adam."""
    facts = load_file(folder / "prior.safetensors")
    mean, sd = torch.from_numpy(facts["mean"]), torch.from_numpy(facts["sd"])
    low, high = torch.from_numpy(facts["low"]), torch.from_numpy(facts["high"])
    radius = float(np.sqrt(chi2.ppf(0.999, len(mean))))
    generator = parity.OnnxModule(folder / "generator.onnx").requires_grad_(False)
    classifier = parity.OnnxModule(folder / "classifier.onnx", ["logits"]).requires_grad_(False)
    middle, spread = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    units = torch.tensor(classes).repeat_interleave(starts)
    drawn = torch.randn(len(units), len(mean), generator=torch.Generator().manual_seed(seed))
    images, logits = [], []
    for part in torch.arange(len(units)).split(40):
        code = (mean + sd * drawn[part]).requires_grad_()
        steer = torch.optim.Adam([code], lr=RATE)
        for _ in range(steps):
            value = classifier((generator(code) - middle) / spread)[torch.arange(len(part)), units[part]]
            steer.zero_grad()
            (-value.sum()).backward()
            steer.step()
            with torch.no_grad():
                standard = (code - mean) / sd
                standard *= (radius / standard.norm(dim=1, keepdim=True)).clamp(max=1.0)
                code.copy_((mean + sd * standard).clamp(low, high))
        with torch.no_grad():
            image = generator(code)
            images.append(image)
            logits.append(classifier((image - middle) / spread)[torch.arange(len(part)), units[part]])
    shape = (len(classes), starts)
    return torch.cat(images).numpy().reshape(*shape, 3, 64, 64), torch.cat(logits).numpy().reshape(shape)
