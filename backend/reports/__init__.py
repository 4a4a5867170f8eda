"""One file per report: whom it is for, and which insights it is composed of (see docs/reports.md)."""
