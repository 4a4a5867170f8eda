"""Kills an idle worker of an executor, given by its import path, then the scheduler of others, and ends a third one.

It prints what was seen.
"""

import json
import os
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import set_start_method
from types import SimpleNamespace

import airflow.plugins_manager  # noqa: F401 - puts the plugins folder on the path
import psutil
from airflow.executors.base_executor import BaseExecutor

PATIENCE_SECONDS = 12.0


def main() -> None:
    """Prints as JSON whether the next worker gets an item, who outlives the scheduler, and which tasks an end ends."""
    set_start_method("fork")
    module, _, name = sys.argv[1].rpartition(".")
    executor_class = getattr(import_module(module), name)
    checks = {"served": _serves_after_a_kill, "left_behind": _left_behind, "ended": _ends_its_tasks}
    with ProcessPoolExecutor(len(checks)) as pool:  # what they do most is wait
        seen = {name: pool.submit(check, executor_class) for name, check in checks.items()}
        print(json.dumps({name: found.result() for name, found in seen.items()}))


def _serves_after_a_kill(executor_class: type) -> bool:
    executor = executor_class(parallelism=1)
    executor.start()
    [idle] = executor.workers.values()
    time.sleep(1.5)  # it waits for its first item
    idle.kill()
    idle.join()
    executor._spawn_worker()
    next_one = executor.workers[max(executor.workers)]
    executor.activity_queue.put(None)  # the item that tells a worker to end
    next_one.join(PATIENCE_SECONDS)
    served = next_one.exitcode == 0
    next_one.kill()
    return served


def _left_behind(executor_class: type) -> int:
    reader, writer = os.pipe()
    scheduler = os.fork()
    if scheduler == 0:
        executor = executor_class(parallelism=2)
        executor.start()
        os.write(writer, json.dumps(list(executor.workers)).encode())
        time.sleep(3600)
    workers = [psutil.Process(pid) for pid in json.loads(os.read(reader, 1000))]
    time.sleep(1.5)
    os.kill(scheduler, signal.SIGKILL)
    os.waitpid(scheduler, 0)
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE_SECONDS)
    for worker in alive:
        worker.kill()
    return len(alive)


def _ends_its_tasks(executor_class: type) -> bool:
    """Whether its end ends a task that is just starting, without a start of the one behind it."""
    reader, writer = os.pipe()
    scheduler = os.fork()
    if scheduler == 0:
        BaseExecutor.run_workload = staticmethod(lambda *_, **__: _begin_deaf_task(writer))
        executor = executor_class(parallelism=1)
        executor.start()
        for key in ("starting", "waiting"):
            executor.activity_queue.put(SimpleNamespace(key=key, running_state=None, success_state=1, display_name=key))
        os.read(reader, 1)  # the first one has begun
        executor.end()
        os._exit(0)
    os.close(writer)
    process = psutil.Process(scheduler)
    try:
        ended = process.wait(PATIENCE_SECONDS) == 0
    except psutil.TimeoutExpired:
        ended = False
        for task in reversed([process, *process.children(recursive=True)]):
            task.kill()
    return ended and os.read(reader, 1) == b""


def _begin_deaf_task(writer: int) -> None:
    """A task that hears nothing of an end for a second, as one of Airflow's that is just starting; then it works."""
    task = os.fork()
    if task == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(writer, b".")
        time.sleep(1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        time.sleep(3600)
    os.waitpid(task, 0)


if __name__ == "__main__":
    main()
