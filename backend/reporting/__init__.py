"""What an insight is, and its forms: rows, JSON, CSV, chart, one-page report. Knows Postgres; not Flask."""
