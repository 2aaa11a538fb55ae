"""An SQLite file that either has a change or has not, whoever else works on it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from semeval_humor.errors import DataError, HumorError

WAIT_S = 2.0
"""Seconds to wait for another process that writes."""

_VERSION = 1
_APPLICATION = 0x68756D72  # marks an SQLite file as one of votes


class Database:
    """A votes file. One connection: use it from one thread at a time."""

    def __init__(self, path: Path, *, new: bool) -> None:
        """Open a votes file.

        Args:
            path: of the file. SQLite keeps two more beside it while it is open.
            new: make the file if it is not there.

        Raises:
            DataError: there is no such file, or it holds something else.
            HumorError: it cannot be opened for writing.
        """
        self.path = path
        if not new and not path.is_file():
            raise DataError(f"{path}: no such votes file; arena serve makes one")
        try:
            self._connection = sqlite3.connect(
                path, timeout=WAIT_S, isolation_level=None, check_same_thread=False
            )
        except sqlite3.OperationalError as error:
            raise HumorError(f"{path}: {error}") from error
        with contextlib.ExitStack() as stack:
            stack.callback(self._connection.close)
            self._prepare()
            stack.pop_all()

    def close(self) -> None:
        """Let go of the file. Nothing is lost without it."""
        self._connection.close()

    def all(self, query: str, *values: str | int) -> list[Any]:
        """Rows that a query finds.

        Raises:
            HumorError: the file cannot be read.
        """
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise HumorError(f"{self.path}: cannot be read: {error}") from error

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction that is stored as a whole at the end of the block, or not at all.

        Args:
            durable: the disk has it before the block is left. Without this a loss of power may
                take the last changes, but never one on which a durable one builds.

        Raises:
            HumorError: the file is locked for longer than :data:`WAIT_S`, or the disk is full or
                broken. The file is as it was.
        """
        connection = self._connection
        try:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise HumorError(f"{self.path}: cannot be written: {error}") from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def foreign(self) -> int:
        """A number that is another one once another connection has written the file."""
        return int(self.all("PRAGMA data_version")[0][0])

    def revision(self) -> tuple[int, int]:
        """Differs from what it was before if the file has been written since, by anybody."""
        return self._connection.total_changes, self.foreign()

    def _prepare(self) -> None:
        connection = self._connection
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            new = not tables and not application
            if not new:
                self._check(application, version)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.OperationalError as error:
            raise HumorError(f"{self.path}: cannot be opened for writing: {error}") from error
        except sqlite3.DatabaseError as error:
            raise DataError(f"{self.path}: not a votes file: {error}") from error
        if new:
            self._make()

    def _check(self, application: int, version: int) -> None:
        if application != _APPLICATION:
            raise DataError(f"{self.path}: not a votes file but another SQLite file")
        if version != _VERSION:
            raise DataError(
                f"{self.path}: votes file of version {version}, expected {_VERSION}; "
                "use the semeval-humor that wrote it"
            )

    def _make(self) -> None:
        schema = files("semeval_humor.arena").joinpath("schema.sql").read_text(encoding="utf-8")
        with self.writing() as connection:
            if not connection.execute("PRAGMA user_version").fetchone()[0]:
                for statement in schema.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
