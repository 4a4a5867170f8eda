"""The pages on which a researcher describes a dataset: sample, draft with its screening, confirmation, profile."""

from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend.api import drafts as api
from backend.api import profiles
from backend.api import targets as target_api
from backend.auth import account, require_role, visible_account_id
from backend.incoming import RequestBody, open_file
from backend.pages.signing_in import check_csrf
from backend.reporting import models
from backend.reporting.result import snapshot
from backend.services import services
from elt.access.roles import SENDERS
from elt.contracting import datasets
from elt.contracting import document as contract_document
from elt.contracting import versions as contract_versions
from elt.contracting.contract import Contract
from elt.drafting import ledger as drafts
from elt.drafting.ledger import SampleDraft
from elt.errors import Refused
from elt.predicting import targets
from elt.reading import header_mapping
from elt.receiving.whole_files import contract_of

VERDICTS = ("fail", "warning", "pass")  # what needs a hand comes first


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their part about datasets."""
    blueprint.add_url_rule("/datasets", "datasets", view_func=overview, methods=["GET"])
    blueprint.add_url_rule("/datasets", "take_sample", view_func=take_sample, methods=["POST"])
    blueprint.add_url_rule("/datasets/drafts/<uuid:id>", view_func=draft, methods=["GET"])
    blueprint.add_url_rule("/datasets/drafts/<uuid:id>", "change_draft", view_func=change_draft, methods=["POST"])
    blueprint.add_url_rule("/datasets/<dataset:name>", view_func=dataset, methods=["GET"])
    blueprint.add_url_rule("/datasets/<dataset:name>", "share_dataset", view_func=share, methods=["POST"])
    blueprint.add_url_rule("/datasets/<dataset:name>/target", view_func=name_target, methods=["POST"])


@require_role()
def overview() -> str:
    """Every dataset that the account may see, its drafts, and the form for a new sample."""
    contracts = list(services().contracts.values())
    with services().pool.connection() as connection:
        found = drafts.listing(connection, visible_account_id())
        owners = {c.name: datasets.ownership(connection, c.name) for c in contracts if c.is_described}
    open_drafts = [draft for draft in found if draft.status != "confirmed"]
    return render_template("datasets.html", contracts=contracts, owners=owners, drafts=open_drafts)


@require_role(*SENDERS)
def take_sample() -> Response:
    """Take a sample in; the form's fields stand before its file."""
    parts = services()
    g.body = RequestBody(request)
    file = open_file(request, g.body, parts.settings.max_upload_bytes, default_name="sample.csv")
    check_csrf(file.fields)
    draft = api.drafted(file.fields.get("name", "").strip(), file)
    return redirect(url_for("pages.draft", id=draft.id))


@require_role(*SENDERS)
def draft(id: UUID) -> str:
    """A draft: what was found, and the form to edit it."""
    with services().pool.connection() as connection:
        found = drafts.find(connection, id, visible_account_id())
    return _draft_page(found, found.flaws())


def _draft_page(found: SampleDraft, flaws: list[dict[str, str]]) -> str:
    findings = found.findings or {}
    screening = sorted(findings.get("screening", []), key=lambda finding: VERDICTS.index(finding["verdict"]))
    columns = {column["name"]: column for column in findings.get("columns", [])}
    return render_template(
        "draft.html",
        draft=found,
        contract=found.contract,
        flaws=flaws,
        screening=screening,
        evidence=columns,
        findings=findings,
        types=contract_document.TYPES,
        kinds=contract_document.PERSONAL,
    )


