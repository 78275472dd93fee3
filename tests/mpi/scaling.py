#!/usr/bin/env python3
"""How far does one net scale over machines?  Measures two of them here, and predicts more.

    make MPI=1 && sudo python3 tests/mpi/scaling.py

Two network namespaces are two machines of one core each, with a wire between them that is as slow as asked for
(two_hosts.sh).  Each setting is run beside one process of two threads, the same work on the same cores, on an otherwise
idle machine, and adds its row to docs/results/scaling/measured.csv; names of nets measure only these, and --model
nothing.  Then the model is fitted to that file; its predictions (predicted.csv) and the picture (scaling.svg, by
gnuplot) lie beside it.  Needs root, Open MPI and iproute2.
"""
import csv
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
RESULTS = "docs/results/scaling"
# net, batch, steps an epoch
NETS = [("resnet20", 128, 20), ("resnet110", 128, 4), ("resnet50", 32, 1)]
WIRES = [(20, 10), (50, 10), (100, 10), (50, 1)]         # microseconds one way, Gbit/s
ROUNDS = 3


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def seconds_a_step(folder, steps):
    with open(f"{folder}/log.csv", newline="") as file:
        return min(float(row["seconds"]) for row in csv.DictReader(file)) / steps


def measure(net, batch, steps, launcher, threads, folder):
    """Seconds a step, megabytes and messages a step, and the share of time that rank 0 waited."""
    run("rm", "-rf", f"{folder}/run")
    data = ["--data-path", f"{folder}/pictures"] if net == "resnet50" else ["--synthetic-train", str(batch * steps),
                                                                            "--synthetic-test", "10"]
    train = [f"{BUILD}/train", "--model", net, "--batch-size", str(batch), "--epochs", "3", "--lr", "0.01", "--threads",
             str(threads), "--output-dir", f"{folder}/run"] + data
    if launcher:                                         # each rank on its core
        train = ["sh", "-c", 'exec taskset -c $OMPI_COMM_WORLD_RANK "$0" "$@"'] + train
    out = run(*launcher, *train)
    found = re.search(r"([\d.]+) MB in (\d+) messages a step of rank 0; ([\d.]+) %", out)
    sent = [float(x) for x in found.groups()] if found else [0, 0, 0]
    return [seconds_a_step(f"{folder}/run", steps)] + sent


COLUMNS = "net batch way microseconds gbit seconds_alone seconds megabytes messages waited".split()


