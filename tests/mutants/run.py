#!/usr/bin/env python3
"""Would the tests notice?  Breaks the code on purpose, one place at a time, and looks whether a test fails.

    python3 tests/mutants/run.py [NAME...]         all of tests/mutants/list.txt, or those named

list.txt explains its own format.  Works on a copy, build/mutants/: the sources here are never touched.
Exit status 1 if a mutant survived, or an entry of the list no longer fits the code; 130 after Ctrl-C.
"""
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutants"
SOURCES = ["engine", "layers", "resnet", "examples", "tests", "docs", ".ci"]
NOT_COPIED = {"mutants", "address", "thread", "fuzz", "tidy"}     # of build/
MOST_MEMORY = 16 << 30


class Mutant:
    def __init__(self, name, path):
        self.name, self.path, self.why = name, path, ""
        self.tests, self.double, self.programs = [], False, []
        self.before, self.after = [], []

    def mutated(self):
        """The file's text with the change; an error unless there is one place for it."""
        text = (ROOT / self.path).read_text()
        before, after = "\n".join(self.before).strip(), "\n".join(self.after).strip()
        found = text.count(before)
        if found != 1:
            raise ValueError(f"{self.name}: its '-' lines occur {found} times in {self.path}, not once")
        return text.replace(before, after)


def read_list():
    mutants = []
    for number, line in enumerate((ROOT / "tests/mutants/list.txt").read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        head = re.fullmatch(r"([a-z0-9-]+): (\S+)", line)
        if head:
            mutants.append(Mutant(*head.groups()))
        elif mutants and line.startswith("= "):
            mutants[-1].why = line[2:]
        elif mutants and line.startswith("! "):
            words = line[2:].split()
            mutants[-1].double = "double" in words
            mutants[-1].programs += [w for w in words if w.startswith("build/")]
            mutants[-1].tests += [w for w in words if "." in w]
        elif mutants and line[0] in "-+ " and line[1:2] in ("", " "):
            if line[0] in "- ":
                mutants[-1].before.append(line[2:])
            if line[0] in "+ ":
                mutants[-1].after.append(line[2:])
        else:
            raise ValueError(f"tests/mutants/list.txt:{number}: not understood: {line}")
    return mutants


def files(folder, skip=()):
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in skip and entry.name != "__pycache__":
                yield from files(entry.path)
        elif entry.is_file():
            yield Path(entry.path)


def restore():
    """Makes the copy what the tree is: sources, objects and programs, with their times, so that make builds nothing."""
    wanted = [p for p in ROOT.iterdir() if p.is_file()]
    for folder in SOURCES:
        wanted += files(ROOT / folder) if (ROOT / folder).is_dir() else []
    wanted += files(ROOT / "build", NOT_COPIED)
    for path in wanted:
        copied = COPY / path.relative_to(ROOT)
        here = path.stat()
        if copied.exists() and (copied.stat().st_mtime_ns, copied.stat().st_size) == (here.st_mtime_ns, here.st_size):
            continue
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copied)
    for path in set(files(COPY)) - {COPY / p.relative_to(ROOT) for p in wanted}:
        path.unlink()


def run(command, seconds=None):
    """What it printed.  Whatever it started ends with it, also after `seconds` or Ctrl-C."""
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "REAL", "BUILD")
    process = subprocess.Popen(
        command, cwd=COPY, env={k: v for k, v in os.environ.items() if k not in outer}, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, resource.RLIM_INFINITY)))
    try:
        output = process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        kill(process)
        return process.communicate()[0]
    finally:
        kill(process)
    if process.returncode and command[0] == "make":
        raise ChildProcessError(output)
    return output


def kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def build(double, programs):
    """Raises ChildProcessError with what make said if that fails."""
    targets = ["REAL=double", "build/double/run-tests"] if double else ["build/run-tests", *programs]
    run(["make", "--no-print-directory", *targets])


def not_passed(double, tests, seconds=None):
    """The tests that did not pass, each with what became of it.  One that ends its program or hangs has failed too."""
    program = "build/double/run-tests" if double else "build/run-tests"
    output = run([program, "--gtest_filter=" + ":".join(tests)], seconds)
    begun = re.findall(r"^\[ RUN      \] (\S+)", output, re.M)
    ended = {name: what for what, name in re.findall(r"^\[ *(OK|FAILED|SKIPPED) *\] (\S+) \(", output, re.M)}
    became = {t: ended.get(t, "FAILED") if t in begun else "not run" for t in tests}
    return {t: what for t, what in became.items() if what != "OK"}


def try_out(mutant, seconds):
    """killed, SURVIVED or `does not compile`, and a word on it."""
    path = COPY / mutant.path
    path.write_text(mutant.mutated())
    try:
        build(mutant.double, mutant.programs)
    except ChildProcessError as e:
        return "does not compile", next((line for line in str(e).splitlines() if "error" in line), str(e)[-200:])
    failed = not_passed(mutant.double, mutant.tests, seconds)
    survivors = [t for t in mutant.tests if failed.get(t) != "FAILED"]
    return ("SURVIVED", "passed: " + ", ".join(survivors)) if survivors else ("killed", "by " + ", ".join(mutant.tests))


def main(names):
    mutants = read_list()
    if unknown := set(names) - {m.name for m in mutants}:
        raise ValueError(f"no mutant is called {', '.join(unknown)}; tests/mutants/list.txt has them all")
    mutants = [m for m in mutants if not names or m.name in names]
    for m in mutants:
        m.mutated()
    start = time.monotonic()
    restore()

    # A test says something about a mutant only if it passes without.
    skipped, longest = set(), 60
    for double in (False, True):
        tests = sorted({t for m in mutants if m.double == double for t in m.tests})
        if not tests:
            continue
        build(double, sorted({p for m in mutants if m.double == double for p in m.programs}))
        began = time.monotonic()
        not_fit = not_passed(double, tests)
        longest += 5 * (time.monotonic() - began)        # whoever takes longer hangs, and has been noticed
        skipped |= {t for t, what in not_fit.items() if what == "SKIPPED"}
        if wrong := [f"{t} {what.lower()}" for t, what in not_fit.items() if what != "SKIPPED"]:
            raise ValueError("before anything is changed: " + ", ".join(wrong))
    print(f"{'unchanged':18}all tests named pass, {time.monotonic() - start:.0f} s", flush=True)

    counts = {"killed": 0, "SURVIVED": 0, "does not compile": 0, "skipped": 0}
    for m in mutants:
        began = time.monotonic()
        if skipped & set(m.tests):
            what, word = "skipped", "its test does not run on this machine"
        else:
            what, word = try_out(m, longest)
            restore()
        counts[what] += 1
        print(f"{what:18}{m.name:32}{time.monotonic() - began:4.0f} s  {word}", flush=True)
        if what == "SURVIVED":
            print(f"{'':18}{m.why}", flush=True)
    print(f"{len(mutants)} mutants: " + ", ".join(f"{n} {what.lower()}" for what, n in counts.items()) +
          f"; {time.monotonic() - start:.0f} s")
    return 1 if counts["SURVIVED"] + counts["does not compile"] else 0


def stop(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("mutants: interrupted.  The sources are as they were.")
    except (ValueError, ChildProcessError) as e:
        sys.exit(f"mutants: {e}")
