"""`invset check-grad` over every real network of ../shared/data/models, and over classifiers behind
generators where shapes allow. Prints a table in Markdown; exits with 1 where a gradient disagrees.

    cargo build --release
    python tests/python/check_grad_table.py target/release/invset [--library libonnxruntime.so] [NAME…]

Without a library only the embedded runtime is checked. NAMEs keep the rows that contain one of them.
"""

import argparse
import json
import pathlib
import resource
import subprocess
import time

MODELS = pathlib.Path(__file__).resolve().parents[2] / "../shared/data/models"

CLASSIFIERS = [
    "mnist_lenet5_28",
    "quickdraw_doodlenet_28",
    "cifar10_resnet20",
    "mobilenet_v1_0.50_160",
    "mobilenet_v2_1.0_224",
    "squeezenet1.1_224",
]
CODE_GENERATORS = [
    "mnist_vae28_decoder",
    "mnist_gan28_generator",
    "quickdraw_cvae_generator",
    "vae_chairs_decoder",
]
DECODERS = ["taef2_decoder_64", "taef2_decoder_224"]
JOINED = [
    ("mnist_vae28_decoder", "code", "mnist_lenet5_28"),
    ("mnist_gan28_generator", "code", "mnist_lenet5_28"),
    ("quickdraw_cvae_generator", "code", "quickdraw_doodlenet_28"),
    ("quickdraw_cvae_generator", "code", "mnist_lenet5_28"),
    ("taef2_decoder_224", "latents", "mobilenet_v2_1.0_224"),
    ("taef2_decoder_224", "latents", "squeezenet1.1_224"),
]


def checks():
    """What is checked: a label, and the arguments."""
    for name in CLASSIFIERS:
        for of in "logits", "features":
            yield f"{name}: {of}", [f"classifiers/{name}.onnx"], "input", of
    for name in CODE_GENERATORS:
        yield f"{name}: image", [f"generators/{name}.onnx"], "code", "image"
    for name in DECODERS:
        yield f"{name}: image", [f"generators/{name}.onnx"], "latents", "image"
    sizes = ["--dim", "h=8", "--dim", "w=8"]
    files = ["generators/taef2_decoder_dyn.onnx", *sizes]
    yield "taef2_decoder_dyn (8 x 8): image", files, "latents", "image"
    for name in "mnist_vae28_encoder", "vae_chairs_encoder":
        for of in "mu", "logvar":
            yield f"{name}: {of}", [f"encoders/{name}.onnx"], "image", of
    for name in "taef2_encoder_64", "taef2_encoder_224":
        yield f"{name}: latents", [f"encoders/{name}.onnx"], "image", "latents"
    for generator, code, classifier in JOINED:
        files = [f"generators/{generator}.onnx", "--then", f"classifiers/{classifier}.onnx"]
        yield f"{classifier} after {generator}: logits", files, code, "logits"


def cpu_seconds():
    """Of all commands so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--library", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_intermixed_args()
    runtimes = [["--runtime", "embedded"]]
    if arguments.library:
        runtimes.append(["--runtime", "onnxruntime", "--library", str(arguments.library)])
    print("| network | runtime | median relative error | in 64 bits | kinked | seconds | CPU seconds |")
    print("|---|---|---|---|---|---|---|", flush=True)
    wrong = 0
    for label, files, wrt, of in checks():
        if arguments.names and not any(name in label for name in arguments.names):
            continue
        files = [str(MODELS / part) if part.endswith(".onnx") else part for part in files]
        for runtime in runtimes:
            command = [arguments.binary, "check-grad", *files, "--wrt", wrt, "--of", of]
            command += ["--json", *runtime]
            start, start_cpu = time.monotonic(), cpu_seconds()
            done = subprocess.run(command, capture_output=True, text=True)
            seconds, cpu = time.monotonic() - start, cpu_seconds() - start_cpu
            if not done.stdout:
                print(f"| {label} | {runtime[1]} | {done.stderr.strip()} | | | | |", flush=True)
                wrong += 1
                continue
            report = json.loads(done.stdout)
            wrong += not report["agrees"]
            print(
                f"| {label} | {report['backend']['name']} | {report['median_relative_error']:.1e} "
                f"| {report['median_relative_error_in_64_bits']:.1e} "
                f"| {100 * report['kinked_share']:.0f} % | {seconds:.1f} | {cpu:.1f} |",
                flush=True,
            )
    raise SystemExit(1 if wrong else 0)


main()
