"""HTTP: the upload API, the insight API and the web pages. Knows Flask; never Airflow."""
