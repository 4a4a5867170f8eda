"""The pages that each role has in its navigation."""

EVERYBODY = ("/", "/performance", "/what-matters", "/cohorts", "/district", "/insights", "/data", "/datasets")
PAGES = {
    "teacher": (*EVERYBODY, "/students", "/reports"),
    "principal": (*EVERYBODY, "/students", "/reports"),
    "administrator": (*EVERYBODY, "/students", "/reports", "/ask", "/audit", "/transform"),
    "auditor": (*EVERYBODY, "/audit", "/transform"),
    "researcher": EVERYBODY,
}
