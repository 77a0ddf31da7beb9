#!/usr/bin/env python3
"""Learns handwritten digits with PyTorch's DistributedDataParallel on CPUs (gloo), on any number of nodes and processes.

Alone:        PYTHONPATH=../../agent/python torchrun --nproc_per_node 4 train.py --data ../digits/digits.csv.gz
Under runctl: torchrun train.py    (nodes, ranks, addresses and folders come from the environment)

A checkpoint holds everything that the next step depends on, and the order of the data follows from seed and epoch. So a
run that was interrupted and resumed ends with the same weights, bit for bit, as one that never was (same number of ranks).
"""
from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import time
from pathlib import Path
from typing import Any

import runctl
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

PIXELS, HIDDEN, CLASSES = 64, 64, 10


def read_digits(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Pixels 0..1 and labels."""
    with gzip.open(path, "rt", newline="") as file:
        rows = torch.tensor([[int(value) for value in row] for row in csv.reader(file)])
    return rows[:, :PIXELS].float() / 16, rows[:, PIXELS]


class Training:
    """Model, optimizer and place in the data: what a checkpoint holds."""

    def __init__(self, args: argparse.Namespace, digits: int) -> None:
        torch.manual_seed(args.seed)
        self.args = args
        self.step = 0
        self.digits = digits
        self.global_batch = args.batch_size * dist.get_world_size()
        self.steps_per_epoch = digits // self.global_batch
        self.total = args.epochs * self.steps_per_epoch
        layers = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))
        # Without it DDP regroups the gradients after its first step, also the first one after a resume: they would be
        # added up in another order than in a run that goes on, and the last bits of the weights would differ.
        self.model = DistributedDataParallel(layers, find_unused_parameters=True)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=args.learning_rate, momentum=0.9)

    def state(self) -> dict[str, Any]:
        return {"step": self.step, "model": self.model.module.state_dict(), "optimizer": self.optimizer.state_dict()}

    def restore(self, path: Path) -> None:
        saved = torch.load(path, map_location="cpu")
        self.model.module.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step = saved["step"]

    def next_batch(self) -> torch.Tensor:
        """Indices of this rank's part of the step's digits."""
        epoch, position = divmod(self.step, self.steps_per_epoch)
        order = torch.randperm(self.digits, generator=torch.Generator().manual_seed(self.args.seed * 1000 + epoch))
        first = position * self.global_batch + dist.get_rank() * self.args.batch_size
        return order[first : first + self.args.batch_size]

    def learn(self, pixels: torch.Tensor, labels: torch.Tensor) -> float:
        batch = self.next_batch()
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(pixels[batch]), labels[batch])
        loss.backward()
        self.optimizer.step()
        self.step += 1
        return loss.item()


def parse_arguments() -> argparse.Namespace:
    data = Path(os.environ.get("RUNCTL_DATA_DIR", ".")) / "digits.csv.gz"
    parser = argparse.ArgumentParser(description="Learns handwritten digits with DistributedDataParallel.")
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=16, help="of each rank")
    parser.add_argument("--learning-rate", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=int, default=100, help="steps between checkpoints")
    parser.add_argument("--pace", type=float, default=0, help="at most so many steps a second; 0: as fast as it goes")
    parser.add_argument("--output", type=Path, default=Path(os.environ.get("RUNCTL_OUTPUT_DIR", "output")))
    return parser.parse_args()


def train(args: argparse.Namespace) -> None:
    pixels, labels = read_digits(args.data)
    is_held_out = torch.arange(len(labels)) % 5 == 0
    training = Training(args, int((~is_held_out).sum()))
    interrupt = runctl.on_interrupt(lambda step: runctl.save_checkpoint(training.state(), step))
    checkpoint = runctl.latest_checkpoint()
    if checkpoint is not None:
        training.restore(checkpoint)
        print(f"rank {dist.get_rank()} resumed at step {training.step}", flush=True)
    while training.step < training.total:
        began = time.monotonic()
        loss = training.learn(pixels[~is_held_out], labels[~is_held_out])
        if training.step % 5 == 0 or training.step == training.total:
            runctl.log_progress(training.step, training.total, loss=loss)
        if training.step % args.save_every == 0:
            runctl.save_checkpoint(training.state(), training.step)
        if training.step < training.total and interrupt.check(training.step):
            print(f"rank {dist.get_rank()} ended at step {training.step} of {training.total}", flush=True)
            return
        if args.pace:
            time.sleep(max(0.0, began + 1 / args.pace - time.monotonic()))
    if dist.get_rank() == 0:
        write_results(training, pixels[is_held_out], labels[is_held_out])


def write_results(training: Training, pixels: torch.Tensor, labels: torch.Tensor) -> None:
    with torch.no_grad():
        scores = training.model.module(pixels)
        loss = nn.functional.cross_entropy(scores, labels).item()
        accuracy = (scores.argmax(1) == labels).float().mean().item()
    args = training.args
    args.output.mkdir(parents=True, exist_ok=True)
    torch.save(training.model.module.state_dict(), args.output / "model.pt")
    metrics = {"loss": loss, "accuracy": accuracy, "steps": training.step, "ranks": dist.get_world_size()}
    (args.output / "metrics.json").write_text(json.dumps(metrics))
    print(f"test loss {loss!r}, accuracy {accuracy:.4f}", flush=True)


def main() -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    try:
        train(parse_arguments())
    finally:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
