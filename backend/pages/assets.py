"""What the pages load beside their HTML: our own files, and vega from the installed package."""

import gzip
import hashlib
import os
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from flask import current_app, url_for

from backend.reporting.charts import VEGA_LITE

# In a process of its own: bundling costs a quarter of a second of every core and 90 MB that would never come back.
BUNDLE = "import sys, vl_convert; sys.stdout.write(vl_convert.javascript_bundle(vl_version=sys.argv[1]))"


@cache
def vega_bundle(home: Path) -> bytes:
    """Vega, Vega-Lite and Vega-Embed as one gzipped script; made once per version, then kept under `home`."""
    path = home / "cache" / f"vega-{vega_version()}.js.gz"
    if not path.exists():
        script = subprocess.run(
            [sys.executable, "-c", BUNDLE, VEGA_LITE], check=True, capture_output=True, timeout=120
        ).stdout
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}")
        half.write_bytes(gzip.compress(script, mtime=0))
        half.replace(path)
    return path.read_bytes()


def vega_version() -> str:
    """The version of the package that the bundle comes from."""
    return version("vl-convert-python")


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def url(name: str) -> str:
    """Where a static file is, with a digest of its content, so that a browser never shows an old one."""
    if name == "vega.js":
        return url_for("pages.vega", v=vega_version())
    return url_for("static", filename=name, v=_digest(Path(str(current_app.static_folder)) / name))
