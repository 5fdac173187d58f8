"""Trains and certifies networks by the tool, one after the other, and continues where an earlier run stopped."""
import json, pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def built_tool():
    flags = ["swift", "build", "-c", "release", "-Xswiftc", "-enable-testing", "--product", "worstcase"]
    subprocess.run(flags, cwd=ROOT, check=True, stdout=sys.stderr)
    folder = subprocess.run(flags + ["--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return pathlib.Path(folder.strip()) / "worstcase"


def command(preset, settings):
    """What `worstcase` is told, but for the places of files and the number of threads."""
    return ["train", "--preset", preset] + [word for setting in settings for word in ("--set", setting)]


class Network:
    """One network in a folder, by its name: NAME.onnx, its card, its log and its verdicts."""

    def __init__(self, tool, folder, name, data):
        self.tool, self.folder, self.name, self.data = tool, pathlib.Path(folder), name, data

    def file(self, ending):
        return self.folder / (self.name + ending)

    def train(self, preset, settings, threads):
        """Trains it unless it is there. A run that was killed goes on from its last epoch."""
        if self.file(".onnx").exists():
            return
        words = command(preset, settings) + [
            "--set", f"threads={threads}", "--data", self.data, "--output", self.file(".onnx"),
            "--log", self.file(".jsonl")]
        subprocess.run([self.tool] + words, check=True, stdout=sys.stderr)

    def seconds(self):
        """How long its epochs were trained, evaluations not counted."""
        lines = self.file(".jsonl").read_text().splitlines()
        return sum(json.loads(line)["trainingSeconds"] for line in lines)

    def certify(self, epsilon, samples, timeout, threads):
        """Accuracies in percent; undecided samples count as not certified. Verdicts are kept and not sought again."""
        words = ["certify", self.file(".onnx"), "--dataset", "mnist", "--data", self.data, "--epsilon", str(epsilon),
                 "--samples", f"0..<{samples}", "--timeout", str(timeout), "--threads", str(threads),
                 "--store", self.file(f"-{samples}.sqlite")]
        ended = subprocess.run([self.tool] + words, capture_output=True, text=True)
        if ended.returncode not in (0, 1):
            sys.exit(ended.stderr)
        found = dict(re.findall(r"^(natural|adversarial|certified) accuracy +([\d.]+) %", ended.stdout, re.M))
        undecided = re.search(r"(\d+) of \d+ samples were not decided", ended.stderr)
        return {**{key: float(value) for key, value in found.items()},
                "undecided": int(undecided[1]) if undecided else 0}

    def bounds(self, epsilon, samples):
        """Mean numbers over images: unstable ReLUs by CROWN's bounds, and the share of images that IBP certifies."""
        words = ["bounds", self.file(".onnx"), "--dataset", "mnist", "--data", self.data, "--epsilon", str(epsilon),
                 "--samples", f"0..<{samples}", "--methods", "IBP,CROWN", "--json"]
        output = subprocess.run([self.tool] + words, check=True, stdout=subprocess.PIPE, text=True).stdout
        summary = json.loads(output.splitlines()[-1])["summary"]
        ibp, crown = summary["methods"]
        return {"unstable": sum(layer["unstable"] for layer in crown["layers"]),
                "relus": sum(layer["units"] for layer in crown["layers"]),
                "ibp": 100 * ibp["certified"] / summary["samples"]}


def fill(place, name, lines):
    """Puts lines between the marks of a name in a Markdown file."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, rest = place.read_text().split(start)
    _, after = rest.split(end)
    place.write_text(before + start + "\n".join(lines) + "\n" + end + after)


def machine():
    """The processor, its cores and Swift, for a line under a table."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", text, re.M)
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    version = re.search(r"Swift version (\S+)", swift)
    return (f"{model[1] if model else 'processor unknown'}, {text.count('processor')} cores, "
            f"Swift {version[1] if version else 'unknown'}")
