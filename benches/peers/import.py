"""Import of CSV files by vocdb, beside DuckDB's reader in the same run, both on one core.

    pip install duckdb
    cargo build --release --features cli
    python3 benches/peers/import.py                  # a wide file of 100 MB, a long one of 100 MB
    python3 benches/peers/import.py --long-mb 1000

DuckDB reads the file into a table in memory. vocdb checks it, converts it and stores it durably, segments included. The values are counted
on both sides. Each figure is the best of three runs; the processes take turns.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time

CHANNELS = 36


def wide(path, megabytes):
    """A row a second, 36 columns of two decimals; returns the number of values."""
    make, rows, value = random.Random(1), 0, [5.0] * CHANNELS
    with open(path, "w") as file:
        file.write("time," + ",".join(f"c{at}" for at in range(CHANNELS)) + "\n")
        while file.tell() < megabytes * 1_000_000:
            for _ in range(1_000):
                for at in range(CHANNELS):
                    value[at] = max(0.01, value[at] * 0.999 + make.gauss(0.005, 0.05))
                file.write(stamp(rows) + "," + ",".join(f"{x:.2f}" for x in value) + "\n")
                rows += 1
    return rows * CHANNELS


def long(path, megabytes):
    """A row for each of 10 stations, 36 parameters and minutes; returns the number of values."""
    make, rows, minute = random.Random(1), 0, 0
    with open(path, "w") as file:
        file.write("site,time,parameter,value\n")
        while file.tell() < megabytes * 1_000_000:
            for site in range(10):
                for at in range(CHANNELS):
                    file.write(f"S{site},{stamp(minute * 60)},c{at},{make.expovariate(0.2):.2f}\n")
            rows += 10 * CHANNELS
            minute += 1
    return rows


def stamp(second):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_717_200_000 + second))


MAPPING = """
[time]
columns = "time"
[station]
columns = "site"
[instrument]
name = "gc"
interval = "1m"
[long]
parameter = "parameter"
value = "value"
""" + "".join(f'[[channel]]\nparameter = "c{at}"\nname = "c{at}"\nquantity = true\nunit = "ppb"\n' for at in range(CHANNELS))

DUCKDB = """
import duckdb, sys
db = duckdb.connect()
db.execute("set threads = 1")
db.execute("set enable_progress_bar = false")
db.execute("create table t as select * from read_csv(?)", [sys.argv[1]])
print(db.execute("select count(*) from t").fetchone()[0])
"""


def run(command, folder):
    """Runs a command on the first core; returns wall seconds, seconds of the processor, MiB resident, and what it prints."""
    pinned = ["taskset", "-c", "0"] + command
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.monotonic()
        child = subprocess.Popen(pinned, cwd=folder, stdout=out, stderr=err)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        if status:
            sys.exit(f"{' '.join(command)}: {err.read()}")
        return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.read()


def stored(out):
    lines = [line.split() for line in out.splitlines()]
    return next(int(words[-1]) for words in lines if words[:2] == ["values", "stored"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--mb", type=int, default=100)
    arguments.add_argument("--long-mb", type=int, default=100)
    arguments.add_argument("--vocdb", default="target/release/vocdb")
    options = arguments.parse_args()
    vocdb = os.path.abspath(options.vocdb)
    with tempfile.TemporaryDirectory() as folder:
        values = wide(f"{folder}/wide.csv", options.mb)
        channels = [word for at in range(CHANNELS) for word in ("--channel", f"c{at}=c{at}:ppb")]
        of_wide = [vocdb, "import", "STORE", "wide.csv", "--station", "p/S", "--instrument", "gc", "--interval", "1s",
                   "--time", "time", "--new-quantity"] + channels
        report("wide", f"{folder}/wide.csv", folder, values, of_wide)
        values = long(f"{folder}/long.csv", options.long_mb)
        with open(f"{folder}/long.toml", "w") as file:
            file.write(MAPPING)
        report("long", f"{folder}/long.csv", folder, values, [vocdb, "import", "STORE", "long.csv", "--profile", "long.toml"])


def report(name, path, folder, values, of_vocdb):
    megabytes = os.path.getsize(path) / 1e6
    best = {}
    for turn in range(3):
        for who, command in (("duckdb reader", [sys.executable, "-c", DUCKDB, path]), ("vocdb import", of_vocdb)):
            command = [f"store-{name}-{turn}" if word == "STORE" else word for word in command]
            wall, busy, resident, out = run(command, folder)
            rows = int(out) * (CHANNELS if name == "wide" else 1) if who == "duckdb reader" else stored(out)
            if rows != values:
                sys.exit(f"{who}: {rows} values of {values}")
            if who not in best or wall < best[who][0]:
                best[who] = (wall, busy, resident)
    for who, (wall, busy, resident) in best.items():
        print(f"{name} {megabytes:.0f} MB, {who}: {megabytes / wall:.0f} MB/s ({megabytes / busy:.0f} MB a second of the "
              f"processor), {resident:.0f} MiB resident")


if __name__ == "__main__":
    main()
