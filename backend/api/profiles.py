"""What is in a described dataset: counts, ranges and categories, never a value of a personal column."""

from contextlib import closing
from typing import Any

from flask import Blueprint, Response, jsonify

from backend.api.representation import time_text
from backend.auth import require_role
from backend.services import services
from elt.access.roles import SENDERS
from elt.contracting.contract import Contract
from elt.database import connect
from elt.errors import NotFound
from elt.receiving.whole_files import contract_of
from elt.transforming import profiling
from elt.transforming.profiling import Profile

blueprint = Blueprint("profiles", __name__, url_prefix="/api/v1/datasets")


@blueprint.get("/<dataset:dataset>/profile")
@require_role(*SENDERS)
def get_profile(dataset: str) -> Response:
    """What is in a described dataset, column by column.
    ---
    tags: [datasets]
    description: >
      Over the rows that are loaded now: rows, and per column the missing and distinct values, range, mean and
      categories. Of a column that is marked personal, only how many there are.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    responses:
      200:
        description: The profile; `is_current` is false while a newer one is being counted.
        content: {application/json: {schema: {$ref: "#/components/schemas/Profile"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    return jsonify(dataset=dataset, **to_json(profile_of(dataset)))


def to_json(profile: Profile) -> dict[str, Any]:
    """A profile as a client sees it."""
    return {"computed_at": time_text(profile.computed_at), "is_current": profile.is_current, **profile.content}


def profile_of(dataset: str) -> Profile:
    """The profile of a dataset that the account may see. Raises NotFound where it ships with Laurel."""
    contract = described(dataset)
    # A connection of its own: counting may take a while, and others must not wait for the pool.
    with closing(connect(services().settings.database_url)) as connection:
        return profiling.profile(connection, contract)


def described(dataset: str) -> Contract:
    """The contract of a dataset that a researcher has described. Raises NotFound for any other."""
    contract = contract_of(services().contracts, dataset)
    if not contract.is_described:
        raise NotFound(
            "ships_with_laurel",
            "This dataset ships with Laurel; its insights and the page of its data quality say what is in it.",
            allowed="Datasets that a researcher has described have a profile, and a target that its owner names.",
        )
    return contract
