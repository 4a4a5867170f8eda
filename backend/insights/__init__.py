"""One file per insight; backend.reporting.registry finds them. docs/insights.md says how to add one."""
