"""python3 -m unittest discover agent/python"""
from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import runctl

HAS_TORCH = importlib.util.find_spec("torch") is not None

RANKS = """
import os, sys, time
import torch.distributed as dist
import runctl
dist.init_process_group("gloo")
def save(step):
    time.sleep(0.5 * (runctl.rank() == 0))
    runctl.save_checkpoint({"step": step, "rank": runctl.rank()}, step, sharded=True)
    print(f"rank {runctl.rank()} saved at {step}", flush=True)
interrupt = runctl.on_interrupt(save)
for step in range(1, 1000):
    if step == 7 and runctl.rank() == 1:
        os.kill(os.getpid(), 15)
    if interrupt.check(step):
        break
print(f"rank {runctl.rank()} left at {step}", flush=True)
"""


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterTemporary())
        self.environment({"RUNCTL_CHECKPOINT_DIR": str(self.folder / "checkpoints")})

    def enterTemporary(self) -> str:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        return temporary.name

    def environment(self, values: dict[str, str]) -> None:
        patch = mock.patch.dict(os.environ, values)
        patch.start()
        self.addCleanup(patch.stop)

    def names(self) -> list[str]:
        return sorted(os.listdir(self.folder / "checkpoints"))


def to_json(obj: object, path: str) -> None:
    Path(path).write_text(json.dumps(obj))


class SaveCheckpoint(Case):
    def test_appears_whole_under_its_step(self) -> None:
        path = runctl.save_checkpoint({"a": 1}, 5, saver=to_json)
        self.assertEqual(path, self.folder / "checkpoints" / "step-00000005")
        self.assertEqual(json.loads(path.read_text()), {"a": 1})
        self.assertEqual(self.names(), ["step-00000005"])

    def test_by_default_is_what_the_framework_writes(self) -> None:
        path = runctl.save_checkpoint({"a": 1}, 5)
        self.assertEqual(path.suffix, ".pt" if HAS_TORCH else ".pkl")

    def test_that_fails_leaves_nothing_and_harms_nothing(self) -> None:
        runctl.save_checkpoint("good", 5, saver=to_json)

        def fail(_: object, path: str) -> None:
            Path(path).write_text("half")
            raise OSError(28, "No space left on device")

        with self.assertRaises(OSError):
            runctl.save_checkpoint("bad", 5, saver=fail)
        self.assertEqual(self.names(), ["step-00000005"])
        self.assertEqual((self.folder / "checkpoints" / "step-00000005").read_text(), '"good"')

    def test_is_written_by_rank_0_alone(self) -> None:
        self.environment({"RANK": "3"})
        self.assertIsNone(runctl.save_checkpoint("x", 5, saver=to_json))
        self.assertFalse((self.folder / "checkpoints").exists())

    def test_sharded_is_a_folder_with_each_ranks_part(self) -> None:
        self.environment({"RANK": "3", "LOCAL_RANK": "0"})
        path = runctl.save_checkpoint("x", 5, saver=to_json, sharded=True)
        self.assertEqual(path, self.folder / "checkpoints" / "step-00000005" / "rank-00003")
        runctl.save_checkpoint("y", 5, saver=to_json, sharded=True)
        self.assertEqual(path.read_text(), '"y"')
        self.assertEqual(self.names(), ["step-00000005"])


class LatestCheckpoint(Case):
    def test_is_none_on_a_fresh_start(self) -> None:
        self.assertIsNone(runctl.latest_checkpoint())
        self.environment({"RUNCTL_RESUME_FROM": "/nowhere"})
        self.assertIsNone(runctl.latest_checkpoint())

    def test_is_what_runctl_brought_or_what_was_written_since(self) -> None:
        brought = runctl.save_checkpoint("x", 90, saver=to_json)
        self.environment({"RUNCTL_RESUME_FROM": str(brought)})
        self.assertEqual(runctl.latest_checkpoint(), brought)
        newer = runctl.save_checkpoint("x", 100, saver=to_json)
        self.assertEqual(runctl.latest_checkpoint(), newer)

    def test_goes_by_the_step_and_not_by_the_time(self) -> None:
        newest = runctl.save_checkpoint("x", 1000, saver=to_json)
        older = runctl.save_checkpoint("x", 999, saver=to_json)
        os.utime(newest, (0, 0))
        self.assertIsNotNone(older)
        self.assertEqual(runctl.latest_checkpoint(), newest)


class StepOf(unittest.TestCase):
    def test_reads_the_names_of_frameworks(self) -> None:
        table = {"checkpoint-500": 500, "epoch=3-step=1200.ckpt": 1200, "model_0500.pt": 500, "last.ckpt": None}
        for name, step in table.items():
            self.assertEqual(runctl.step_of(name), step, name)


class LogProgress(Case):
    def printed(self) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as output:
            runctl.log_progress(5, 100, loss=0.25, lr=1e-5)
            runctl.log_progress(6)
        return output.getvalue()

    def test_prints_what_runctl_reads(self) -> None:
        self.assertEqual(self.printed(), "step=5 total=100 loss=0.25 lr=1e-05\nstep=6\n")

    def test_on_rank_0_alone(self) -> None:
        self.environment({"RANK": "1"})
        self.assertEqual(self.printed(), "")


class OnInterrupt(Case):
    def tearDown(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def test_calls_back_once_at_the_next_check_and_only_then(self) -> None:
        steps: list[int] = []
        interrupt = runctl.on_interrupt(steps.append)
        self.assertFalse(interrupt.check(1))
        os.kill(os.getpid(), signal.SIGTERM)
        self.assertEqual(steps, [])
        self.assertTrue(interrupt.check(2))
        self.assertEqual(steps, [2])

    def test_a_second_sigterm_changes_nothing(self) -> None:
        interrupt = runctl.on_interrupt(lambda step: None)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        self.assertTrue(interrupt.check(1))

    def test_a_second_ctrl_c_does_what_it_always_did(self) -> None:
        runctl.on_interrupt(lambda step: None)
        os.kill(os.getpid(), signal.SIGINT)
        with self.assertRaises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()

    @unittest.skipUnless(HAS_TORCH, "no PyTorch")
    def test_all_ranks_save_at_the_same_step_and_wait_for_each_other(self) -> None:
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(30000 + os.getpid() % 2000), "WORLD_SIZE": "2"}
        path = {"PYTHONPATH": str(Path(__file__).parent)}
        ranks = [
            subprocess.Popen(
                [sys.executable, "-c", RANKS],
                env={**os.environ, **address, **path, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                stdout=subprocess.PIPE,
                text=True,
            )
            for rank in range(2)
        ]
        outputs = [process.communicate(timeout=100)[0] for process in ranks]
        self.assertEqual([process.returncode for process in ranks], [0, 0])
        steps = {line.split(" at ")[1] for output in outputs for line in output.splitlines()}
        self.assertEqual(len(steps), 1, outputs)
        folder = self.folder / "checkpoints" / f"step-{int(steps.pop()):08d}"
        self.assertEqual(sorted(os.listdir(folder)), ["rank-00000.pt", "rank-00001.pt"])


if __name__ == "__main__":
    unittest.main()
