"""Kills a run at random moments, resumes it, and compares every byte with an undisturbed run.

    kill_and_resume.py INVSET [MOMENTS] [SEED] [-- further arguments of `invset sample`]

Each run is killed (SIGKILL) up to three times at random moments of the undisturbed run's time.
"""

import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

FILES = ("samples.safetensors", "samples.jsonl")
QUERY = ["--bundle", "fashion", "--where", "sneaker in p90..p99", "-n", "48", "-k", "8", "--method", "joint", "--stop", "feasible"]


def fingerprint(run):
    paths = [run / name for name in FILES] + sorted((run / "images").iterdir())
    return {str(path.relative_to(run)): path.read_bytes() for path in paths}


def main(invset, moments=10, seed=0, query=QUERY):
    random.seed(int(seed))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="invset-kill-"))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def sample(out):
        return [invset, "sample", *query, "--quiet", "--json", "--out", str(out)]

    started = time.monotonic()
    subprocess.run(sample(folder / "undisturbed"), check=True, **quiet)
    duration = time.monotonic() - started
    wanted = fingerprint(folder / "undisturbed")
    print(f"undisturbed: {duration:.2f} s, {len(wanted)} files")
    failures = 0
    for moment in range(int(moments)):
        run = folder / f"killed-{moment}"
        command, kills = sample(run), []
        for _ in range(random.randint(1, 3)):
            delay = random.uniform(0.05, 1.0) * duration
            process = subprocess.Popen(command, **quiet)
            try:
                process.wait(timeout=delay)
                command = None
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills.append(delay)
            if (run / "run.toml").exists():
                command = [invset, "resume", str(run), "--quiet", "--json"]
            else:
                shutil.rmtree(run, ignore_errors=True)
        steps = (run / "history.jsonl").read_text().count("\n") if (run / "history.jsonl").exists() else 0
        if command:
            subprocess.run(command, check=True, **quiet)
        found = fingerprint(run)
        same = found == wanted
        failures += not same
        print(f"killed at {', '.join(f'{kill:.2f} s' for kill in kills)} (history {steps} lines): {'same bytes' if same else 'DIFFERENT'}")
    shutil.rmtree(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if "--" in arguments:
        at = arguments.index("--")
        sys.exit(main(*arguments[:at], query=arguments[at + 1 :]))
    sys.exit(main(*arguments))
