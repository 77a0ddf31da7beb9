"""A stand-in for training, for stories: counts steps, saves atomically, can misbehave in every way that a story needs."""
import argparse
import json
import os
import signal
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=40)
parser.add_argument("--step-seconds", type=float, default=0.05)
parser.add_argument("--save-every", type=int, default=10)
parser.add_argument("--resume")
parser.add_argument("--fail-at", type=int, help="exit with code 3 at this step")
parser.add_argument("--fail-once-at", type=int, help="the same, but only when not resumed")
parser.add_argument("--ignore-sigterm", action="store_true")
parser.add_argument("--hold-at", type=int, help="stand still at this step until told to stop, when not resumed")
parser.add_argument("--nan-from", type=int, help="the loss is no number from this step on, when not resumed")
parser.add_argument("--outputs", type=int, default=0, help="so many more files of results")
arguments = parser.parse_args()

folder = os.environ["RUNCTL_CHECKPOINT_DIR"]
os.makedirs(folder, exist_ok=True)
stopping = False


def on_sigterm(_signal, _frame):
    global stopping
    stopping = not arguments.ignore_sigterm


signal.signal(signal.SIGTERM, on_sigterm)


def save(step):
    path = os.path.join(folder, f"step-{step:06d}.json")
    with open(path + ".tmp", "w") as file:
        json.dump({"step": step}, file)
    os.rename(path + ".tmp", path)


def finish_early(step):
    save(step)
    print(f"saved at step {step} and stopping", flush=True)
    sys.exit(0)


first = 0
if arguments.resume:
    with open(arguments.resume) as file:
        first = json.load(file)["step"]
    print(f"resumed at step {first}", flush=True)

for step in range(first + 1, arguments.steps + 1):
    time.sleep(arguments.step_seconds)
    is_nan = arguments.nan_from and step >= arguments.nan_from and not arguments.resume
    loss = float("nan") if is_nan else 1 / step
    print(f"step={step} total={arguments.steps} loss={loss:.4f}", flush=True)
    if step == arguments.fail_at or (step == arguments.fail_once_at and not arguments.resume):
        print("ValueError: the data has a hole", file=sys.stderr, flush=True)
        sys.exit(3)
    if step % arguments.save_every == 0:
        save(step)
    while step == arguments.hold_at and not arguments.resume and not stopping:
        time.sleep(0.02)
    if stopping:
        finish_early(step)

with open(os.path.join(os.environ["RUNCTL_OUTPUT_DIR"], "result.json"), "w") as file:
    json.dump({"steps": arguments.steps, "resumedAt": first}, file)
for number in range(arguments.outputs):
    with open(os.path.join(os.environ["RUNCTL_OUTPUT_DIR"], f"output-{number}"), "w") as file:
        file.write(str(number))
