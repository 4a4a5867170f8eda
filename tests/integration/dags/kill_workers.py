"""Kills an idle worker of an executor, given by its import path, then the scheduler of others; prints what was seen."""

import json
import os
import signal
import sys
import time
from importlib import import_module
from multiprocessing import set_start_method

import airflow.plugins_manager  # noqa: F401 - puts the plugins folder on the path
import psutil

PATIENCE_SECONDS = 12.0


def main() -> None:
    """Prints {"served": …, "left_behind": …}: whether the next worker gets an item, and who outlives the scheduler."""
    set_start_method("fork")
    module, _, name = sys.argv[1].rpartition(".")
    executor_class = getattr(import_module(module), name)
    print(json.dumps({"served": _serves_after_a_kill(executor_class), "left_behind": _left_behind(executor_class)}))


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


if __name__ == "__main__":
    main()
