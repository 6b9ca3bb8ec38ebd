"""onnx-ad's side of `cargo bench --bench vjp`: its `reverse` of the same ONNX file in ONNX Runtime."""

from importlib.metadata import version

import numpy as np
import onnx
import onnx_ad
import onnxruntime
from lines import serve


def prepare(request):
    """The work of a request: forward and adjoint in one graph, one seed direction."""
    x_name, y_name = request["x_name"], request["y_name"]
    model = onnx_ad.reverse(onnx.load(request["model"]), inputs=[x_name], outputs=[y_name], layout="onnx")
    options = onnxruntime.SessionOptions()
    options.add_free_dimension_override_by_name("nadj", 1)
    options.intra_op_num_threads = request["threads"]
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = np.fromfile(request["x"], np.float32).reshape(request["x_shape"])
    g = np.fromfile(request["g"], np.float32).reshape([*request["g_shape"], 1])
    feeds = {x_name: x, "adj_" + y_name: g}
    names = [y_name, "adj_" + x_name]

    def product():
        return session.run(names, feeds)

    product()[1].tofile(request["result"])
    return product


if __name__ == "__main__":
    serve(f"onnx-ad {version('onnx-ad')}, onnxruntime {onnxruntime.__version__}", prepare)