def write_row(row):
    os.makedirs(RESULTS, exist_ok=True)
    new = not os.path.exists(f"{RESULTS}/measured.csv")
    with open(f"{RESULTS}/measured.csv", "a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        writer.writerow([f"{x:.5g}" if isinstance(x, float) else x for x in row])
    print(*row, flush=True)


def measure_all(nets):
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    local = ["mpirun.openmpi", "--bind-to", "none", "-n", "2"]
    with tempfile.TemporaryDirectory() as folder:
        run("python3", "tests/mpi/pictures.py", f"{folder}/pictures", "32")
        for net, batch, steps in nets:
            for _ in range(ROUNDS):
                alone = measure(net, batch, steps, [], 2, folder)[0]
                together = measure(net, batch, steps, local, 1, folder)
                write_row([net, batch, "memory", "", "", alone] + together)
                for microseconds, gbit in WIRES:
                    over_wire = ["sh", "tests/mpi/two_hosts.sh", str(microseconds), str(gbit)]
                    together = measure(net, batch, steps, over_wire, 1, folder)
                    write_row([net, batch, "wire", microseconds, gbit, alone] + together)


# --- the model --------------------------------------------------------------------------------------------------------
#
# One step on N machines, of a batch that one machine takes C seconds for:
#
#     T(N) = C / N + W(N),   W(N) = skew C / N + log2(N) messages (software + delay) + what does not fit into backward
#
# W is the time in which a rank waits for others.  `messages` and bytes are what rank 0 sends in one round of recursive
# doubling, as counted on two ranks; gradients take log2(N) bytes / rate, of which half a step is hidden, as backward
# takes more than that.  `software`, what a message costs beside the wire, was measured by 500 messages of 64 bytes to
# and fro without delay, 19 microseconds both ways.  `skew`, by how much the slower rank is behind, is what remains: the
# median over all settings.
SOFTWARE = 10e-6
# How many ranks a batch feeds, as `train` says where it has more: Note [Shares begin with a leaf], engine/ranks/share.h.
FED = {("resnet20", 128): 8, ("resnet20", 1024): 64, ("resnet110", 128): 8, ("resnet110", 1024): 64,
       ("resnet50", 32): 2, ("resnet50", 1024): 64}


def read_measured():
    with open(f"{RESULTS}/measured.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    points, numbers = {}, ("seconds_alone", "seconds", "megabytes", "messages", "waited")
    for row in rows:
        key = (row["net"], int(row["batch"]), row["way"], row["microseconds"], row["gbit"])
        points.setdefault(key, []).append([float(row[number]) for number in numbers])
    return {key: [statistics.median(column) for column in zip(*rows)] for key, rows in points.items()}


def fit(points):
    """skew: the median of what the wire does not explain of W, as a share of C/2."""
    shares = []
    for (_, _, way, microseconds, gbit), (alone, seconds, megabytes, messages, waited) in points.items():
        if way != "wire":
            continue
        exposed = max(0, megabytes * 8e-3 / float(gbit) - alone / 2)
        left = waited / 100 * seconds - messages * (SOFTWARE + float(microseconds) * 1e-6) - exposed
        shares.append(left / alone)
    return statistics.median(shares)


def seconds_of(compute, messages, megabytes, hosts, microseconds, gbit, skew):
    if hosts == 1:
        return compute
    rounds, share = math.log2(hosts), compute / hosts
    exposed = max(0, rounds * megabytes * 8e-3 / gbit - share / 2)
    return share * (1 + skew) + rounds * messages * (SOFTWARE + microseconds * 1e-6) + exposed


def model():
    points = read_measured()
    skew = fit(points)
    print("| net, batch | way | step alone, ms | step of two, ms | waited | MB, messages a step |")
    for (net, batch, way, microseconds, gbit), (alone, seconds, megabytes, messages, waited) in points.items():
        where = "memory" if way == "memory" else f"{gbit} Gbit/s, {microseconds} µs"
        print(f"| {net}, {batch} | {where} | {1000 * alone:.0f} | {1000 * seconds:.0f} | {waited:.0f} % "
              f"| {megabytes:.2f}, {messages:.0f} |")
    rows, errors = [], []
    for (net, batch, way, microseconds, gbit), (alone, seconds, megabytes, messages, waited) in points.items():
        if way != "wire":
            continue
        # Two machines of one core: together they do in C what one of them does in 2 C.
        predicted = seconds_of(2 * alone, messages, megabytes, 2, float(microseconds), float(gbit), skew)
        errors.append(abs(predicted / seconds - 1))
        if (microseconds, gbit) != ("50", "10"):
            continue
        for factor in (1, 8, 32):
            for hosts in (1, 2, 4, 8, 16, 32, 64):
                if hosts > FED.get((net, batch * factor), 0):
                    continue
                t = seconds_of(2 * alone * factor, messages, megabytes, hosts, 50, 10, skew)
                rows.append([net, batch * factor, hosts, f"{batch * factor / t:.5g}", f"{2 * alone * factor / t:.4g}"])
    with open(f"{RESULTS}/predicted.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow("net batch hosts images_per_second speedup".split())
        writer.writerows(rows)
    print(f"skew {100 * skew:.1f} %; the model is {100 * statistics.mean(errors):.1f} % off on average, "
          f"{100 * max(errors):.1f} % at most")
    draw(points, rows)


def draw(points, rows):
    lines, blocks = [], []
    colours = {"resnet20": "#1f77b4", "resnet110": "#d95f02", "resnet50": "#2a8c4a"}
    for net, batch in dict.fromkeys((row[0], row[1]) for row in rows):
        data = [(row[2], row[4]) for row in rows if row[:2] == [net, batch]]
        if len(data) < 2:
            continue
        name = f"${net}_{batch}"
        blocks.append(f"{name} << EOD\n" + "\n".join(f"{h} {s}" for h, s in data) + "\nEOD")
        style = {0: 1, 1: 2}.get([b for n, b in dict.fromkeys((r[0], r[1]) for r in rows) if n == net].index(batch), 3)
        lines.append(f"{name} with lines lc rgb '{colours[net]}' dt {style} lw 2 title '{net}, batch {batch}'")
    for (net, batch, way, microseconds, gbit), (alone, seconds, *_) in points.items():
        if way == "wire" and (microseconds, gbit) == ("50", "10"):
            blocks.append(f"$measured_{net} << EOD\n2 {2 * alone / seconds:.4g}\nEOD")
            lines.append(f"$measured_{net} with points pt 7 ps 0.9 lc rgb '{colours[net]}' notitle")
    script = "\n".join(blocks) + f"""
set terminal svg size 720,480 font 'sans-serif,13' background '#ffffff'
set output '{RESULTS}/scaling.svg'
set logscale xy 2
set xrange [1:64]
set yrange [1:64]
set xlabel 'machines of one core, 10 Gbit/s and 50 microseconds apart'
set ylabel 'times as fast as one'
set grid lc rgb '#dddddd'
set key left top
plot x with lines lc rgb '#999999' dt 3 notitle, {', '.join(lines)}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


if __name__ == "__main__":
    known = [net for net, _, _ in NETS]
    if not all(word in known + ["--model"] for word in sys.argv[1:]):
        sys.exit(__doc__)
    if "--model" not in sys.argv:
        measure_all([net for net in NETS if net[0] in (sys.argv[1:] or known)])
    model()
