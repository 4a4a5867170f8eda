"""Sends the reports of an edition to those who asked for them, over a connection that nobody can listen to."""

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from psycopg2.extensions import connection as Connection

from elt import audit
from elt.database import transaction
from elt.errors import LaurelError, Unavailable
from elt.reports import editions
from elt.reports.api import ReportsApi
from elt.reports.editions import Edition
from elt.settings import Settings, SmtpServer

TIMEOUT_SECONDS = 30
MOST_ATTACHED = 20  # of more files the message only says where they are

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Due:
    """A report that an account asked for and has not been sent of this edition."""

    account_id: int
    report: str
    email: str


def send_edition(connection: Connection, api: ReportsApi, settings: Settings, edition: Edition) -> int:
    """Send what is due of a finished edition, as each account sees it; the number of messages.

    Nothing where no mail server is configured. A message that the server refuses keeps none of the others back: raises
    LaurelError after them, and Unavailable where the server does not answer.
    """
    if settings.smtp is None:
        return 0
    with transaction(connection):
        due = _due(connection, edition)
    if not due:
        return 0
    sent, refused = 0, 0
    with mail_server(settings.smtp) as server:
        for one in due:
            files = _files(api, one, edition)
            if files == []:  # it may not read this report any more, or is nobody's teacher now
                continue
            message = _message(one, files, settings, settings.smtp, edition)
            if _sent(connection, server, message, one, edition):
                sent += 1
            else:
                refused += 1
    if refused:
        raise LaurelError(
            "mail_refused",
            f"The mail server refused {refused} of {sent + refused} messages.",
            remedy="See that the addresses in catalog.report_subscription are right.",
        )
    return sent


def _due(connection: Connection, edition: Edition) -> list[Due]:
    """Whose account is closed is sent nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select account_id, subscription.report, subscription.email "
            "from catalog.report_subscription as subscription join catalog.account using (account_id) "
            "where closed_at is null and not exists (select from catalog.report_delivery as delivery "
            "where delivery.report_edition_id = %s and delivery.account_id = account.account_id "
            "and delivery.report = subscription.report) order by account_id, subscription.report",
            [edition.report_edition_id],
        )
        return [Due(*row) for row in cursor.fetchall()]


def _files(api: ReportsApi, due: Due, edition: Edition) -> list[tuple[str, bytes]] | None:
    """Name and PDF of each, built as the account sees them now; None where they are too many for a message.

    An account that may not read the report any more finds none.
    """
    wanted = [one for one in api.catalogue(due.account_id).wanted() if one.report == due.report]
    if len(wanted) > MOST_ATTACHED:
        return None
    return [
        (
            f"{editions.stem(one.report, one.subject)}.pdf",
            api.report(one, "pdf", edition.data_version, due.account_id),
        )
        for one in wanted
    ]


def _message(
    due: Due, files: list[tuple[str, bytes]] | None, settings: Settings, smtp: SmtpServer, edition: Edition
) -> EmailMessage:
    """What is sent: the reports where they are few, else where to find them."""
    message = EmailMessage()
    message["From"], message["To"] = smtp.sender, due.email
    message["Subject"] = f"Laurel: {due.report} report of {edition.published_at:%-d %B %Y}"
    where = "too many to attach" if files is None else f"{len(files)} attached"
    message.set_content(
        f"The {due.report} report of Laurel's data version {edition.data_version} is ready ({where}).\n\n"
        f"All reports: {settings.api_url}/reports\n\n"
        "You get this because you asked for it; the page above ends it.\n"
    )
    for name, pdf in files or ():
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
    return message


def _sent(connection: Connection, server: smtplib.SMTP, message: EmailMessage, due: Due, edition: Edition) -> bool:
    """Whether the server took it; that it did is on record in the same transaction as that it is not due any more."""
    try:
        with transaction(connection):
            with connection.cursor() as cursor:
                cursor.execute(
                    "insert into catalog.report_delivery (report_edition_id, account_id, report) values (%s, %s, %s)",
                    [edition.report_edition_id, due.account_id, due.report],
                )
            audit.record(connection, due.account_id, "report.mailed", due.report, {"version": edition.data_version})
            server.send_message(message)
    except smtplib.SMTPServerDisconnected as error:
        raise _unavailable() from error
    except smtplib.SMTPException as error:
        log.error("The mail server refused a message for account %d: %s", due.account_id, type(error).__name__)
        return False
    return True


@contextmanager
def mail_server(smtp: SmtpServer) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted unless the server is on this machine, and signed in where there is a user.

    Raises Unavailable where the server does not answer, LaurelError where it cannot be trusted or refuses the sign-in.
    """
    context = ssl.create_default_context()
    try:
        if smtp.is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS)
        with server:
            if not smtp.is_tls and not smtp.is_loopback:
                server.starttls(context=context)
            if smtp.user:
                server.login(smtp.user, smtp.password or "")
            yield server
    except smtplib.SMTPAuthenticationError as error:
        raise LaurelError(
            "mail_sign_in", "The mail server refused the sign-in.", remedy="See LAUREL_SMTP_URL."
        ) from error
    except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
        raise LaurelError(
            "mail_not_encrypted",
            "The mail server offers no encryption that this machine trusts; nothing was sent.",
            allowed="STARTTLS, or TLS from the start (smtps://), with a certificate for the host's name.",
            remedy="See LAUREL_SMTP_URL; for a certificate authority of your own, set SSL_CERT_FILE.",
        ) from error
    except (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable("mail_unavailable", "The mail server did not answer.", remedy="See LAUREL_SMTP_URL.")
