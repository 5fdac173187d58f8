"""Compares `worstcase run` with ONNX Runtime, and asks the ONNX checker about each file.

    check.py TOOL MODEL.onnx ...

Prints a table and the worst difference; exit status 1 if any file fails.
"""

import os
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-5  # relative to 1 + max |output|: both compute the same sums, ONNX Runtime in float32
SAMPLES = 16


def compare(tool: str, path: str, folder: str) -> tuple[str, float]:
    """The verdict on one file, and the largest relative difference."""
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:  # the checker raises several unrelated types
        return f"checker: {str(error).splitlines()[0]}", numpy.inf
    options = onnxruntime.SessionOptions()
    # What the file says, not what an optimiser makes of it.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    shape = [extent if isinstance(extent, int) else 1 for extent in taken.shape]
    random = numpy.random.default_rng(7)
    worst = 0.0
    input_file, output_file = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy")
    for sample in range(SAMPLES):
        # Images, numbers of both signs, and large ones.
        scale = [1, 1, 10][sample % 3]
        x = random.uniform(0 if sample % 3 == 0 else -scale, scale, shape).astype(numpy.float32)
        numpy.save(input_file, x)
        run = subprocess.run(
            [tool, "run", path, "--input", input_file, "--output", output_file], capture_output=True, text=True)
        if run.returncode != 0:
            return f"status {run.returncode}: {run.stderr.strip()}", numpy.inf
        ours = numpy.load(output_file).astype(numpy.float64)
        theirs = session.run(None, {taken.name: x})[0].astype(numpy.float64)
        if ours.size != theirs.size:
            return f"shapes {ours.shape} and {theirs.shape}", numpy.inf
        difference = numpy.abs(ours.ravel() - theirs.ravel()).max() / (1 + numpy.abs(theirs).max())
        # A NaN on either side must not pass for a small difference.
        worst = max(worst, difference) if numpy.isfinite(difference) else numpy.inf
    return ("agrees" if worst <= TOLERANCE else "DIFFERS"), worst


def main() -> int:
    tool, paths = sys.argv[1], sys.argv[2:]
    failures, overall = 0, 0.0
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}, {SAMPLES} inputs each")
    print(f"{'network':<28}  {'difference':>10}  verdict")
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            verdict, worst = compare(tool, path, folder)
            failures += verdict != "agrees"
            overall = max(overall, worst)
            print(f"{os.path.basename(path):<28}  {worst:10.2e}  {verdict}")
    print(f"{len(paths)} networks, {failures} failures; worst difference {overall:.2e} of 1 + max |output|")
    return 1 if failures or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
