"""Round trips: networks are read, written again, and run by ONNX Runtime against the outputs stored for the originals.

    zoo.py TOOL FOLDER

FOLDER holds models NAME.onnx with reference runs NAME.s0.in0.npy, NAME.s0.out0.npy and so on. Prints a table and the
worst difference; exit status 1 if any file that the tool reads does not come back.
"""

import glob
import os
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-5  # relative to 1 + max |output|


def round_trip(tool: str, path: str, target: str) -> tuple[str, float]:
    """The verdict on one model, and the largest relative difference."""
    export = subprocess.run([tool, "export", path, "--output", target], capture_output=True, text=True)
    if export.returncode != 0:
        return f"not read: {export.stderr.strip().split(': ', 2)[-1][:90]}", 0
    onnx.checker.check_model(target, full_check=True)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(target, options, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    shape = [extent if isinstance(extent, int) else 1 for extent in taken.shape]
    stem = path.removesuffix(".onnx")
    worst = 0.0
    for file in sorted(glob.glob(f"{stem}.s*.in0.npy")):
        x = numpy.load(file).reshape(shape)
        wanted = numpy.load(file.replace(".in0.", ".out0.")).astype(numpy.float64).ravel()
        found = session.run(None, {taken.name: x})[0].astype(numpy.float64).ravel()
        if found.size != wanted.size:
            return f"{found.size} outputs instead of {wanted.size}", numpy.inf
        difference = numpy.abs(found - wanted).max() / (1 + numpy.abs(wanted).max())
        worst = max(worst, difference) if numpy.isfinite(difference) else numpy.inf
    return ("agrees" if worst <= TOLERANCE else "DIFFERS"), worst


def main() -> int:
    tool, folder = sys.argv[1], sys.argv[2]
    counts, overall = {"agrees": 0, "not read": 0}, 0.0
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted(glob.glob(os.path.join(folder, "*.onnx"))):
            verdict, worst = round_trip(tool, path, os.path.join(scratch, "again.onnx"))
            kind = verdict.split(":")[0]
            failures += kind not in counts
            counts[kind] = counts.get(kind, 0) + 1
            overall = max(overall, worst)
            print(f"{os.path.basename(path):<48}  {worst:10.2e}  {verdict}")
    print(f"{counts['agrees']} agree, {counts['not read']} not read, {failures} failures; worst {overall:.2e}")
    return 1 if failures or not counts["agrees"] else 0


if __name__ == "__main__":
    sys.exit(main())
