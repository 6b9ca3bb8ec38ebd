"""PyTorch's side of `cargo bench --bench vjp`: forward and `autograd.grad` of the same ONNX file."""

import numpy as np
import torch
from evaluator import Network
from lines import serve


def _tensor(path, shape, device):
    return torch.from_numpy(np.fromfile(path, np.float32).reshape(shape)).to(device)


def prepare(request):
    """The work of a request: `what` is forward, VJP or channels_last (a VJP in that layout)."""
    torch.set_num_threads(request["threads"])
    device = torch.device(request["device"])
    tf32 = bool(request.get("tf32"))
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    network = Network(request["model"]).to(device)
    x = _tensor(request["x"], request["x_shape"], device)
    g = _tensor(request["g"], request["g_shape"], device)
    if request["what"] == "channels_last":
        network = network.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x

    def finish():
        if device.type == "cuda":
            torch.cuda.synchronize()

    if request["what"] == "forward":

        def forward():
            with torch.no_grad():
                network(x)
            finish()

        return forward

    x.requires_grad_(True)

    def product():
        (bar,) = torch.autograd.grad(network(x), x, g)
        finish()
        return bar

    product().detach().cpu().contiguous().numpy().tofile(request["result"])
    return product


if __name__ == "__main__":
    serve(f"torch {torch.__version__}", prepare)
