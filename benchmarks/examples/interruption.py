"""A training that takes an hour, as far as one can wait for it: interrupted by Ctrl-C, and continued by the same words."""
import os, pathlib, re, signal, subprocess, tempfile, time

FAREWELL = re.compile(r"^worstcase: interrupted; .*the same command continues.*$", re.M)


def fault(words, folder, environment, limit):
    """Begins a training, interrupts it after two epochs and, continued, after another; what went wrong, or None."""
    ended = begin(words, folder, environment, 2, limit)
    if wrong := ending_fault(*ended, 2):
        return wrong
    last = epochs(ended[1])[-1]
    ended = begin(words, folder, environment, 1, limit)
    if wrong := ending_fault(*ended, 1):
        return f"started again: {wrong}"
    continued = re.search(r", continuing after epoch (\d+)$", ended[1], re.M)
    # One more may have been stored, and not yet told of, when the signal came.
    if not continued or int(continued[1]) not in [last, last + 1] or epochs(ended[1])[0] != int(continued[1]) + 1:
        return f"started again, it does not continue after epoch {last}: {ended[1][-300:]}"
    return None


def begin(words, folder, environment, count, limit):
    """Runs a training until it has told of so many epochs, then presses Ctrl-C; its status and what it said."""
    with tempfile.NamedTemporaryFile(prefix="worstcase-examples-") as file:
        output = pathlib.Path(file.name)
        training = subprocess.Popen(["bash", "-c", words], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                    stdout=file, stderr=file, start_new_session=True)
        try:
            end = time.monotonic() + limit
            while training.poll() is None and len(epochs(output.read_text())) < count and time.monotonic() < end:
                time.sleep(0.1)
            # As a terminal does it: to all that the words started.
            if training.poll() is None:
                os.killpg(training.pid, signal.SIGINT)
            training.wait(10)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if training.poll() is None:
                os.killpg(training.pid, signal.SIGKILL)
                training.wait()
        return training.returncode, output.read_text()


def epochs(said):
    """The epochs that a training told of."""
    return [int(number) for number in re.findall(r"^ +(\d+) +\d+\.\d{4} ", said, re.M)]


def ending_fault(status, said, count):
    """What is wrong with how an interrupted training ended, if anything: it says so in one line, its last."""
    if len(epochs(said)) < count:
        return f"{len(epochs(said))} of {count} epochs, status {status}: {said.strip()[-300:]}"
    told = FAREWELL.findall(said)
    if status != 130 or len(told) != 1 or not said.endswith(told[0] + "\n"):
        return f"interrupted, status {status}: {said.strip()[-300:]}"
    return None
