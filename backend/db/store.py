"""Opening the store. SQLite in write-ahead mode by default; any SQLAlchemy address works."""

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from backend.db.models import Base


def open_store(url: str = "sqlite://") -> "sessionmaker[Session]":
    """Open a store and make its tables if they are missing.

    Args:
        url: an SQLAlchemy address; the default lives in memory.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    Base.metadata.create_all(engine)
    return sessionmaker(engine, expire_on_commit=False)


def close_store(sessions: "sessionmaker[Session]") -> None:
    """Close all connections of a store."""
    engine = sessions.kw["bind"]
    assert isinstance(engine, Engine)
    engine.dispose()


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
