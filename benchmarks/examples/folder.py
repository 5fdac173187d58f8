"""A throw-away folder with everything that examples take as given."""
import gzip, os, pathlib, random, re, shutil, struct, zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("WORSTCASE_DATA", ROOT / "../shared/data")).resolve()
# Here examples on CIFAR-10 run: their `net.onnx` is another than that of the rest.
COLOUR = "colour"

# What later examples look at, made by the tool.
BEFORE = """
worstcase study --samples 0...9
worstcase certify models/digits-cnn3-ibp.onnx --samples 0...9
worstcase study --samples 0...9 --store ibp.sqlite --no-report
worstcase study --samples 0...9 --store taps.sqlite --no-report
worstcase study --samples 0...9 --shard 1/2 --store part1.sqlite --no-report
worstcase study --samples 0...9 --shard 2/2 --store part2.sqlite --no-report
""".strip().splitlines()
BEFORE_COLOUR = ["worstcase train tiny.yaml --data cifar --output net.onnx"]
TINY = """dataset: cifar10
method: ibp
architecture: cnn3
widths: [2, 2]
epsilon: 0.01
epochs: 2
ramp-epochs: 1
learning-rate-milestones: []
batch-size: 50
validation: 0
"""


def prepare(folder):
    """Networks, properties, arrays, a configuration and MNIST under the names that examples give them."""
    shutil.copytree(ROOT / "models", folder / "models")
    network = (ROOT / "models/digits-cnn3-ibp.onnx").read_bytes()
    for name in ["net.onnx", "ibp.onnx", "taps.onnx"]:
        (folder / name).write_bytes(network)
    for name in ["net.onnx.gz", "classifier.onnx.gz"]:
        (folder / name).write_bytes(gzip.compress(network))
    lines = [f"(declare-const X_{i} Real)" for i in range(784)] + [f"(declare-const Y_{i} Real)" for i in range(10)]
    lines += [f"(assert (<= X_{i} 0.1))\n(assert (>= X_{i} 0))" for i in range(784)] + ["(assert (>= Y_0 1000))"]
    for name in ["spec.vnnlib", "property.vnnlib"]:
        (folder / name).write_text("\n".join(lines))
        (folder / (name + ".gz")).write_bytes(gzip.compress("\n".join(lines).encode()))
    (folder / "x.npy").write_bytes(array([784], [0.5] * 784, "f"))
    with zipfile.ZipFile(folder / "images.npz", "w") as archive:
        archive.writestr("images.npy", array([3, 1, 28, 28], [i % 7 / 7 for i in range(3 * 784)], "f"))
        archive.writestr("labels.npy", array([3], [0, 1, 2], "b"))
    # The one that the README shows.
    shown = re.search(r"`config.yaml` was\n\n((?:    .*\n)+)", (ROOT / "README.md").read_text())[1]
    (folder / "config.yaml").write_text(re.sub(r"^    ", "", shown, flags=re.M))
    mnist(folder / "mnist")
    (folder / "MNIST").symlink_to("mnist")
    (folder / "data").mkdir()
    (folder / "data/mnist").symlink_to("../mnist")
    for part in ["onnx", "vnnlib"]:
        for file in (DATA / "vnncomp/acasxu" / part).glob("*.gz"):
            (folder / file.name).symlink_to(file)


def prepare_colour(folder):
    """CIFAR-10, made up, under the names that examples give it, and the configuration of a network for it."""
    (folder / "data").mkdir(parents=True)
    made_up_cifar10(folder / "cifar")
    (folder / "data/cifar10").symlink_to("../cifar")
    (folder / "tiny.yaml").write_text(TINY)


def array(shape, values, kind):
    """A NumPy file's bytes."""
    header = f"{{'descr': '{'<f4' if kind == 'f' else '|u1'}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    body = struct.pack(f"<{len(values)}f", *values) if kind == "f" else bytes(values)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + body


def has_mnist():
    """Whether the published images are at hand."""
    return (DATA / "mnist").is_dir()


def has_acasxu():
    """Whether ACAS Xu's networks and properties are at hand."""
    return (DATA / "vnncomp/acasxu").is_dir()


def mnist(place):
    """The published files where they are at hand, a copy, for examples may write; otherwise made-up ones."""
    if not has_mnist():
        return made_up_mnist(place)
    place.mkdir()
    for file in (DATA / "mnist").iterdir():
        shutil.copyfile(file, place / file.name)


def made_up_mnist(place, count=5000):
    """Files of MNIST's names and shapes, with bars for digits."""
    place.mkdir()
    bars = [bytes(255 if row // 3 == label else 0 for row in range(28) for _ in range(28)) for label in range(10)]
    for part in ["train", "t10k"]:
        (place / f"{part}-images-idx3-ubyte").write_bytes(
            struct.pack(">4i", 2051, count, 28, 28) + b"".join(bars[i % 10] for i in range(count)))
        (place / f"{part}-labels-idx1-ubyte").write_bytes(
            struct.pack(">2i", 2049, count) + bytes(i % 10 for i in range(count)))


def made_up_cifar10(place, count=40):
    """Files of CIFAR-10's names and form: noise, with a bright bar for the class."""
    place.mkdir()
    chance = random.Random(1)

    def record(label):
        noise = chance.randbytes(3 * 32 * 32)
        return bytes([label, *(grey // 2 + 128 * (i // 32 % 32 // 3 == label) for i, grey in enumerate(noise))])

    for name in [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]:
        (place / name).write_bytes(b"".join(record(i % 10) for i in range(count)))
