"""Under a real gunicorn: constant memory, clients that vanish, many at the same moment, answers that arrive."""

import hashlib
import http.client
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests

from elt.database import connect
from elt.settings import Settings
from elt.store import ObjectStore

UPLOAD = "/api/v1/datasets/laurel/students/submissions"
MEBIBYTE = 2**20
UPLOAD_BYTES = 300 * MEBIBYTE
GROWTH_LIMIT = 96 * MEBIBYTE  # what one upload may add: four parts of 8 MiB, copies of them, what the allocator keeps
Students = Callable[..., bytes]


def _peak_memory(pid: int) -> int:
    """Bytes: the most that the process ever had resident."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def _authorized(keys: dict[str, str], name: str = "ada") -> dict[str, str]:
    return {"Authorization": f"Bearer {keys[name]}"}


def _big(start: bytes) -> Iterator[bytes]:
    """UPLOAD_BYTES of a file that starts so; the lines after it are good enough for a header check."""
    line = start.splitlines(keepends=True)[1]
    block = line * (MEBIBYTE // len(line))
    left = UPLOAD_BYTES - len(start)
    yield start
    while left > 0:
        yield block[:left]
        left -= len(block)


def _traces(settings: Settings) -> tuple[int, set[str], int]:
    """Submissions, objects, and uploads under way."""
    connection = connect(settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select count(*) from catalog.submission), (select count(*) from catalog.incoming_object)"
        )
        submissions, incoming = cursor.fetchone() or (0, 0)
    connection.close()
    return submissions, set(ObjectStore(settings).keys("submissions/")), incoming


def test_a_large_upload_needs_little_memory(server: Any, keys: dict[str, str], students: Students) -> None:
    requests.get(f"{server.url}/api/v1/datasets", headers=_authorized(keys), timeout=30).raise_for_status()
    requests.post(
        server.url + UPLOAD, headers=_authorized(keys), files={"file": students()}, timeout=60
    ).raise_for_status()  # what is loaded once, at the first upload, is not counted
    before = _peak_memory(server.worker())
    digest = hashlib.sha256()

    def body() -> Iterator[bytes]:
        for block in _big(students()):
            digest.update(block)
            yield block

    headers = {**_authorized(keys), "Content-Type": "text/csv"}
    response = requests.post(server.url + UPLOAD, headers=headers, data=body(), timeout=300)  # chunked
    assert response.status_code == 201, response.text
    assert response.json()["bytes"] == UPLOAD_BYTES
    assert response.json()["sha256"] == digest.hexdigest()
    with requests.get(f"{response.headers['Location']}/file", headers=headers, stream=True, timeout=300) as download:
        returned = hashlib.sha256()
        for block in download.iter_content(MEBIBYTE):
            returned.update(block)
    assert returned.hexdigest() == digest.hexdigest()
    assert _peak_memory(server.worker()) - before < GROWTH_LIMIT


def test_a_large_form_needs_little_memory(server: Any, keys: dict[str, str], students: Students) -> None:
    requests.get(f"{server.url}/api/v1/datasets", headers=_authorized(keys), timeout=30).raise_for_status()
    before = _peak_memory(server.worker())
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
    tail = b"\r\n--b--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    connection.putrequest("POST", UPLOAD)
    for name, value in _authorized(keys).items():
        connection.putheader(name, value)
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(len(head) + UPLOAD_BYTES + len(tail)))
    connection.endheaders()
    connection.send(head)
    for block in _big(students()):
        connection.send(block)
    connection.send(tail)
    response = connection.getresponse()
    assert response.status == 201, response.read()
    assert f'"bytes":{UPLOAD_BYTES}' in response.read().decode()
    connection.close()
    assert _peak_memory(server.worker()) - before < GROWTH_LIMIT


@pytest.mark.parametrize("tail", [b"\r\n--b--\r\n", b"\r\n--b--", b"\r\n--b--\r\nan epilogue"])
def test_a_form_is_kept_as_sent_whatever_its_end(
    server: Any, keys: dict[str, str], students: Students, tail: bytes
) -> None:
    """Its length is told to the store from what usually stands at the end."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="end.csv"\r\n\r\n'
    content = b"".join(islice(_big(students()), 10))
    headers = {**_authorized(keys), "Content-Type": "multipart/form-data; boundary=b"}
    response = requests.post(server.url + UPLOAD, headers=headers, data=head + content + tail, timeout=60)
    assert response.status_code == 201, response.text
    kept = requests.get(f"{response.headers['Location']}/file", headers=_authorized(keys), timeout=60).content
    assert hashlib.sha256(kept).digest() == hashlib.sha256(content).digest()
    requests.delete(response.headers["Location"], headers=_authorized(keys), timeout=60).raise_for_status()


