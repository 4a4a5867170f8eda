"""`python3 -m containers.env_file`: prints .env.example with a new secret wherever it leaves one blank.

Needs nothing but Python, so that it runs before anything is installed.
"""

from stack.credentials import make_up
from stack.home import REPOSITORY


def text() -> str:
    """The content of a new .env. Raises KeyError with the name of a blank that no secret is known for."""
    secrets = make_up()
    lines = (REPOSITORY / ".env.example").read_text(encoding="utf-8").splitlines()
    return "".join(f"{_filled(line, secrets)}\n" for line in lines)


def _filled(line: str, secrets: dict[str, str]) -> str:
    name, equals, value = line.partition("=")
    if line.startswith("#") or not equals or value:
        return line
    return f"{name}={secrets[name.removeprefix('LAUREL_').lower()]}"


if __name__ == "__main__":
    print(text(), end="")