@require_role(*SENDERS)
def change_draft(id: UUID) -> Response | tuple[str, int]:
    """Save, confirm or delete, as the button says."""
    check_csrf(request.form)
    action = request.form.get("action")
    with services().pool.connection() as connection:
        found = drafts.find(connection, id, visible_account_id())
        if action == "delete":
            drafts.remove(connection, services().store, found, account().account_id)
            return redirect(url_for("pages.datasets"))
    edited, name = _from_form(found), request.form.get("dataset", "").strip()
    try:
        with services().pool.connection() as connection:
            drafts.edit(connection, found, name, edited, account().account_id)
    except Refused as refusal:
        if refusal.code != "bad_contract":
            raise
        attempted = SampleDraft(**{**vars(found), "contract": edited, "dataset_id": name or found.dataset_id})
        return _draft_page(attempted, refusal.details.get("flaws", [])), 422
    if action != "confirm":
        return redirect(url_for("pages.draft", id=id))
    confirmed = api.confirmed(id, "load" in request.form)
    return redirect(url_for("pages.dataset", name=confirmed.dataset_id))


def _from_form(found: SampleDraft) -> dict[str, Any]:
    """The draft's contract with what stands in the form."""
    form = request.form
    contract = dict(found.contract or {})
    fields = [_field(field, str(number)) for number, field in enumerate(contract.get("fields", []))]
    key = [field["name"] for number, field in enumerate(fields) if f"key-{number}" in form]
    return {
        **contract,
        "title": form.get("title", ""),
        "description": form.get("description", ""),
        "primaryKey": key,
        "fields": fields,
    }


def _field(field: dict[str, Any], number: str) -> dict[str, Any]:
    form = request.form
    kind = form.get(f"type-{number}", field.get("type"))
    constraints = dict(field.get("constraints", {})) if kind == field.get("type") else {}
    constraints.pop("required", None)
    if f"required-{number}" in form:
        constraints["required"] = True
    for name in ("minimum", "maximum"):
        constraints.pop(name, None)
        if text := form.get(f"{name}-{number}", "").strip():
            constraints[name] = text
    return {
        **field,
        "type": kind,
        "description": form.get(f"description-{number}", ""),
        "example": form.get(f"example-{number}", field.get("example", "")),
        "personal": form.get(f"personal-{number}") or None,
        "constraints": constraints,
    }


@require_role()
def dataset(name: str) -> str:
    """A dataset: its contract with its profile, versions, what is predicted, and what your files call its columns."""
    contract = contract_of(services().contracts, name)
    with snapshot(services().reader_pool) as connection:
        trained = models.listed(connection, name)
    with services().pool.connection() as connection:
        target = targets.find(connection, contract)
        owner = datasets.ownership(connection, name)
        versions = contract_versions.versions(connection, name)
        mapping = header_mapping.remembered(connection, account().account_id, name)
    profile = profiles.profile_of(name) if contract.is_described else None
    counted = {column["column"]: column for column in profile.content["columns"]} if profile else {}
    return render_template(
        "dataset.html",
        contract=contract,
        owner=owner,
        versions=versions,
        mapping=mapping,
        profile=profile,
        counted=counted,
        viewer=account(),
        may_share=_may_share(contract, owner),
        target=target,
        predictable=targets.predictable(contract),
        models=trained,
    )


def _may_share(contract: Contract, owner: datasets.Ownership) -> bool:
    return contract.is_described and (account().is_administrator or owner.account_id == account().account_id)


@require_role(*SENDERS)
def share(name: str) -> Response:
    """Share the dataset, or no longer."""
    check_csrf(request.form)
    contract = contract_of(services().contracts, name)
    with services().pool.connection() as connection:
        datasets.check_owner(connection, name, account())
        datasets.share(connection, contract, "shared" in request.form, account())
    return redirect(url_for("pages.dataset", name=name))


@require_role(*SENDERS)
def name_target(name: str) -> Response:
    """Have a column predicted, or none any more."""
    check_csrf(request.form)
    if request.form.get("action") == "end":
        target_api.end(name)
    else:
        target_api.name(name, request.form.get("column", ""), request.form.get("student", ""))
    return redirect(url_for("pages.dataset", name=name, _anchor="target"))
