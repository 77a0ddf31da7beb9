#!/usr/bin/env python3
"""Learns handwritten digits with a small neural network; nothing but the standard library (Python >= 3.9).

Alone:        python3 train.py --data digits.csv.gz
Under runctl: data, checkpoints and results go to the folders that the environment names
              (RUNCTL_DATA_DIR, RUNCTL_CHECKPOINT_DIR, RUNCTL_OUTPUT_DIR).

A checkpoint holds everything that the next step depends on (weights, momentum, random state, position in the epoch),
so that a run interrupted anywhere and resumed ends with the same weights, bit for bit, as one that never was.
On SIGTERM, which is what a spot interruption becomes, the script saves and exits.
"""
from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import os
import random
import signal
import sys
import time
from operator import mul
from pathlib import Path
from typing import NamedTuple

PIXELS, HIDDEN, CLASSES = 64, 32, 10
MOMENTUM = 0.9
LINE_EVERY = 5  # steps between progress lines


class Digit(NamedTuple):
    pixels: list[float]
    label: int


def read_digits(path: Path) -> tuple[list[Digit], list[Digit]]:
    """Training and held-out digits: every fifth row is never trained on."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as file:
        rows = [[int(value) for value in row] for row in csv.reader(file)]
    digits = [Digit([value / 16 for value in row[:PIXELS]], row[PIXELS]) for row in rows]
    return [d for i, d in enumerate(digits) if i % 5], digits[::5]


def dot(a: list[float], b: list[float]) -> float:
    return sum(map(mul, a, b))


class Network:
    """64 pixels -> 32 rectified units -> 10 classes; each row is a unit's weights, its bias last."""

    def __init__(self, rng: random.Random) -> None:
        self.hidden = [[rng.gauss(0, math.sqrt(2 / PIXELS)) for _ in range(PIXELS)] + [0.0] for _ in range(HIDDEN)]
        self.output = [[rng.gauss(0, math.sqrt(1 / HIDDEN)) for _ in range(HIDDEN)] + [0.0] for _ in range(CLASSES)]
        self.hidden_velocity = [[0.0] * (PIXELS + 1) for _ in range(HIDDEN)]
        self.output_velocity = [[0.0] * (HIDDEN + 1) for _ in range(CLASSES)]

    def forward(self, pixels: list[float]) -> tuple[list[float], list[float]]:
        """Activations of the hidden layer and probabilities of the classes."""
        x = pixels + [1.0]
        hidden = [max(0.0, dot(row, x)) for row in self.hidden]
        scores = [dot(row, hidden + [1.0]) for row in self.output]
        top = max(scores)
        powers = [math.exp(score - top) for score in scores]
        total = sum(powers)
        return hidden, [power / total for power in powers]

    def learn(self, batch: list[Digit], rate: float) -> float:
        """One step of gradient descent with momentum; the batch's mean loss before it."""
        hidden_grad = [[0.0] * (PIXELS + 1) for _ in range(HIDDEN)]
        output_grad = [[0.0] * (HIDDEN + 1) for _ in range(CLASSES)]
        loss = 0.0
        for digit in batch:
            hidden, odds = self.forward(digit.pixels)
            loss -= math.log(max(odds[digit.label], 1e-12))
            errors = [p - (c == digit.label) for c, p in enumerate(odds)]
            for c, error in enumerate(errors):
                output_grad[c] = [g + error * h for g, h in zip(output_grad[c], hidden + [1.0])]
            x = digit.pixels + [1.0]
            for j, activation in enumerate(hidden):
                if activation > 0:
                    error = sum(errors[c] * self.output[c][j] for c in range(CLASSES))
                    hidden_grad[j] = [g + error * v for g, v in zip(hidden_grad[j], x)]
        scale = rate / len(batch)
        descend(self.hidden, self.hidden_velocity, hidden_grad, scale)
        descend(self.output, self.output_velocity, output_grad, scale)
        return loss / len(batch)

    def evaluate(self, digits: list[Digit]) -> tuple[float, float]:
        """Mean loss and accuracy."""
        loss, hits = 0.0, 0
        for digit in digits:
            _, odds = self.forward(digit.pixels)
            loss -= math.log(max(odds[digit.label], 1e-12))
            hits += odds.index(max(odds)) == digit.label
        return loss / len(digits), hits / len(digits)


