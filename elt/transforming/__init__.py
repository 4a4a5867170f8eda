"""From raw to published marts: dbt builds and tests, then all of it is published at once."""
