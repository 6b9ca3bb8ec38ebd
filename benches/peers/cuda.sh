#!/usr/bin/env bash
# Both benches on a CUDA machine, as one Markdown page on stdout:
#
#   benches/peers/cuda.sh [--quick] [--device cuda|cpu] [--only NETWORK]…
#
# Wants: ORT_DYLIB_PATH, an ONNX Runtime with CUDA; INVSET_BENCH_TORCH, a Python with a CUDA PyTorch and
# onnx (without it only our own times are printed). `--device cpu` tries the script where there is no GPU,
# INVSET_BENCH_PROFILE=dev with what is built already.
#
# It measures: VJP over forward and PyTorch's, TF32 off and on; the forms of the derivative (Conv against
# ConvTranspose, MaxPool by taps and by indices); the whole step. CUDA graphs are not in the tables: our
# sessions are not captured.
set -euo pipefail
cd "$(dirname "$0")/../.."

device=cuda
flags=()
while (($#)); do
    case $1 in
        --quick) flags+=(--quick) ;;
        --only) flags+=(--only "${2:?--only needs a name}"); shift ;;
        --device) device=${2:?--device needs cuda or cpu}; shift ;;
        *) echo "unknown flag $1; see the head of $0" >&2; exit 2 ;;
    esac
    shift
done
flags+=(--device "$device" --threads 1)
profile=${INVSET_BENCH_PROFILE:-bench}

bench() {
    local name=$1
    shift
    cargo bench --quiet --profile "$profile" --bench "$name" -- "${flags[@]}" "$@"
}

echo "# Benches on $device"
echo
if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
fi
lscpu | sed -n 's/^Model name: *//p'
echo "ONNX Runtime: ${ORT_DYLIB_PATH:-found by itself}"

echo
echo "## TF32 off"
bench vjp --ratios
echo
echo "## TF32 on"
bench vjp --tf32 --ratios
echo
echo "## Forms"
bench vjp --forms
echo
echo "## Step"
bench step --peers
