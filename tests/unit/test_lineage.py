"""Lineage: every name that a model reads is known, also where its Jinja puts the name together."""

from elt.contracting.contract import load_contracts
from elt.transforming.lineage import Node, around, datasets_behind, direct


def test_every_mart_and_every_insight_leads_back_to_a_dataset() -> None:
    without = [
        node.name
        for node in direct()
        if node.kind == "insight" and not any(one.kind == "dataset" for one in around(node))
    ]
    assert without == []
    known = {one.name for read in direct().values() for one in read if one.kind == "dataset"}
    assert {name for name in load_contracts() if name.startswith(("laurel/", "oulad/"))} <= known


def test_names_that_are_put_together_in_a_loop_count() -> None:
    # int_factor_observation reads `int_' ~ part ~ '_factor` for each part.
    assert {"laurel/students", "laurel/survey", "laurel/teachers"} <= datasets_behind("rpt_factor_association")
    assert Node("insight", "subgroup_gaps") in around(Node("dataset", "laurel/students"))


def test_lineage_goes_one_way_at_a_time() -> None:
    # What else an insight reads is not made from the students.
    assert Node("dataset", "oulad/vle") not in around(Node("dataset", "laurel/students"))
    assert all(one.kind != "insight" for node, read in direct().items() for one in read)
