-- When a key was last used, to the minute: a key that nobody uses can go.
alter table catalog.api_key add column last_used_at timestamptz;
