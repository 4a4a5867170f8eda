"""What an insight is, and its forms: rows, JSON, CSV, chart, report. Knows Postgres; not Flask."""
