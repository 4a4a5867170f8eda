"""Files made up for a test, drafted."""

import io
from collections.abc import Callable

import pytest

from elt.drafting import Draft, draft

DraftText = Callable[[str | bytes], Draft]


@pytest.fixture
def draft_text() -> DraftText:
    """Drafts a CSV given as text or bytes, under the name test/sample."""

    def run(text: str | bytes) -> Draft:
        data = text.encode() if isinstance(text, str) else text
        return draft(lambda: io.BytesIO(data), "test/sample")

    return run
