"""An empty store."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from backend.db.store import close_store, open_store


@pytest.fixture
def session() -> Iterator[Session]:
    """An empty store in memory."""
    sessions = open_store()
    with sessions() as opened:
        yield opened
    close_store(sessions)
