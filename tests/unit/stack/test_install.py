import functools
import hashlib
import io
import platform
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stack import install

PREFIX = "../../packages/aa/bb/uv-1.2.3-py3-none-"


@pytest.mark.parametrize(
    ("machine", "libc", "expected"),
    [
        ("x86_64", ("glibc", "2.36"), "manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
        ("x86_64", ("", ""), "musllinux_1_1_x86_64.whl"),
        ("aarch64", ("glibc", "2.36"), "manylinux_2_17_aarch64.musllinux_1_1_aarch64.whl"),
    ],
)
def test_the_wheel_of_this_machine_is_chosen(monkeypatch, machine, libc, expected) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: libc)
    links = [
        f"{PREFIX.replace('1.2.3', '1.2.30')}manylinux_2_17_x86_64.manylinux2014_x86_64.whl#sha256=1",
        f"{PREFIX}macosx_11_0_arm64.whl#sha256=1",
        f"{PREFIX}manylinux_2_17_aarch64.musllinux_1_1_aarch64.whl#sha256=1",
        f"{PREFIX}manylinux_2_17_x86_64.manylinux2014_x86_64.whl#sha256=1",
        f"{PREFIX}musllinux_1_1_x86_64.whl#sha256=1",
        f"{PREFIX}win_arm64.whl#sha256=1",
    ]
    assert install.choose_wheel(links, "1.2.3") == f"{PREFIX}{expected}#sha256=1"


def test_a_home_that_cannot_be_written_is_told_in_a_line(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LAUREL_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(SystemExit, match="cannot be written to: Not a directory"):
        install.main("up")


@pytest.fixture
def package_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package index with one wheel of uv: a script that says its version."""
    root = tmp_path
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("uv-1.2.3.data/scripts/uv", "#!/bin/sh\necho uv 1.2.3\n")
    name = f"uv-1.2.3-py3-none-manylinux_2_17_{platform.machine()}.whl"
    (root / name).write_bytes(archive.getvalue())
    (root / "simple" / "uv").mkdir(parents=True)
    (root / "simple" / "uv" / "index.html").write_text(f'<a href="../../{name}#sha256=0">{name}</a>')
    (root / "uv.txt").write_text(f"uv==1.2.3 \\\n    --hash=sha256:{hashlib.sha256(archive.getvalue()).hexdigest()}\n")
    monkeypatch.setattr(install, "REQUIREMENTS", root)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(root))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("package_index")
def test_uv_comes_without_pip(tmp_path: Path) -> None:
    install.unpack_wheel(tmp_path / "uv")
    assert install.output([str(tmp_path / "uv" / "bin" / "uv"), "--version"]) == "uv 1.2.3\n"


@pytest.mark.usefixtures("package_index")
def test_a_wheel_with_another_hash_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "uv.txt").write_text("uv==1.2.3 --hash=sha256:" + "0" * 64)
    with pytest.raises(SystemExit, match="hash"):
        install.unpack_wheel(tmp_path / "uv")
    assert not (tmp_path / "uv").exists()


def test_an_environment_is_current_only_with_every_lock_installed(tmp_path: Path) -> None:
    runtime, dev = tmp_path / "runtime.txt", tmp_path / "dev.txt"
    runtime.write_text("a==1")
    dev.write_text("b==1")
    environment = tmp_path / "venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").touch()
    assert not install.is_current(environment, [runtime])
    (environment / "installed").write_text(install.fingerprint(runtime))
    assert install.is_current(environment, [runtime])
    assert not install.is_current(environment, [runtime, dev])
    runtime.write_text("a==2")
    assert not install.is_current(environment, [runtime])


def test_every_lock_pins_with_hashes() -> None:
    for name in ("runtime.txt", "dev.txt", "uv.txt"):
        text = (install.REQUIREMENTS / name).read_text()
        assert text.count("==") > 0
        for entry in text.split("\n")[2:]:
            assert entry.startswith("    --hash=sha256:") or entry.endswith(" \\") or not entry, f"{name}: {entry}"
