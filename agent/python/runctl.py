"""Optional help for training scripts; runctl puts it on PYTHONPATH. One file, standard library only, PyTorch if it is there.

    import runctl

    start = runctl.latest_checkpoint()                    # None on a fresh start
    interrupt = runctl.on_interrupt(lambda step: runctl.save_checkpoint(state(), step))
    for step in range(first, total + 1):
        loss = train_one_step()
        runctl.log_progress(step, total, loss=loss)       # what status and ETA are read from
        if step % 500 == 0:
            runctl.save_checkpoint(state(), step)
        if interrupt.check(step):                         # SIGTERM came: all ranks are at this step, and have saved
            break

Every rank calls every function; each knows what is its part. It works the same without runctl, with torchrun or without.
"""
from __future__ import annotations

import os
import pickle
import re
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Optional, Union

__all__ = ["Interrupt", "checkpoint_dir", "latest_checkpoint", "log_progress", "on_interrupt", "rank", "save_checkpoint",
           "step_of", "world_size"]

Saver = Callable[[Any, str], Any]
Number = Union[int, float]


def rank() -> int:
    """Of this process among all of the job: as torchrun or mpirun say, else the node's."""
    return _first_number("RANK", "OMPI_COMM_WORLD_RANK", "NODE_RANK", default=0)


def world_size() -> int:
    """Processes of the job, on all nodes."""
    return _first_number("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "NNODES", default=1)


def _local_rank() -> int:
    return _first_number("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", default=0)


def _first_number(*names: str, default: int) -> int:
    for name in names:
        value = os.environ.get(name, "")
        if value.isdigit():
            return int(value)
    return default


def checkpoint_dir() -> Path:
    """Folder whose finished files runctl uploads; ./checkpoints without runctl."""
    return Path(os.environ.get("RUNCTL_CHECKPOINT_DIR", "checkpoints"))


def step_of(name: str) -> Optional[int]:
    """The step in a checkpoint's name, by runctl's own rule: digits after step, checkpoint or iter, else the last
    ones that are neither a rank nor a metric."""
    stem = re.sub(r"\.[A-Za-z][A-Za-z0-9]*$", "", name)
    stem = re.sub(r"(?:^|(?<=[^A-Za-z]))rank[-_=]?\d+", "", stem, flags=re.IGNORECASE)
    stem = re.sub(r"(?<![\d.])\d+\.\d+(?![\d.])", "", stem)
    named = re.search(r"(?:step|checkpoint|iter(?:ation)?)[-_=]?(\d+)", stem, re.IGNORECASE)
    digits = named.group(1) if named else (re.findall(r"\d+", stem) or [None])[-1]
    return None if digits is None else int(digits)


def latest_checkpoint() -> Optional[Path]:
    """The checkpoint to go on from: what runctl brought, or what save_checkpoint wrote here since; None on a fresh start."""
    named = os.environ.get("RUNCTL_RESUME_FROM")
    brought = Path(named) if named and Path(named).exists() else None
    written = [path for path in checkpoint_dir().glob("step-*") if step_of(path.name) is not None]
    newest = max(written, key=lambda path: step_of(path.name) or 0, default=None)
    if newest is None or brought is None:
        return brought or newest
    return newest if (step_of(newest.name) or 0) > (step_of(brought.name) or 0) else brought


def save_checkpoint(obj: Any, step: int, saver: Optional[Saver] = None, sharded: bool = False) -> Optional[Path]:
    """Saves `obj` as step-<step>: whole under that name or not at all.

    Rank 0 alone writes, the others return None. `sharded`: every rank writes its own part, into a folder of that name,
    which appears when all ranks of the node have written (for `checkpoints.upload: all`, FSDP and the like).
    `saver(obj, path)` writes the file; the default is torch.save, or pickle where there is no PyTorch.
    Raises whatever the saver raises, and OSError when the disk is full; what was there before stays.
    """
    save, suffix = (saver, "") if saver else _default_saver()
    folder = checkpoint_dir()
    if sharded:
        return _save_shard(obj, folder / f"step-{step:08d}", f"rank-{rank():05d}{suffix}", save)
    if rank() != 0:
        return None
    target = folder / f"step-{step:08d}{suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{target.name}.tmp"
    try:
        _write(obj, draft, save)
        os.replace(draft, target)
    finally:
        if draft.exists():
            draft.unlink()
    _sync(folder)
    return target


def _save_shard(obj: Any, target: Path, name: str, save: Saver) -> Path:
    draft = target.with_name(f".{target.name}.tmp")
    draft.mkdir(parents=True, exist_ok=True)
    _write(obj, draft / name, save)
    _barrier()
    if _local_rank() == 0:
        if target.exists():
            shutil.rmtree(target)
        os.replace(draft, target)
        _sync(target.parent)
    _barrier()
    return target / name


def _write(obj: Any, path: Path, save: Saver) -> None:
    save(obj, str(path))
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _default_saver() -> tuple[Saver, str]:
    try:
        import torch
    except ImportError:
        return _pickle, ".pkl"
    return torch.save, ".pt"


def _pickle(obj: Any, path: str) -> None:
    with open(path, "wb") as file:
        pickle.dump(obj, file)


def log_progress(step: int, total: Optional[int] = None, **metrics: Number) -> None:
    """Prints, on rank 0 alone, the line that runctl reads step, ETA and metrics from."""
    if rank() != 0:
        return
    words = [f"step={step}"] + ([] if total is None else [f"total={total}"])
    print(" ".join(words + [f"{name}={float(value):.6g}" for name, value in metrics.items()]), flush=True)


class Interrupt:
    """Made by on_interrupt."""

    def __init__(self, callback: Callable[[int], Any]) -> None:
        self._callback = callback
        self._is_asked = False
        self._previous = signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, number: int, _frame: Optional[FrameType]) -> None:
        self._is_asked = True
        print(f"runctl: {signal.Signals(number).name}; saving at the end of this step", file=sys.stderr, flush=True)
        # A launcher passes SIGTERM on once more while the rank saves; who presses Ctrl-C twice means it.
        if number == signal.SIGINT:
            signal.signal(number, self._previous or signal.SIG_DFL)

    def check(self, step: int) -> bool:
        """Called by every rank at the end of every step (or every tenth: of the same steps on all ranks).

        Once any rank was asked to stop, all find out at the same step: the callback runs on each, is waited for by all,
        and True is returned. False otherwise. With torch.distributed this is one small all-reduce.
        """
        if not _any_rank(self._is_asked):
            return False
        self._callback(step)
        _barrier()
        return True


def on_interrupt(callback: Callable[[int], Any]) -> Interrupt:
    """Turns SIGTERM (a spot interruption, a limit, a stop) and SIGINT into one call of `callback(step)`, at a step that all
    ranks agree on: see Interrupt.check. Call it in the main thread, once."""
    return Interrupt(callback)


def _distributed() -> Any:
    """torch.distributed when the script has set it up, else None."""
    torch = sys.modules.get("torch")
    distributed = getattr(torch, "distributed", None)
    return distributed if distributed and distributed.is_available() and distributed.is_initialized() else None


def _any_rank(value: bool) -> bool:
    distributed = _distributed()
    if distributed is None:
        return value
    import torch

    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    flag = torch.tensor(int(value), device=device)
    distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
    return bool(flag.item())


def _barrier() -> None:
    distributed = _distributed()
    if distributed is not None:
        distributed.barrier()