def descend(weights: list[list[float]], velocity: list[list[float]], grad: list[list[float]], scale: float) -> None:
    for i, row in enumerate(grad):
        velocity[i] = [MOMENTUM * v - scale * g for v, g in zip(velocity[i], row)]
        weights[i] = [w + v for w, v in zip(weights[i], velocity[i])]


class Training:
    """Everything that a checkpoint holds."""

    def __init__(self, seed: int, digits: int) -> None:
        self.rng = random.Random(seed)
        self.network = Network(self.rng)
        self.step = 0
        self.order = list(range(digits))

    def next_batch(self, digits: list[Digit], size: int) -> list[Digit]:
        position = self.step % math.ceil(len(digits) / size) * size
        if position == 0:
            self.rng.shuffle(self.order)
        self.step += 1
        return [digits[i] for i in self.order[position : position + size]]

    def save(self, folder: Path) -> Path:
        version, state, gauss = self.rng.getstate()
        path = folder / f"step-{self.step:06d}.json"
        rng = [version, list(state), gauss]
        write_json(path, {"step": self.step, "order": self.order, "rng": rng, "network": vars(self.network)})
        return path

    def restore(self, path: Path) -> None:
        saved = json.loads(path.read_text())
        version, state, gauss = saved["rng"]
        self.rng.setstate((version, tuple(state), gauss))
        self.step, self.order = saved["step"], saved["order"]
        vars(self.network).update(saved["network"])


def write_json(path: Path, value: object) -> None:
    """Whole or not at all: a reader, or a crash, never meets half a file under the real name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def parse_arguments() -> argparse.Namespace:
    env = os.environ
    data = Path(env.get("RUNCTL_DATA_DIR", ".")) / "digits.csv.gz"
    parser = argparse.ArgumentParser(description="Learns handwritten digits (UCI, 8 x 8 pixels).")
    parser.add_argument("--data", type=Path, default=data, help="CSV, 64 pixels and the label a row (default %(default)s)")
    parser.add_argument("--epochs", type=int, default=14, help="passes over the training digits (default %(default)s)")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=int, default=60, help="steps between checkpoints (default %(default)s)")
    parser.add_argument("--pace", type=float, default=0, help="at most so many steps a second; 0: as fast as it goes")
    parser.add_argument("--resume", type=Path, help="checkpoint to go on from")
    parser.add_argument("--checkpoints", type=Path, default=Path(env.get("RUNCTL_CHECKPOINT_DIR", "checkpoints")))
    parser.add_argument("--output", type=Path, default=Path(env.get("RUNCTL_OUTPUT_DIR", "output")))
    return parser.parse_args()


def main() -> int:
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    args = parse_arguments()
    train, held_out = read_digits(args.data)
    training = Training(args.seed, len(train))
    if args.resume:
        training.restore(args.resume)
        print(f"resumed at step {training.step} from {args.resume.name}", flush=True)
    first = saved = training.step
    steps_per_epoch = math.ceil(len(train) / args.batch_size)
    total = args.epochs * steps_per_epoch
    accuracy = training.network.evaluate(held_out)[1]
    started = time.monotonic()

    while training.step < total and not stopped:
        loss = training.network.learn(training.next_batch(train, args.batch_size), args.learning_rate)
        step = training.step
        if step % steps_per_epoch == 0:
            accuracy = training.network.evaluate(held_out)[1]
        if step % LINE_EVERY == 0 or step == total:
            print(f"step={step} total={total} loss={loss:.4f} accuracy={accuracy:.4f}", flush=True)
        if step % args.save_every == 0:
            saved = step
            print(f"saved {training.save(args.checkpoints).name}", flush=True)
        if args.pace:
            time.sleep(max(0.0, started + (step - first) / args.pace - time.monotonic()))

    if training.step < total:
        if training.step > saved:
            print(f"saved {training.save(args.checkpoints).name}", flush=True)
        print(f"SIGTERM: ended at step {training.step} of {total}", flush=True)
        return 0

    loss, accuracy = training.network.evaluate(held_out)
    metrics = {"accuracy": accuracy, "loss": loss, "steps": training.step, "heldOut": len(held_out), "seed": args.seed}
    write_json(args.output / "metrics.json", metrics)
    write_json(args.output / "model.json", {"hidden": training.network.hidden, "output": training.network.output})
    print(f"test accuracy {accuracy:.4f} on {len(held_out)} digits that it never saw", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
