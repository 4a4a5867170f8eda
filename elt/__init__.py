"""Plain Python from an uploaded file to published marts and predictions; README.md says which folder does what."""