@pytest.mark.parametrize("kind", ["raw", "form", "chunked"])
def test_a_client_that_vanishes_leaves_nothing(
    server: Any, keys: dict[str, str], students: Students, module_settings: Settings, kind: str
) -> None:
    before = _traces(module_settings)
    content = students(60_000)  # some 12 MiB: more than one part of a multipart upload to the store
    if kind == "form":
        content = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n' + content
    half = content[: len(content) * 3 // 4]
    head = f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nAuthorization: {keys['ada']}\r\n"
    head += f"Content-Type: {'multipart/form-data; boundary=b' if kind == 'form' else 'text/csv'}\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n" if kind == "chunked" else f"Content-Length: {len(content)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head.encode())
        if kind == "chunked":
            client.sendall(f"{len(half):x}\r\n".encode() + half + b"\r\n")
        else:
            client.sendall(half)
        _wait_for(lambda: _traces(module_settings)[2] > before[2])  # the upload has begun
    _wait_for(lambda: _traces(module_settings) == before)


def _wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_same_file_from_many_at_the_same_moment_is_taken_once(
    server: Any, keys: dict[str, str], students: Students
) -> None:
    content = students(500)
    names = ["ada", "bola"] * 5

    def send(name: str) -> requests.Response:
        files = {"file": ("same.csv", content)}
        return requests.post(server.url + UPLOAD, headers=_authorized(keys, name), files=files, timeout=60)

    with ThreadPoolExecutor(len(names)) as threads:
        responses = list(threads.map(send, names))
    winner = next(name for name, r in zip(names, responses, strict=True) if r.status_code == 201)
    for name, response in zip(names, responses, strict=True):
        assert response.status_code in ((200, 201) if name == winner else (409,))
    assert [r.status_code for r in responses].count(201) == 1
    assert len({r.json()["id"] for r in responses if r.status_code < 300}) == 1


def test_the_same_idempotency_key_at_the_same_moment_makes_one_submission(
    server: Any, keys: dict[str, str], students: Students
) -> None:
    def send(content: bytes) -> requests.Response:
        headers = {**_authorized(keys), "Idempotency-Key": "one-of-six"}
        return requests.post(server.url + UPLOAD, headers=headers, files={"file": content}, timeout=60)

    with ThreadPoolExecutor(6) as threads:
        responses = list(threads.map(send, [students(50)] * 6))
    assert sorted(r.status_code for r in responses) == [200] * 5 + [201]
    assert len({r.json()["id"] for r in responses}) == 1


def test_two_new_versions_at_the_same_moment_make_one_successor(
    server: Any, keys: dict[str, str], students: Students
) -> None:
    old = requests.post(server.url + UPLOAD, headers=_authorized(keys), files={"file": students()}, timeout=60)

    def replace(content: bytes) -> requests.Response:
        url = old.headers["Location"] + "/file"
        return requests.put(url, headers=_authorized(keys), files={"file": content}, timeout=60)

    with ThreadPoolExecutor(6) as threads:
        responses = list(threads.map(replace, [students(50) for _ in range(6)]))
    assert sorted(r.status_code for r in responses) == [201] + [409] * 5
    assert {r.json()["code"] for r in responses if r.status_code == 409} == {"already_replaced"}


def test_a_refusal_reaches_a_client_that_sends_all_before_it_listens(server: Any, keys: dict[str, str]) -> None:
    """The header is wrong, and the answer is there before the other 40 MiB are: it must not drown in a reset."""
    content = b"a,b\n" + b"1,2\n" * (10 * MEBIBYTE)
    for headers, status in ((_authorized(keys), 422), ({}, 401)):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("POST", UPLOAD, body=content, headers={**headers, "Content-Type": "text/csv"})
        assert connection.getresponse().status == status
        connection.close()


def test_a_file_over_the_limit_is_refused_at_once_by_its_length(server: Any, keys: dict[str, str]) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        head = f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nAuthorization: {keys['ada']}\r\nContent-Type: text/csv\r\n"
        client.sendall((head + f"Content-Length: {6 * 1024**3}\r\n\r\n").encode())
        assert b" 413 " in client.recv(1000)


def test_those_who_wait_do_not_keep_others_out(server: Any, keys: dict[str, str], students: Students) -> None:
    url = requests.post(server.url + UPLOAD, headers=_authorized(keys), files={"file": students()}, timeout=60).headers[
        "Location"
    ]
    with ThreadPoolExecutor(20) as threads:
        waiting = [
            threads.submit(requests.get, f"{url}?wait=4", headers=_authorized(keys), timeout=60) for _ in range(20)
        ]
        time.sleep(0.5)
        requests.get(f"{server.url}/api/v1/submissions", headers=_authorized(keys), timeout=60).raise_for_status()
        # There is room for some to wait; the others are answered at once.
        assert {w.done() for w in waiting} == {True, False}
        assert {w.result().status_code for w in waiting} == {200}


def test_the_log_tells_what_happened_and_nothing_of_the_data(
    server: Any, keys: dict[str, str], students: Students
) -> None:
    url, headers = server.url + UPLOAD, _authorized(keys)
    secret = "Oluwaseun Adebayo"
    for content in (students(3, **{"First Name": secret}), students().split(b"\n", 1)[1], secret.encode(), b""):
        requests.post(url, headers=headers, files={"file": content}, timeout=60)
    sent = requests.post(url, headers=headers, files={"file": students(3, Email=secret)}, timeout=60)
    requests.patch(sent.headers["Location"], headers=headers, json={"note": secret}, timeout=60)
    requests.get(f"{sent.headers['Location']}/file", headers=headers, timeout=60)
    _wait_for(lambda: f"{sent.json()['id']}/file" in server.log.read_text())
    log = server.log.read_text()
    for private in (secret, "Oluwaseun", "Okonkwo", "12 Example Close", keys["ada"]):
        assert private not in log
