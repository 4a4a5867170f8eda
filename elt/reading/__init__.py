"""From an object to records: encoding, dialect, header, and each line with its number."""
