import json
import socket
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

from stack import ports


def occupied() -> socket.socket:
    listener = socket.socket()
    listener.bind((ports.LOOPBACK, 0))
    listener.listen()
    return listener


def test_a_busy_port_is_passed_over() -> None:
    with occupied() as listener:
        busy = listener.getsockname()[1]
        assert not ports.is_free(busy)
        chosen = ports.choose(dict.fromkeys(ports.DEFAULTS, busy))
    assert busy not in chosen.values()


def test_a_port_that_another_starting_stack_has_chosen_is_passed_over() -> None:
    script = "import sys; from stack import ports; print(ports.any_free(), flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=PIPE, stdout=PIPE, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        assert ports.is_free(port)  # nobody listens yet
        assert not ports.reserve(port)
        assert port not in ports.choose(dict.fromkeys(ports.DEFAULTS, port)).values()
        other.communicate("")
    assert ports.reserve(port)


def test_no_port_is_given_twice() -> None:
    given = [ports.any_free() for _ in range(200)]
    assert len(set(given)) == 200


def test_every_listener_gets_a_port_of_its_own() -> None:
    same = dict.fromkeys(ports.DEFAULTS, ports.any_free())
    assert len(set(ports.choose(same).values())) == len(ports.DEFAULTS)


def test_free_remembered_ports_are_kept() -> None:
    remembered = {name: ports.any_free() for name in ports.DEFAULTS}
    assert ports.choose(remembered) == remembered


def test_the_ports_of_a_running_stack_are_read_back(tmp_path: Path) -> None:
    with occupied() as listener:  # a running stack's ports are busy: by itself
        running = {name: listener.getsockname()[1] + offset for offset, name in enumerate(ports.DEFAULTS)}
        (tmp_path / "ports.json").write_text(ports.to_text(running))
        assert ports.load(tmp_path / "ports.json") == running


def test_a_listener_that_an_older_version_did_not_have_gets_a_port(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text(json.dumps({"backend": ports.any_free()}))
    assert ports.load(tmp_path / "ports.json").keys() == ports.DEFAULTS.keys()


def test_who_listens_elsewhere_is_told() -> None:
    assert ports.moved({}, dict(ports.DEFAULTS)) == []
    assert ports.moved({}, {**ports.DEFAULTS, "airflow": 8081}) == ["8080 is taken, airflow listens on 8081"]
    assert ports.moved({"airflow": 8081}, {**ports.DEFAULTS, "airflow": 8081}) == []
