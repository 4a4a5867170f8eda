"""What went wrong, in words: no start ends in a traceback."""

import subprocess
import xmlrpc.client
from pathlib import Path

import psycopg2
import requests

from elt.errors import LaurelError
from stack.plan import UnusableEnvironment
from stack.sample import SampleFailed
from stack.starting import StartFailed

EXPECTED = (
    *(StartFailed, SampleFailed, UnusableEnvironment, LaurelError, TimeoutError, RuntimeError),
    *(subprocess.CalledProcessError, requests.RequestException, psycopg2.Error, xmlrpc.client.Error, OSError),
)


def in_words(error: Exception) -> str:
    """One of the expected errors, for the terminal; never the text of a row, nor a database's address."""
    match error:
        case LaurelError():
            return error.in_words()
        case subprocess.CalledProcessError():
            return f"{Path(error.cmd[0]).name} ended with exit code {error.returncode}; what it printed stands above."
        case requests.RequestException():
            return f"A part of the stack did not answer as it should ({_kind(error)}). `./start.sh logs` may say why."
        case psycopg2.Error():
            return f"Postgres refused ({_kind(error)}). `./start.sh logs postgres` may say why."
        case xmlrpc.client.Error():
            return f"The supervisor did not do what it was asked ({_kind(error)}). `./start.sh logs` may say why."
        case _:
            return str(error)


def _kind(error: Exception) -> str:
    return type(error).__name__
