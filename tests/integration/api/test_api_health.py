"""What an operator looks at."""

from collections.abc import Callable
from typing import Any

Students = Callable[..., bytes]


def _samples(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(number) for name, number in (line.rsplit(" ", 1) for line in lines)}


def test_alive_and_ready(stranger: Any) -> None:
    assert stranger.get("/healthz").json == {"status": "ok"}
    ready = stranger.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {"status": "ok", "checks": {"database": "ok", "reader": "ok", "store": "ok"}}


def test_metrics_follow_the_ledger(stranger: Any, ada: Any, students: Students, load_all: Callable[[], None]) -> None:
    def samples() -> dict[str, float]:
        response = stranger.get("/metrics")
        assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
        return _samples(response.text)

    assert samples()["laurel_home_free_bytes"] > 0
    assert samples()["laurel_oldest_waiting_submission_seconds"] == 0
    content = students(40, Age="four")
    ada.upload(content)
    waiting = samples()
    labels = '{dataset="laurel/students",status="received"}'
    assert waiting[f"laurel_submissions{labels}"] == 1
    assert waiting[f"laurel_submission_bytes{labels}"] == len(content)
    assert 0 < waiting["laurel_oldest_waiting_submission_seconds"] < 60
    load_all()
    loaded = samples()
    assert f"laurel_submissions{labels}" not in loaded
    assert loaded['laurel_submissions{dataset="laurel/students",status="loaded"}'] == 1
    assert loaded['laurel_rows_loaded{dataset="laurel/students"}'] == 39
    assert loaded['laurel_rows_rejected{dataset="laurel/students"}'] == 1
    assert loaded['laurel_dataset_unpublished_changes{dataset="laurel/students"}'] == 1
    assert loaded["laurel_oldest_waiting_submission_seconds"] == 0
    assert "laurel_last_publication_age_seconds" not in loaded


def test_metrics_tell_no_name_and_no_cell(stranger: Any, ada: Any, students: Students) -> None:
    ada.upload(students(), "Okonkwo.csv")
    text = stranger.get("/metrics").text
    assert "Okonkwo" not in text
    assert "ada" not in text.replace("metadata", "")
