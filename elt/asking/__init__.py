"""Ask: a person's own SQL on the marts. Postgres says what it may read; nothing here looks at the text."""
