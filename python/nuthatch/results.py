"""What a search of an index finds, as rows that notebooks show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_SHOWN = 120
"""Characters of a value that a table shows."""


@dataclass(frozen=True)
class Row:
    """A document that was found."""

    key: str
    fields: dict[str, Any]
    """What is shown of it: values as str, as bytes where they are no text, a vector say."""
    score: float | None = None
    """With `WITHSCORES`."""

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


@dataclass(frozen=True)
class Results:
    """What `Index.search` finds: rows, best first."""

    total: int
    """How many documents match, shown or not."""
    rows: list[Row]
    warnings: list[str] = field(default_factory=list)
    """What was left out, in words."""

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, number: int) -> Row:
        return self.rows[number]

    @property
    def keys(self) -> list[str]:
        """The keys of the rows."""
        return [row.key for row in self.rows]

    def columns(self) -> list[str]:
        """The names of all fields of the rows, in the order in which they come up."""
        return list(dict.fromkeys(name for row in self.rows for name in row.fields))

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Heads and rows of a table, values shortened to be read."""
        columns = self.columns()
        is_scored = any(row.score is not None for row in self.rows)
        head = ["key", *(["score"] if is_scored else []), *columns]
        rows = []
        for row in self.rows:
            score = ["" if row.score is None else f"{row.score:.4g}"] if is_scored else []
            rows.append([row.key, *score, *(_cell(row.fields.get(name)) for name in columns)])
        return head, rows

    def _repr_html_(self) -> str:
        from ._html import paragraph, table

        head, rows = self.cells()
        said = [f"{len(self.rows)} of {self.total} documents", *self.warnings]
        return "".join(map(paragraph, said)) + (table(head, rows) if rows else "")


def results(reply: dict[str, Any]) -> Results:
    """The rows of a reply of `FT.SEARCH` in RESP3."""
    rows = [Row(_text(row["id"]), row.get("extra_attributes") or {}, _score(row)) for row in reply["results"]]
    return Results(int(reply["total_results"]), rows, [_text(one) for one in reply.get("warning") or []])


def _score(row: dict[str, Any]) -> float | None:
    score: Any = row.get("score")
    # With EXPLAINSCORE it is the first of two.
    return None if score is None else float(score[0] if isinstance(score, list) else score)


def _text(value: Any) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
