"""A sample file's way to its draft: layout, one pass over every line, decisions, keys, contract, screening."""

from collections.abc import Callable
from contextlib import closing
from typing import BinaryIO

from elt.drafting.batches import read_batches
from elt.drafting.checks import Subject, screen
from elt.drafting.contracting import contract_document
from elt.drafting.deciding import decide, header_is_data
from elt.drafting.fingerprints import Fingerprints
from elt.drafting.keys import find_keys
from elt.drafting.profile import profile_file
from elt.drafting.result import Draft
from elt.reading.detecting import NOTHING_STATED, Layout, Stated, read_layout
from elt.reading.file_errors import header_only
from elt.receiving.streams import Source
from elt.receiving.unpacking import open_csv


def draft(open_stream: Callable[[], BinaryIO], name: str, stated: Stated = NOTHING_STATED) -> Draft:
    """The draft contract of the dataset `name` and the screening of the file, from every line of it.

    `open_stream` gives the file's bytes, packed or not; it is called once, and what it gives is closed. Memory is
    constant in the length of the file; eight bytes a cell are spilled to a temporary file. Raises Refused where the
    file is no CSV, is empty, or has a header only.
    """
    with closing(open_stream()) as stream, open_csv(Source(stream)) as (source, _):
        layout = read_layout(source.sample(), stated)
        with Fingerprints(len(layout.header)) as fingerprints:
            return _draft(name, layout, source, fingerprints)


def _draft(name: str, layout: Layout, source: Source, fingerprints: Fingerprints) -> Draft:
    file = profile_file(layout.header, read_batches(source.buffered(), layout), fingerprints)
    if not file.lines_read:
        raise header_only()
    is_data = header_is_data(layout.header)
    decided = decide(file, is_data)
    keys = find_keys(decided)
    return Draft(
        contract=contract_document(name, decided, keys),
        encoding=layout.encoding,
        dialect=layout.dialect,
        lines_read=file.lines_read,
        columns=tuple(column.draft for column in decided.columns),
        candidate_keys=tuple(key.names for key in keys),
        screening=screen(Subject(layout, decided, keys, is_data)),
    )
