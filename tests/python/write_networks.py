"""Writes the networks of tests/networks with the gradients that PyTorch computes for them.

    python tests/python/write_networks.py                     # what the repository keeps
    python tests/python/write_networks.py --full --out DIR    # every exporter, opset and batch

Needs torch, onnx, onnxscript, safetensors and numpy. For each network NAME it writes DIR/NAME with

    vectors.safetensors   x, y_bar (float32) and y, x_bar (float64) of ROWS rows: x_bar is the
                          vector-Jacobian product of y_bar by float64 autograd, with weights that
                          float32 holds exactly and rows of x that keep clear of every kink
    weights.bin           the weights of all exports, each content once (ONNX external data)
    EXPORTER-OPSET-BATCH.onnx   the exports: torchscript or dynamo; dynamic, or fixed to one row

`--full` leaves out what an exporter cannot write, and says so with the exporter's reason.
"""

import argparse
import contextlib
import io
import logging
import shutil
import sys
import warnings
import zlib
from pathlib import Path

import onnx
import torch
from onnx import TensorProto
from safetensors.torch import save_file

from networks import NETWORKS, Network, randomise
from networks.kinks import Kinks

ROWS = 3
CANDIDATES = 400
MARGIN = 1e-4
KEPT = [
    ("torchscript", 11, "dynamic"),
    ("torchscript", 13, "fixed"),
    ("torchscript", 17, "dynamic"),
    ("unoptimised", 18, "fixed"),
    ("dynamo", 18, "fixed"),
    ("dynamo", 20, "dynamic"),
    ("dynamo", 23, "fixed"),
]
FULL = [
    (exporter, opset, batch)
    for exporter, opsets in (
        ("torchscript", (11, 13, 17, 20)),
        ("dynamo", (11, 13, 17, 18, 20, 23)),
        # The dynamo exporter without its own optimiser: constants unfolded, lists of tensors left.
        ("unoptimised", (18, 20)),
    )
    for opset in opsets
    for batch in ("dynamic", "fixed")
]
# Smaller tensors are clearer where they are used: shapes, axes, scalars.
SHARED_FROM = 128


def vectors(network: Network, model: torch.nn.Module, seed: int) -> dict[str, torch.Tensor]:
    """Inputs away from kinks, and what float64 autograd makes of them."""
    source = torch.Generator().manual_seed(seed)
    candidates = torch.randn(CANDIDATES, *network.row, generator=source).double()
    if network.dynamic:
        kinks = Kinks(CANDIDATES)
        with kinks, torch.no_grad():
            model(candidates)
        margins = kinks.margins
    else:
        margins = torch.cat([margin_of_row(model, row) for row in candidates])
    chosen = margins.argsort(descending=True)[:ROWS]
    if margins[chosen].min() < MARGIN:
        raise RuntimeError(f"{network.name}: margins {margins[chosen].tolist()} of the best rows")
    x = candidates[chosen].requires_grad_()
    y = model(x) if network.dynamic else torch.cat([model(row[None]) for row in x])
    y_bar = torch.randn(y.shape, generator=source).float().double()
    (x_bar,) = torch.autograd.grad(y, x, y_bar)
    print(f"{network.name}: margin {margins[chosen].min():.1e}, {sum(p.numel() for p in model.parameters())} weights")
    tensors = {"x": x.detach().float(), "y_bar": y_bar.float(), "y": y.detach(), "x_bar": x_bar}
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def margin_of_row(model: torch.nn.Module, row: torch.Tensor) -> torch.Tensor:
    kinks = Kinks(1)
    with kinks, torch.no_grad():
        model(row[None])
    return kinks.margins


