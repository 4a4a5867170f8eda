"""The application, wired: settings in, Flask out. Run by `gunicorn 'backend.app:create_app()'`."""

import logging

from flask import Flask

from backend import pages, problems, rate_limit, readiness, security, waiting
from backend.api import (
    accounts,
    ask,
    audit,
    contracts,
    datasets,
    diffs,
    downloads,
    drafts,
    dry_runs,
    fixes,
    header_mappings,
    health,
    insights,
    keys,
    model_docs,
    multipart,
    parameters,
    predictions,
    profiles,
    provenance,
    questions,
    report_editions,
    reports,
    submissions,
    targets,
    uploads,
    versions,
)
from backend.api.converters import DatasetConverter
from backend.openapi import page
from backend.pages import live, openid
from backend.services import EXTENSION, Services
from elt.contracting.contract import load_contracts
from elt.database import Pool
from elt.settings import Settings
from elt.store import ObjectStore

# Per process. An upload holds no connection while its bytes stream, so a few serve many threads.
POOL_SIZE = 8
# Per process; must stay below gunicorn's threads, or those who wait would keep everybody else out.
WAITING_PLACES = 8
BODY_LIMIT = 2**20  # of JSON and forms; files are streamed, and have their own limit


def create_app(settings: Settings | None = None) -> Flask:
    """The whole application. Connects to nothing yet: it starts, and says so in /readyz, while a part is away."""
    settings = settings or Settings.from_environment()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = Flask("backend")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config.update(
        SECRET_KEY=settings.session_secret,
        SESSION_COOKIE_NAME="laurel_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.api_url.startswith("https:"),
        MAX_CONTENT_LENGTH=BODY_LIMIT,
    )
    app.extensions[EXTENSION] = Services(
        settings=settings,
        pool=Pool(settings.database_url, POOL_SIZE),
        readers=Pool(settings.reader_database_url, POOL_SIZE),
        store=ObjectStore(settings),
    )
    parts = app.extensions[EXTENSION]
    app.extensions[readiness.EXTENSION] = readiness.Readiness(
        parts.pool, parts.readers, ObjectStore(settings, readiness.PATIENCE_SECONDS, attempts=1)
    )
    app.extensions[waiting.EXTENSION] = waiting.WaitingRoom(WAITING_PLACES)
    app.extensions[live.EXTENSION] = live.Live(parts.pool)
    app.url_map.converters["dataset"] = DatasetConverter
    problems.register(app)
    rate_limit.register(app)
    app.before_request(parameters.refuse_unstorable)
    described = (drafts, contracts, header_mappings, profiles, targets)
    data = (datasets, *described, submissions, uploads, multipart, downloads, dry_runs, fixes, versions, diffs)
    reading = (predictions, provenance, insights, ask, questions, reports, report_editions)
    for resource in (*data, *reading, accounts, keys, audit, model_docs, health, pages):
        app.register_blueprint(resource.blueprint)
    page.register(app, load_contracts())
    openid.register(app, settings)
    app.after_request(security.add_headers)
    return app
