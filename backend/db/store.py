"""Opening the store. SQLite in write-ahead mode by default; any SQLAlchemy address works."""

from pathlib import Path

from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from backend.db.models import Base
from settlement.errors import InputError


def open_store(url: str = "sqlite://") -> "sessionmaker[Session]":
    """Open a store and make its tables if they are missing.

    Args:
        url: an SQLAlchemy address; the default lives in memory.
    """
    engine = _engine(url)
    Base.metadata.create_all(engine)
    return sessionmaker(engine, expire_on_commit=False)


def open_existing_store(url: str) -> "sessionmaker[Session]":
    """Open a store that somebody has filled; nothing is made.

    Args:
        url: an SQLAlchemy address.

    Raises:
        InputError: no store answers at the address, or it is not one of this market.
    """
    expected = "the address of a store that the market has filled"
    try:
        engine = _engine(url)
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        # SQLite would make an empty file and find nothing in it.
        if file and not Path(file).is_file():
            raise InputError("no such file", f"store {file}", expected)
        missing = Base.metadata.tables.keys() - set(inspect(engine).get_table_names())
    except (SQLAlchemyError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{reason:.120}", "store", expected) from None
    if missing:
        engine.dispose()
        raise InputError(f"no table {min(missing)}", f"store {engine.url}", expected)
    return sessionmaker(engine, expire_on_commit=False)


def close_store(sessions: "sessionmaker[Session]") -> None:
    """Close all connections of a store."""
    engine = sessions.kw["bind"]
    assert isinstance(engine, Engine)
    engine.dispose()


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
