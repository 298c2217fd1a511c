"""What processes and disk take, sample by sample, and whether that is flat: the last third of a soak
beside its first, and the last life of each process beside its own."""

import os
import statistics
import time

MIB = 1 << 20
# More than the first third by so much at most, and by that part of it.
BOUNDS = {"memory": (8.0, 0.2), "descriptors": (6, 0.1), "threads": (3, 0.1), "disk": (8.0, 0.2)}
LIFE_SAMPLES = 30  # a life that is looked at by itself


def process_figures(pid):
    """Resident MiB, descriptors and threads. None: it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            rows = dict(line.split(":", 1) for line in status)
        return {"memory": int(rows["VmRSS"].split()[0]) / 1024,
                "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
                "threads": int(rows["Threads"])}
    except (OSError, KeyError, ValueError):
        return None


def disk_mib(folder):
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_blocks * 512
            except OSError:
                continue
    return total / MIB


class Sampler:
    def __init__(self, place):
        self._place = place
        self._begin = time.monotonic()
        self.samples = {}  # of each name: (seconds, pid, figures)
        self.lives = {}  # of each name: the pids it has had

    def take(self):
        now = time.monotonic() - self._begin
        for name, pid in self._place.pids().items():
            figures = process_figures(pid)
            if figures:
                self.samples.setdefault(name, []).append((now, pid, figures))
                self.lives.setdefault(name, set()).add(pid)
        for folder in ("data", "logs", "run"):
            figures = {"disk": disk_mib(self._place.path(folder))}
            self.samples.setdefault(folder + "/", []).append((now, 0, figures))

    def seconds(self):
        return time.monotonic() - self._begin


def growth_fault(what, first, last):
    """Empty: within bounds."""
    plus, part = BOUNDS[what]
    bound = first * (1 + part) + plus
    return "" if last <= bound else f"{what} {first:.1f} -> {last:.1f}, more than {bound:.1f}"


def middle(samples, what):
    return statistics.median(figures[what] for _, _, figures in samples)


def thirds(samples, begin, end):
    """The first and the last third of the time."""
    third = (end - begin) / 3
    return ([s for s in samples if s[0] <= begin + third],
            [s for s in samples if s[0] >= end - third])


def report(sampler, seconds, is_judged):
    """Prints the table and returns the faults."""
    faults = []
    print(f"{'':12} {'lives':>5} {'MiB':>15} {'descriptors':>13} {'threads':>9} {'disk MiB':>15}")
    for name, samples in sorted(sampler.samples.items()):
        first, last = thirds(samples, 0, seconds)
        cells = []
        for what, width in (("memory", 15), ("descriptors", 13), ("threads", 9), ("disk", 15)):
            if not first or not last or what not in samples[0][2]:
                cells.append(" " * width)
                continue
            a, b = middle(first, what), middle(last, what)
            form = ".1f" if what in ("memory", "disk") else ".0f"
            cells.append(f"{a:{form}} -> {b:{form}}".rjust(width))
            fault = growth_fault(what, a, b)
            if fault and is_judged:
                faults.append(f"{name}: {fault}")
        lives = len(sampler.lives.get(name, ()))
        print(f"{name:12} {lives or '':>5} " + " ".join(cells))
        faults += life_faults(name, samples) if is_judged else []
    return faults


def life_faults(name, samples):
    """Of the life that goes on at the end, past its first third: it has warmed up by then."""
    life = [sample for sample in samples if sample[1] == samples[-1][1]]
    if not life[-1][1] or len(life) < LIFE_SAMPLES:
        return []
    begin, end = life[0][0], life[-1][0]
    second, last = thirds(life, begin + (end - begin) / 3, end)
    faults = (growth_fault(what, middle(second, what), middle(last, what))
              for what in ("memory", "descriptors", "threads"))
    return [f"{name}, its last life of {end - begin:.0f} s: {fault}" for fault in faults if fault]
