"""Editions of the reports: built through the backend's API, kept in the store, listed, and sent by e-mail."""
