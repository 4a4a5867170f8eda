from pathlib import Path

import pytest

from stack import credentials
from stack.home import Home


def test_they_are_kept_and_closed_where_others_could_read_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path, tmp_path)
    first = credentials.load_or_create(home)
    file = tmp_path / credentials.FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert capsys.readouterr().err == ""
    file.chmod(0o644)
    assert credentials.load_or_create(home) == first
    assert file.stat().st_mode & 0o777 == 0o600
    told = capsys.readouterr()
    assert "could be read by others" in told.err
    assert told.out == ""  # `eval "$(./start.sh env)"` goes on
    assert not any(secret in told.err for secret in first.values())
