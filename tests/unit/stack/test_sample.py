"""Waiting for the sample school: what is taken gets there, so that slowness is no failure, and a refusal is one."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stack.sample import Client, SampleFailed


class Submissions(BaseHTTPRequestHandler):
    """Answers with the status that the submission's id names."""

    def do_GET(self) -> None:
        body = json.dumps({"status": self.path.split("?")[0].rsplit("/", 1)[1]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: a server of a test has no log."""


@pytest.fixture
def client() -> Iterator[Client]:
    server = HTTPServer(("127.0.0.1", 0), Submissions)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Client(f"http://127.0.0.1:{server.server_port}", "key")
    server.shutdown()
    thread.join()
    server.server_close()


def test_only_a_refusal_is_a_failure(client: Client) -> None:
    assert client.wait_until_modelled(["modelled", "modelled"], seconds=0)
    assert not client.wait_until_modelled(["modelled", "loaded"], seconds=0)
    assert not client.wait_until_modelled(["failed"], seconds=0)  # ours, and tried again
    with pytest.raises(SampleFailed, match="rejected is rejected"):
        client.wait_until_modelled(["rejected"], seconds=60)
