"""LlamaIndex's filters as queries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)

SEPARATOR = "\x1f"
"""Between the values of a list in a tag: one that is in no value that is written."""

_EQUAL = (FilterOperator.EQ, FilterOperator.CONTAINS)
_ANY = (FilterOperator.IN, FilterOperator.ANY)
_MATCH = (FilterOperator.TEXT_MATCH, FilterOperator.TEXT_MATCH_INSENSITIVE)
_RANGES = {
    FilterOperator.GT: "@{0}:[({1} +inf]",
    FilterOperator.GTE: "@{0}:[{1} +inf]",
    FilterOperator.LT: "@{0}:[-inf ({1}]",
    FilterOperator.LTE: "@{0}:[-inf {1}]",
}


class Clauses:
    """Clauses of a query and their parameters: values are never part of a query's text."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self.params: list[object] = []

    def parameter(self, value: object) -> str:
        """A parameter of this value, as a query names it."""
        name = f"p{len(self.params)}"
        self.params += [name, str(value)]
        return f"${name}"

    def of(self, filters: MetadataFilters | None) -> str:
        """What matches the filters.

        Raises:
            ValueError: One is over a name that is no field, or of an operator that its type has not.
        """
        if filters is None or not filters.filters:
            return "*"
        parts = [
            self.of(one) if isinstance(one, MetadataFilters) else self._one(one) for one in filters.filters
        ]
        if filters.condition is FilterCondition.OR:
            return " | ".join(f"({part})" for part in parts)
        if filters.condition is FilterCondition.NOT:
            return f"-({' | '.join(f'({part})' for part in parts)})"
        return " ".join(f"({part})" for part in parts)

    def _one(self, one: MetadataFilter) -> str:
        kind = self._fields.get(one.key)
        if kind is None:
            known = ", ".join(self._fields) or "none"
            raise ValueError(f"filters have {one.key!r}: the fields that can be asked for are: {known}")
        if one.operator is FilterOperator.IS_EMPTY:
            empty = f" | @{one.key}:{{{self.parameter('')}}}" if kind == "TAG" else ""
            return f"ismissing(@{one.key}){empty}"
        if one.value is None:
            raise ValueError(f"the filter over {one.key!r} has no value")
        clause = {"TAG": self._tag, "NUMERIC": self._number, "TEXT": self._text}[kind](one)
        if clause is None:
            raise ValueError(
                f"the filter over {one.key!r}, which is {kind}, has the operator {one.operator.value!r}: "
                "the types of fields have others, see the documentation"
            )
        return clause

    def _tag(self, one: MetadataFilter) -> str | None:
        return self._among(one, lambda value: f"@{one.key}:{{{self.parameter(value)}}}")

    def _number(self, one: MetadataFilter) -> str | None:
        form = _RANGES.get(one.operator)
        if form is not None:
            return form.format(one.key, _number(one, one.value))

        def equal(value: Any) -> str:
            number = _number(one, value)
            return f"@{one.key}:[{number} {number}]"

        return self._among(one, equal)

    def _text(self, one: MetadataFilter) -> str | None:
        if one.operator not in _MATCH:
            return None
        words = re.findall(r"\w+", str(one.value))
        if not words:
            raise ValueError(
                f"the filter over {one.key!r} has the value {one.value!r}: there is no word in it"
            )
        said = " ".join(self.parameter(word) for word in words)
        return f"@{one.key}:({said})=>{{$slop: 0; $inorder: true}}"

    def _among(self, one: MetadataFilter, equal: Any) -> str | None:
        """What is the same in all types that have values to be equal to."""
        if one.operator in _EQUAL:
            return str(equal(one.value))
        if one.operator is FilterOperator.NE:
            return f"-{equal(one.value)}"
        values = one.value if isinstance(one.value, list) else [one.value]
        parts = [f"({equal(value)})" for value in values]
        if one.operator in _ANY:
            return " | ".join(parts) or _nothing(one)
        if one.operator is FilterOperator.NIN:
            return f"-({' | '.join(parts)})" if parts else "*"
        if one.operator is FilterOperator.ALL:
            return " ".join(parts) or "*"
        return None


def _nothing(one: MetadataFilter) -> str:
    return f"(ismissing(@{one.key}) -ismissing(@{one.key}))"


def _number(one: MetadataFilter, value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    try:
        return repr(float(value))
    except (TypeError, ValueError):
        raise ValueError(
            f"the filter over {one.key!r}, which is NUMERIC, has the value {value!r}: it must be a number"
        ) from None
