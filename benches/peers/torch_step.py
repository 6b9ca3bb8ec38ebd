"""PyTorch's side of `cargo bench --bench step`: one step of the joint objective, with autograd.

Maximise D = Σᵢⱼ ‖eᵢ − eⱼ‖² in its linear form under α(low − f) ≤ ∇f·v ≤ α(high − f): evaluate, gradient of
D and of f in the code, Adam, projection on the slab, update. `joint` takes all rows in one batch;
`micro` evaluates them in batches without a graph, forms the exact cotangents and goes through the
batches again, so that memory stays flat."""

import numpy as np
import torch
import torch._functorch.config
from evaluator import Network
from lines import serve

# A step goes back twice through one graph; a compiled one must not give its buffers away.
torch._functorch.config.donated_buffer = False

ALPHA, RATE, BETA1, BETA2, TINY = 0.9, 0.05, 0.9, 0.999, 1e-8


class Step:
    """The state of a run and one step of it."""

    def __init__(self, network, codes, low, high, batch, finish):
        self.network, self.low, self.high, self.batch, self.finish = network, low, high, batch, finish
        self.codes = codes
        self.first, self.second, self.count = torch.zeros_like(codes), torch.zeros_like(codes), 0

    def derivatives(self):
        """f [n], ∂D/∂c [n, d], ∂f/∂c [n, d]."""
        n = len(self.codes)
        if self.batch >= n:
            codes = self.codes.clone().requires_grad_(True)
            f, e = self.network(codes)
            flat = e.double()
            total = flat.sum(0)
            objective = 2 * n * (flat * flat).sum() - 2 * (total * total).sum()
            (unit,) = torch.autograd.grad(f.sum(), codes, retain_graph=True)
            (spread,) = torch.autograd.grad(objective, codes)
            return f.detach()[:, 0], spread, unit
        parts = self.codes.split(self.batch)
        with torch.no_grad():
            e = torch.cat([self.network(part)[1] for part in parts]).double()
        bar = (4 * (n * e - e.sum(0))).float()
        values, spreads, units = [], [], []
        for part, cotangent in zip(parts, bar.split(self.batch)):
            codes = part.clone().requires_grad_(True)
            f, e = self.network(codes)
            (unit,) = torch.autograd.grad(f.sum(), codes, retain_graph=True)
            (spread,) = torch.autograd.grad(e, codes, cotangent)
            values.append(f.detach()[:, 0]), spreads.append(spread), units.append(unit)
        return torch.cat(values), torch.cat(spreads), torch.cat(units)

    def __call__(self):
        f, spread, unit = self.derivatives()
        self.count += 1
        self.first = BETA1 * self.first + (1 - BETA1) * spread
        self.second = BETA2 * self.second + (1 - BETA2) * spread * spread
        mean = self.first / (1 - BETA1**self.count)
        scale = (self.second / (1 - BETA2**self.count)).sqrt() + TINY
        move = RATE * mean / scale
        along = (unit * move).sum(1)
        wanted = along.clamp(min=ALPHA * (self.low - f), max=ALPHA * (self.high - f))
        move = move + ((wanted - along) / (unit * unit).sum(1).clamp(min=1e-12))[:, None] * unit
        # As long as ours: a step may not lead away by more than the spread of the prior.
        length = move.norm(dim=1, keepdim=True).clamp(min=1e-12)
        self.codes = self.codes + move * (length.clamp(max=1.0) / length)
        self.finish()


def prepare(request):
    """The work of a request: `what` is eager, channels_last or compile; `batch` rows at once."""
    torch.set_num_threads(request["threads"])
    device = torch.device(request["device"])
    tf32 = bool(request.get("tf32"))
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    network = Network(request["model"], ["activation", "embedding"]).to(device)
    if request["what"] == "channels_last":
        network = network.to(memory_format=torch.channels_last)
    if request["what"] == "compile":
        torch._dynamo.reset()
        network = torch.compile(network)
    codes = np.fromfile(request["codes"], np.float32).reshape(request["rows"], -1)
    codes = torch.from_numpy(codes).to(device)
    finish = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    step = Step(network, codes, request["low"], request["high"], request["batch"], finish)
    _, spread, _ = step.derivatives()
    spread.cpu().contiguous().numpy().tofile(request["result"])
    return step


if __name__ == "__main__":
    serve(f"torch {torch.__version__}", prepare)
