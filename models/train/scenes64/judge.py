"""The judge: a second encoder that is never optimised, only scores.

It sees no label and nothing of the classifier. It learns to tell, from 64 x 64 pixels, where a third network
(MobileNetV2, trained on ImageNet, not used for anything else in training) would put the photograph: the
first 128 principal components of its features. That network's weights are not shipped.
"""

import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F

from cache import Stage
from data import batches, shift_and_flip
from scenes64 import nets
from scenes64.classifier import shade

FILE, SIZE = "models/classifiers/mobilenet_v2_1.0_224.onnx", 160
COMPONENTS = 128


def targets(data: Path, cache: Path, photos) -> torch.Tensor:
    """[n, 128]: principal components of the third network's features, the whole of unit mean square."""
    path = Path(cache) / "judge-targets.npy"
    if not path.exists():
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        model = onnx.load(Path(data) / FILE)
        for axis in (2, 3):  # convolutions and a global average: any size will do
            model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = "size"
        del model.graph.value_info[:]
        runner = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        found = []
        for start in range(0, len(photos), 100):
            image = F.interpolate(photos.floats(slice(start, start + 100)), (SIZE, SIZE), mode="bilinear")
            found.append(runner.run(["features"], {"input": (image * 2.0 - 1.0).numpy()})[0])
        features = np.concatenate(found).astype(np.float64)
        features -= features.mean(0)
        _, vectors = np.linalg.eigh(features.T @ features)
        found = features @ vectors[:, ::-1][:, :COMPONENTS]
        np.save(path, (found / np.sqrt((found**2).mean())).astype(np.float32))
    return torch.from_numpy(np.load(path))


def build(state):
    net = nets.Judge()
    net.load_state_dict(state["net"])
    return net.eval()


def train(photos, wanted, cache, seed=13, epochs=5, batch=128, log=print):
    """`wanted`: the embedding of each photograph [n, 128]."""
    stage = Stage(cache, "scenes64-judge")
    torch.manual_seed(seed)
    net = nets.Judge().to(memory_format=torch.channels_last)
    steps = epochs * (len(photos) // batch)
    steer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.02)
    rate = torch.optim.lr_scheduler.OneCycleLR(steer, 3e-3, total_steps=steps, pct_start=0.2)
    parts = dict(net=net, steer=steer, rate=rate)
    state = stage.load()
    for name in parts if state else ():
        parts[name].load_state_dict(state[name])
    source = torch.Generator()
    for epoch in range(state.get("epoch", 0), epochs):
        source.manual_seed(1000 * seed + epoch)
        total, started = 0.0, time.time()
        for which in batches(len(photos), batch, source):
            image = shade(shift_and_flip(photos.floats(which), source, reach=4), source)
            embedding = net(image.contiguous(memory_format=torch.channels_last))
            loss = (embedding - wanted[which]).square().mean()
            steer.zero_grad(set_to_none=True)
            loss.backward()
            steer.step()
            rate.step()
            total += loss.item()
        stage.save(epoch=epoch + 1, **{name: part.state_dict() for name, part in parts.items()})
        log(f"judge epoch {epoch + 1}: unexplained {total / (len(photos) // batch):.4f} ({time.time() - started:.0f} s)")
    return build(stage.load())
