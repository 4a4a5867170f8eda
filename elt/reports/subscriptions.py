"""Which reports an account is sent, and to which address."""

from psycopg2.extensions import connection as Connection


def put(connection: Connection, account_id: int, report: str, email: str) -> None:
    """Send this report to this address from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.report_subscription (account_id, report, email) values (%s, %s, %s) "
            "on conflict (account_id, report) do update set email = excluded.email",
            [account_id, report, email],
        )


def remove(connection: Connection, account_id: int, report: str) -> None:
    """Send it no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from catalog.report_subscription where account_id = %s and report = %s", [account_id, report]
        )


def of(connection: Connection, account_id: int) -> dict[str, str]:
    """The address by report."""
    with connection.cursor() as cursor:
        cursor.execute("select report, email from catalog.report_subscription where account_id = %s", [account_id])
        return dict(cursor.fetchall())
