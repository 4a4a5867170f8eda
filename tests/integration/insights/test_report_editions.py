"""The weekly edition: built through a real backend into a real store, once, and sent to whoever asked, once."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from werkzeug.serving import make_server

from backend.app import create_app
from elt.access import accounts
from elt.database import connect, transaction
from elt.errors import LaurelError
from elt.reports import editions
from elt.reports.building import EditionReport, build_edition
from elt.settings import Settings, SmtpServer
from elt.store import ObjectStore
from elt.transforming.run import transform
from stack import ports
from tests.integration.dags.programs import DAGS, command, environment
from tests.integration.insights.conftest import Visitor
from tests.integration.pipeline import Pipeline, csv_file, students

SS1 = {"Grade Level": "SS1", "Stream": "Science"}
ALL = {("principal", ""), ("class", "SS1 Science"), ("student", "LHS-1"), ("student", "LHS-2")}


class Mailbox:
    """A real SMTP server's memory; it refuses one address."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"


@dataclass
class System:
    """A modelled school of two, its backend under HTTP, a mail server, and an administrator."""

    settings: Settings
    mailbox: Mailbox
    admin: Visitor

    def build(self) -> EditionReport:
        """One run of the DAG's task."""
        return build_edition(self.settings, ObjectStore(self.settings))

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows, as the owner sees them."""
        with closing(connect(self.settings.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


def _two_students() -> dict[str, bytes]:
    grades = [
        {"Student ID": id, "Grade Level": "SS1", "Subject": subject, "Term": term}
        for id in ("LHS-1", "LHS-2")
        for subject in ("Mathematics", "English Language")
        for term in ("First Term", "Second Term")
    ]
    return {
        "laurel/students": students("LHS-1", "LHS-2", **SS1),
        "laurel/academic_history": csv_file("laurel/academic_history", grades),
    }


@contextmanager
def _served(settings: Settings, port: int) -> Iterator[Any]:
    app = create_app(settings)
    server = make_server(ports.LOOPBACK, port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def system(modelled_settings: Settings) -> Iterator[System]:
    """Everything that an edition needs, running."""
    pipeline = Pipeline.of(modelled_settings)
    for dataset, content in _two_students().items():
        pipeline.send(content, dataset)
    assert not pipeline.poll().failed
    assert transform(modelled_settings) is not None
    with pipeline.pool.connection() as connection:
        key = accounts.add(connection, "head", "administrator")
    pipeline.pool.close()
    port, mail_port, mailbox = ports.any_free(), ports.any_free(), Mailbox()
    settings = replace(
        modelled_settings,
        backend_url=f"http://{ports.LOOPBACK}:{port}",
        smtp=SmtpServer.from_url(f"smtp://{ports.LOOPBACK}:{mail_port}", "laurel@example.org"),
    )
    mail = Controller(mailbox, hostname=ports.LOOPBACK, port=mail_port)
    mail.start()
    with _served(settings, port) as app:
        yield System(settings, mailbox, Visitor(app.test_client(), key))
    mail.stop()


@pytest.fixture(scope="module")
def first(system: System) -> EditionReport:
    """The first edition, sent to an administrator who asked for two of its reports, and to an address that is wrong."""
    for report in ("principal", "class"):
        told = {"email": "head@example.org"}
        assert system.admin.send("PUT", f"/api/v1/report-editions/subscriptions/{report}", told).status_code == 200
    return system.build()


def test_every_report_is_built_once(system: System, first: EditionReport) -> None:
    assert (first.built, first.sent) == (len(ALL), 2)
    assert replace(first, built=0, sent=0) == system.build()
    assert len(system.mailbox.messages) == 2


def test_the_dag_s_task_is_this_run(system: System, first: EditionReport, tmp_path: Path) -> None:
    smtp = system.settings.smtp
    assert smtp is not None
    run = subprocess.run(
        command("run_task", str(DAGS), "reports", "build_reports"),
        env={
            **environment(tmp_path, system.settings),
            "LAUREL_BACKEND_URL": system.settings.backend_url,
            "LAUREL_SMTP_URL": f"smtp://{smtp.host}:{smtp.port}",
            "LAUREL_SMTP_FROM": smtp.sender,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert json.loads(run.stdout.splitlines()[-1])["raised"] is None, run.stdout[-2000:]
    assert f"EditionReport(data_version={first.data_version}, built=0, sent=0)" in run.stdout


def test_what_is_in_the_store_is_what_the_api_builds(system: System, first: EditionReport) -> None:
    store = ObjectStore(system.settings)
    with closing(connect(system.settings.database_url)) as connection:
        [edition] = editions.editions(connection, 9)
        files = editions.files(connection, edition.report_edition_id)
    assert edition.finished_at is not None
    assert {(file.report, file.subject) for file in files} == ALL
    keys = {key for file in files for key in (file.object_key, *file.page_keys())}
    assert set(store.keys("reports/")) == keys
    for file in files:
        name = {"": "", "SS1 Science": "?class=SS1%20Science"}.get(file.subject, f"?student={file.subject}")
        with store.open(file.object_key) as stored:
            assert stored.read() == system.admin.get(f"/api/v1/reports/{file.report}.pdf{name}").data


def test_an_edition_is_listed_and_its_files_fetched_on_record(system: System, first: EditionReport) -> None:
    [listed] = system.admin.get("/api/v1/report-editions").get_json()["editions"]
    edition = system.admin.get(listed["links"]["self"]).get_json()
    assert len(edition["files"]) == listed["file_count"] == len(ALL)
    page = system.admin.get("/reports").get_data(as_text=True)
    assert f"/reports/editions/{edition['edition']}" in page
    assert "class=SS1+Science" in page or "class=SS1%20Science" in page
    assert "LHS-1" in system.admin.get(f"/reports/editions/{edition['edition']}").get_data(as_text=True)
    before = len(system.query("select 1 from catalog.audit_event where action = 'report.download'"))
    for file in edition["files"]:
        built = f"/api/v1/reports/{file['report']}.zip"
        subject = {None: "", "SS1 Science": "?class=SS1%20Science"}.get(file["subject"], f"?student={file['subject']}")
        assert system.admin.get(file["links"]["zip"]).data == system.admin.get(built + subject).data
        assert system.admin.get(file["links"]["pdf"]).mimetype == "application/pdf"
    after = len(system.query("select 1 from catalog.audit_event where action = 'report.download'"))
    assert after - before == 2 * len(ALL)


def test_a_message_carries_the_report_and_no_name_of_a_student(system: System, first: EditionReport) -> None:
    of_principal = next(message for message in system.mailbox.messages if "principal" in str(message["Subject"]))
    assert (of_principal["To"], of_principal["From"]) == ("head@example.org", "laurel@example.org")
    text, attached = of_principal.get_payload()  # type: ignore[misc]
    assert "LHS-" not in text.get_payload()  # type: ignore[union-attr]
    pdf = attached.get_payload(decode=True)  # type: ignore[union-attr]
    assert pdf == system.admin.get("/api/v1/reports/principal.pdf").data
    mailed = system.query("select subject from catalog.audit_event where action = 'report.mailed' order by 1")
    assert mailed == [("class",), ("principal",)]


def test_the_run_leaves_no_key_behind(system: System, first: EditionReport) -> None:
    assert system.query(
        "select count(*) from catalog.api_key join catalog.account using (account_id) "
        "where name = 'laurel-reports' and revoked_at is null"
    ) == [(0,)]


def test_a_refused_address_keeps_nobody_else_s_report_back(system: System, first: EditionReport) -> None:
    with closing(connect(system.settings.database_url)) as connection, transaction(connection):
        lost = accounts.add(connection, "lost", "administrator")
        curious = accounts.add(connection, "curious", "researcher")
    for key, code in ((lost, 200), (curious, 404)):
        visitor = Visitor(system.admin.flask, key)
        told = {"email": "nobody@example.org"}
        path = "/api/v1/report-editions/subscriptions/principal"
        assert visitor.send("PUT", path, told).status_code == code
        assert visitor.get("/api/v1/report-editions").status_code == (200 if code == 200 else 403)
    with pytest.raises(LaurelError, match="1 of 1"):
        system.build()
    assert Visitor(system.admin.flask, lost).send("DELETE", path, None).status_code == 204
    assert system.build().sent == 0


@pytest.mark.parametrize("email", ["", "no address", "two@example.org, three@example.org", "x@y\nBcc: z@y", 7, None])
def test_what_is_no_address_is_refused(system: System, email: object) -> None:
    path = "/api/v1/report-editions/subscriptions/principal"
    assert system.admin.send("PUT", path, {"email": email}).status_code == 400
