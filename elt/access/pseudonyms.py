"""What a student is called where nobody is to know who it is: stable in one installation, different in any other."""

import hashlib
import hmac

from psycopg2.extensions import connection as Connection

from elt.database import only_row

LETTERS = 16  # of 64: enough that no two students of a district meet


def pseudonym(connection: Connection, source_system: str, student_id: str) -> str:
    """A student's name for those who are not to know the school's: HMAC-SHA-256 under the installation's secret."""
    with connection.cursor() as cursor:
        cursor.execute("select value from access.secret where name = 'pseudonym'")
        secret = bytes(only_row(cursor)[0])
    message = f"{source_system}\0{student_id}".encode()
    return "student-" + hmac.new(secret, message, hashlib.sha256).hexdigest()[:LETTERS]