def export(model: torch.nn.Module, x: torch.Tensor, exporter: str, opset: int, batch: str) -> onnx.ModelProto:
    dynamic = batch == "dynamic"
    x = x if dynamic else x[:1]
    names = {"input_names": ["x"], "output_names": ["y"]}
    buffer = io.BytesIO()
    if exporter == "torchscript":
        axes = {"dynamic_axes": {"x": {0: "batch"}, "y": {0: "batch"}}} if dynamic else {}
        torch.onnx.export(model, (x,), buffer, opset_version=opset, dynamo=False, **names, **axes)
        return onnx.load_from_string(buffer.getvalue())
    shapes = {"dynamic_shapes": ({0: torch.export.Dim("batch", min=1, max=64)},)} if dynamic else {}
    optimize = {"optimize": False} if exporter == "unoptimised" else {}
    with contextlib.redirect_stdout(io.StringIO()):
        program = torch.onnx.export(
            model, (x,), None, opset_version=opset, dynamo=True, verbose=False, **names, **shapes, **optimize
        )
    found = program.model.opset_imports[""]
    if found != opset:
        raise RuntimeError(f"the version converter left the model at opset {found}")
    return program.model_proto


class Weights:
    """The file of weights that all exports of a network share."""

    def __init__(self):
        self.bytes, self.places = bytearray(), {}

    def share(self, model: onnx.ModelProto) -> None:
        # Constant nodes cannot be shared between files, initializers can.
        graph = model.graph
        for node in [n for n in graph.node if n.op_type == "Constant" and n.attribute[0].name == "value"]:
            tensor = node.attribute[0].t
            if len(tensor.raw_data) >= SHARED_FROM:
                tensor.name = node.output[0]
                graph.initializer.append(tensor)
                graph.node.remove(node)
        for tensor in graph.initializer:
            content = onnx.numpy_helper.to_array(tensor).tobytes()
            if len(content) < SHARED_FROM:
                continue
            offset = self.places.get(content)
            if offset is None:
                self.bytes.extend(b"\0" * (-len(self.bytes) % 64))
                offset = self.places[content] = len(self.bytes)
                self.bytes.extend(content)
            for field in ("raw_data", "float_data", "int64_data", "external_data"):
                tensor.ClearField(field)
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", "weights.bin"), ("offset", offset), ("length", len(content))):
                tensor.external_data.add(key=key, value=str(value))
        # Traces of the Python source: long, and of this machine.
        for part in (graph, *graph.node, *model.functions, *(n for f in model.functions for n in f.node)):
            part.ClearField("metadata_props")
            part.ClearField("doc_string")
        for value in (*graph.value_info, *graph.input, *graph.output, *graph.initializer):
            value.ClearField("metadata_props")
            value.ClearField("doc_string")
        graph.ClearField("value_info")


def write(network: Network, folder: Path, exports: list[tuple[str, int, str]], full: bool) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seed = zlib.crc32(network.name.encode())
    torch.manual_seed(seed)
    model = randomise(network.make(), seed)
    tensors = vectors(network, model, seed)
    # One entry: the order of several is not fixed, and the file's bytes should be.
    save_file(tensors, folder / "vectors.safetensors", {"torch": torch.__version__})
    model = model.float()
    weights = Weights()
    for exporter, opset, batch in exports:
        name = f"{exporter}-{opset}-{batch}.onnx"
        if batch == "dynamic" and not network.dynamic:
            continue
        if exporter == "torchscript" and opset < network.torchscript_from:
            continue
        try:
            exported = export(model, tensors["x"], exporter, opset, batch)
        except Exception as error:
            if not full:
                raise
            print(f"  {name}: not written: {str(error).strip().splitlines()[0][:150]}")
            continue
        weights.share(exported)
        (folder / name).write_bytes(exported.SerializeToString())
    (folder / "weights.bin").write_bytes(weights.bytes)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--full", action="store_true", help="every exporter, opset and batch")
    arguments.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "networks")
    arguments.add_argument("names", nargs="*", metavar="NAME", help="only these networks")
    options = arguments.parse_args()
    unknown = set(options.names) - set(NETWORKS)
    if unknown:
        sys.exit(f"no network {', '.join(sorted(unknown))}; there are {', '.join(NETWORKS)}")
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    for name in options.names or NETWORKS:
        write(NETWORKS[name], options.out / name, FULL if options.full else KEPT, options.full)


if __name__ == "__main__":
    main()
