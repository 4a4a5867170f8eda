"""The supervisor: keeps the stack's processes running in the background, and starts again what dies."""

import contextlib
import hashlib
import os
import pwd
import shlex
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Set
from pathlib import Path
from typing import Any

import psutil

from stack import airflow
from stack.home import REPOSITORY
from stack.plan import Plan, Program
from stack.ports import LOOPBACK

CONFIGURATION = "supervisord.conf"
SESSION = "session"  # the number of supervisord's session, which all its descendants share
CODE = ("backend", "elt", "airflow", "dbt", "stack")
SUFFIXES = (".py", ".sql", ".csv", ".yaml", ".yml", ".html", ".css", ".js", ".svg", ".typ", ".md")


def render(plan: Plan) -> str:
    """supervisord's configuration. Secrets go through the environment, not through this file."""
    log = plan.home.logs
    lines = [
        "[supervisord]",
        f"logfile={_text(log / 'supervisord.log')}",
        "logfile_maxbytes=5MB",
        "logfile_backups=1",
        f"pidfile={_text(plan.home.path / 'supervisord.pid')}",
        f"directory={_text(REPOSITORY)}",
        "umask=077",
        *([f"user={pwd.getpwuid(0).pw_name}"] if os.geteuid() == 0 else []),
        "",
        "[inet_http_server]",  # not a socket file: its path may have 107 bytes, a checkout's path more
        f"port={LOOPBACK}:{plan.ports['supervisor']}",
        "username=laurel",
        f"password={_text(plan.credentials['supervisor_password'])}",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
    ]
    for program in plan.programs():
        lines += ["", *_program(program, log)]
    return "\n".join(lines) + "\n"


def _program(program: Program, log: Path) -> list[str]:
    return [
        f"[program:{program.name}]",
        f"command={_text(shlex.join(program.command))}",
        "autostart=false",  # the start verb starts them, in order
        "autorestart=true",
        "startsecs=1",
        "startretries=1000",  # whatever a process waits for, it may wait for long
        f"priority={10 if program.is_server else 20}",  # what is lower stops last
        f"stopsignal={program.stop_signal}",
        "stopwaitsecs=20",
        # Most of Airflow's processes leave children behind when only they themselves are told to stop.
        f"stopasgroup={'false' if program.ends_its_children else 'true'}",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={_text(_text(log / (program.name + '.log')))}",  # supervisord expands this one twice
        "stdout_logfile_maxbytes=10MB",
        "stdout_logfile_backups=2",
        *([f"user={program.user}"] if program.user else []),
    ]


def _text(value: object) -> str:
    return str(value).replace("%", "%%")


class Supervisor:
    """One stack's supervisord, seen from outside."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._configuration = render(plan)
        password = plan.credentials["supervisor_password"]
        url = f"http://laurel:{password}@{LOOPBACK}:{plan.ports.get('supervisor')}/RPC2"
        self._rpc: Any = xmlrpc.client.ServerProxy(url)

    def is_running(self) -> bool:
        """Whether this stack's supervisord answers: not somebody else's, nor that of the stack this is a copy of."""
        try:
            is_up = self._rpc.supervisor.getState()["statename"] == "RUNNING"
            return is_up and _is_of(self._plan.home.path, self._rpc.supervisor.getPID())
        except (OSError, xmlrpc.client.Error, psutil.Error):
            return False

    def processes(self) -> dict[str, dict[str, Any]]:
        """What supervisord knows of each process (statename, pid, start, now, …), by name."""
        return {info["name"]: info for info in self._rpc.supervisor.getAllProcessInfo()}

    def is_current(self) -> bool:
        """Whether the running processes have today's settings and code."""
        path = self._plan.home.path / "fingerprint"
        return path.exists() and path.read_text() == self._fingerprint()

    def boot(self) -> None:
        """Start supervisord in the background, with no process yet. Raises RuntimeError where it does not come up."""
        home = self._plan.home
        end(leftovers(home.path))
        configuration = home.private_file(CONFIGURATION, self._configuration)
        home.private_file("fingerprint", self._fingerprint())
        daemon = Path(sys.prefix) / "bin" / "supervisord"
        subprocess.run([daemon, "-c", configuration], env=self._plan.environment(), cwd=REPOSITORY, check=True)
        deadline = time.monotonic() + 60
        while not self.is_running():
            if time.monotonic() > deadline:
                raise RuntimeError(f"supervisord did not start; see {home.logs / 'supervisord.log'}.")
            time.sleep(0.05)
        home.private_file(SESSION, str(self._rpc.supervisor.getPID()))

    def start(self, name: str) -> None:
        """Start one process unless it runs."""
        if self.processes()[name]["statename"] not in ("RUNNING", "STARTING", "BACKOFF"):
            self._rpc.supervisor.startProcess(name, False)

    def stop(self) -> None:
        """End every process and supervisord itself, and whatever they left behind."""
        processes = leftovers(self._plan.home.path)
        if self.is_running():
            servers = {program.name for program in self._plan.programs() if program.is_server}
            # Not left to supervisord's shutdown: that takes one process after the other, a second for each.
            self._stop_at_once({airflow.SCHEDULER})  # its tasks say how they ended to the API server
            self._stop_at_once(self.processes().keys() - servers)
            self._stop_at_once(servers)
            self._rpc.supervisor.shutdown()
            psutil.wait_procs(processes, timeout=60)
        end([process for process in processes if process.is_running()])
        (self._plan.home.path / SESSION).unlink(missing_ok=True)

    def _stop_at_once(self, wanted: Set[str]) -> None:
        """Those of these processes that it runs: started otherwise than today, it may not know all of them."""
        names = wanted & self.processes().keys()
        for name in names:
            with contextlib.suppress(xmlrpc.client.Fault):  # not running
                self._rpc.supervisor.stopProcess(name, False)
        deadline = time.monotonic() + 60
        while any(self.processes()[name]["statename"] == "STOPPING" for name in names):
            if time.monotonic() > deadline:
                return  # shutdown() kills what does not listen
            time.sleep(0.1)

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(self._configuration.encode())
        digest.update(repr(sorted(self._plan.variables().items())).encode())
        for folder in CODE:
            for path in sorted((REPOSITORY / folder).rglob("*")):
                if path.suffix in SUFFIXES:
                    digest.update(str(path).encode())  # a model is named after its file
                    digest.update(path.read_bytes())
        return digest.hexdigest()


def leftovers(home: Path) -> list[psutil.Process]:
    """What still runs of a stack's last start, supervisord included, whether or not it still answers."""
    try:
        session = int((home / SESSION).read_text())
    except FileNotFoundError:
        return []
    with contextlib.suppress(psutil.Error):
        if not _is_of(home, session):
            return []  # after a crash of the machine, the number belongs to somebody else
    # The kernel gives no new process a number that is still some session's, so these are ours.
    return [process for process in psutil.process_iter() if _session(process.pid) == session]


def _is_of(home: Path, pid: int) -> bool:
    """Whether this process is the supervisord of the stack in `home`."""
    return str(home / CONFIGURATION) in psutil.Process(pid).cmdline()


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def end(processes: list[psutil.Process]) -> None:
    """End processes, politely first."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            # INT: Postgres would wait for its clients to leave.
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    _, stubborn = psutil.wait_procs(processes, timeout=15)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=10)
