"""E-mail goes out encrypted, to a server that is who it says it is."""

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from elt.errors import LaurelError
from elt.reports.mailing import mail_server
from elt.settings import SmtpServer
from stack import ports

HOST = "127.0.0.2"  # not one of the names of this machine that need no encryption


class Mailbox:
    """Keeps whether messages came over an encrypted connection."""

    def __init__(self) -> None:
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that signs itself, for HOST."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def served(scheme: str, certificate: Path | None) -> Iterator[tuple[SmtpServer, Mailbox]]:
    """A mail server that takes one sign-in; by STARTTLS, or with TLS from the start."""
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    port, mailbox = ports.any_free(), Mailbox()
    controller = Controller(
        mailbox,
        hostname=HOST,
        port=port,
        ssl_context=context if scheme == "smtps" else None,
        tls_context=context if scheme == "smtp" else None,
        auth_require_tls=scheme == "smtp" and context is not None,
        authenticator=lambda _, __, ___, ____, given: AuthResult(success=given.password == b"right", handled=False),
    )
    controller.start()
    try:
        yield SmtpServer.from_url(f"{scheme}://laurel:right@{HOST}:{port}", "laurel@example.org"), mailbox
    finally:
        controller.stop()


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_message_goes_out_encrypted(scheme: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with served(scheme, certificate) as (smtp, mailbox):
        with mail_server(smtp) as server:
            server.sendmail(smtp.sender, ["head@example.org"], "Subject: A report\r\n\r\nThere it is.\r\n")
        assert mailbox.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_could_be_anybody_gets_nothing(scheme: str, certificate: Path) -> None:
    with served(scheme, certificate) as (smtp, mailbox):
        with pytest.raises(LaurelError) as refused, mail_server(smtp):
            pass
        assert (refused.value.code, mailbox.encrypted) == ("mail_not_encrypted", [])


def test_a_server_without_encryption_gets_neither_message_nor_password() -> None:
    with served("smtp", None) as (smtp, _), pytest.raises(LaurelError) as refused, mail_server(smtp):
        pass
    assert refused.value.code == "mail_not_encrypted"


def test_a_wrong_password_is_told(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with served("smtps", certificate) as (smtp, _):
        wrong = SmtpServer(smtp.host, smtp.port, smtp.user, "wrong", smtp.sender, smtp.is_tls)
        with pytest.raises(LaurelError) as refused, mail_server(wrong):
            pass
    assert refused.value.code == "mail_sign_in"
