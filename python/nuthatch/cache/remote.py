"""Entries on a server: hashes that expire there, and an index over them, shared by processes."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

from .entry import Entry
from .lookup import Request, clause
from .store import Near, Vectors, definition, written
from .trip import Command, Template, Trips

_BATCH = 1000
"""Keys found or deleted at a time."""

_FIELDS = ("prompt", "response", "scope", "labels", "about_entry", "fresh_until", "expires")
"""Of an entry: what is searched for, what changes, what is the user's, and the rest in one."""

_BYTE_FIELDS = tuple([field.encode() for field in _FIELDS])

_SHOWN = ("SORTBY", "distance", "DIALECT", 2, "RETURN", 1 + len(_FIELDS), "distance", *_FIELDS)

_GLANCE = 8
"""Candidates of a first search: so few that a server answers it at once instead of by a worker."""

_CLOSE_LOOK = 32
"""Candidates of a second one, before a lookup misses."""

_NO_LABELS: frozenset[str] = frozenset()

_scan = json.JSONDecoder().raw_decode
"""Reads what `json.dumps` has written, and nothing else, sooner than `json.loads`."""

_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


class RemoteStore:
    """A store on a server with the module, through a client of redis-py."""

    def __init__(
        self,
        client: Any,
        name: str,
        *,
        fields: Mapping[str, str],
        dumps: Callable[[Any], str | bytes],
        loads: Callable[[str | bytes], Any],
    ) -> None:
        self._client = client
        self._name = name
        self._prefix = f"{name}:e:"
        self._fields = fields
        self._dumps = dumps
        self._loads = loads
        self._dimensions: int | None = None
        self._trips = Trips(client)
        self._held_of = Template("HMGET", None, *_FIELDS)
        self._search_for: dict[int, Template] = {}

    def exact(self, key: str) -> Entry | None:
        """See `Store`."""
        (values,) = self._trips.ask(self._exact(key))
        return self._held(key, values)

    def lookup(self, asked: Request, vector: Vectors | None) -> tuple[Entry | None, Near | None]:
        """See `Store`: both questions in one trip, if the second can be asked yet."""
        if asked.filter is not None:
            return None, None
        if vector is None:
            return self.exact(asked.key), None
        values, reply = self._trips.ask(self._exact(asked.key), self._search(vector, asked, 1, _GLANCE))
        entry = self._held(asked.key, values)
        return entry, None if entry is not None else self._near(reply, vector, asked)

    def nearest(self, vector: Vectors, asked: Request) -> Near:
        """See `Store`: what is found at a glance, if it is near enough, then what a closer look finds."""
        (reply,) = self._trips.ask(self._search(vector, asked, 1, _GLANCE))
        return self._near(reply, vector, asked)

    def _near(self, first: Any, vector: Vectors, asked: Request) -> Near:
        judged = ""
        for entry, similarity in self._found(first):
            if similarity >= asked.threshold:
                judged = entry.key
                yield entry, similarity
        (reply,) = self._trips.ask(self._search(vector, asked, asked.k, _CLOSE_LOOK))
        for entry, similarity in self._found(reply):
            if entry.key != judged:
                yield entry, similarity

    def nearest_many(self, vectors: Vectors, asked: Sequence[Request]) -> list[Near]:
        """See `Store`."""
        searches = [self._search(vector, one, one.k, _CLOSE_LOOK) for vector, one in zip(vectors, asked)]
        return [self._found(reply) for reply in self._trips.ask(*searches)]

    def _exact(self, key: str) -> Command:
        """The command that reads an entry."""
        return self._held_of.fill((self._prefix + key).encode())

    def _search(self, vector: Vectors, asked: Request, k: int, ef: int) -> Command:
        """The command that finds the nearest."""
        template = self._search_for.get(k)
        if template is None:
            params = ("PARAMS", 2, "v", None)
            template = Template("FT.SEARCH", self._name, None, *_SHOWN, "LIMIT", 0, k, *params)
            self._search_for[k] = template
        query = f"({clause(asked)})=>[KNN {k} @vector $v EF_RUNTIME {ef} AS distance]"
        return template.fill(query.encode(), vector.tobytes())

    def _held(self, key: str, values: Any) -> Entry | None:
        if isinstance(values, Exception):
            raise values
        return None if values[0] is None else self._entry(key, values)

    def _found(self, reply: Any) -> list[tuple[Entry, float]]:
        if isinstance(reply, Exception):
            if _no_index(reply):
                # Nobody has put anything yet, or all was cleared.
                self._dimensions = None
                return []
            raise reply
        answers = []
        for key, distance, values in _hits(reply):
            if distance is not None and values[0] is not None:
                entry = self._entry(_text(key)[len(self._prefix) :], values)
                answers.append((entry, 1.0 - float(distance)))
        return answers

    def put(self, entries: Sequence[Entry], vectors: Vectors) -> None:
        """See `Store`."""
        self._make_index(vectors.shape[1])
        pipeline = self._client.pipeline(transaction=True)
        for entry, vector in zip(entries, vectors):
            key = self._prefix + entry.key
            pipeline.execute_command("DEL", key)
            pipeline.execute_command("HSET", key, *self._pairs(entry), "vector", vector.tobytes())
            if entry.expires is not None:
                pipeline.execute_command("PEXPIREAT", key, int(entry.expires * 1000))
        pipeline.execute()

    def used(self, entry: Entry) -> None:
        """See `Store`: only a sliding time to live is written."""
        if entry.lifetime is None or entry.expires is None or entry.fresh_until is None:
            return
        key = self._prefix + entry.key
        pipeline = self._client.pipeline(transaction=True)
        # Only if it is still there: a hash made anew by this would be no entry.
        pipeline.execute_command("PEXPIREAT", key, int(entry.expires * 1000))
        pipeline.execute_command("HMGET", key, "created")
        (there, _) = pipeline.execute()
        if there:
            times = ("fresh_until", repr(entry.fresh_until), "expires", repr(entry.expires))
            self._client.execute_command("HSET", key, *times)

    def find(self, labels: Iterable[str], filter: str | None = None) -> list[str]:
        """See `Store`."""
        wanted = frozenset(labels)
        clauses = [f"@labels:{{{label}}}" for label in sorted(wanted)]
        if filter is not None:
            clauses.append(f"({filter})")
        if not clauses:
            return []
        found: list[str] = []
        shown = ("RETURN", 1, "labels", "DIALECT", 2)
        for start in itertools.count(0, _BATCH):
            limit = ("LIMIT", start, _BATCH)
            try:
                reply = self._client.execute_command(
                    "FT.SEARCH", self._name, " ".join(clauses), *limit, *shown
                )
            except Exception as error:
                if _no_index(error):
                    return []
                raise
            rows = _rows(reply)
            for key, fields in rows:
                # A filter may have widened the query.
                if wanted.issubset(_text(fields.get("labels", "")).split(",")):
                    found.append(key[len(self._prefix) :])
            if len(rows) < _BATCH:
                break
        return found

    def delete(self, keys: Sequence[str]) -> int:
        """See `Store`."""
        deleted = 0
        for start in range(0, len(keys), _BATCH):
            part = [self._prefix + key for key in keys[start : start + _BATCH]]
            deleted += int(self._client.execute_command("DEL", *part))
        return deleted

    def clear(self) -> None:
        """See `Store`."""
        self._dimensions = None
        try:
            self._client.execute_command("FT.DROPINDEX", self._name, "DD")
        except Exception as error:
            if not _no_index(error):
                raise

    def acquire(self, key: str, seconds: float) -> str | None:
        """See `Store`."""
        token = secrets.token_hex(8)
        name = f"{self._name}:l:{key}"
        reply = self._client.execute_command("SET", name, token, "NX", "PX", max(1, int(seconds * 1000)))
        return token if reply else None

    def release(self, key: str, token: str) -> None:
        """See `Store`."""
        self._client.execute_command("EVAL", _RELEASE, 1, f"{self._name}:l:{key}", token)

    def size(self) -> tuple[int, int]:
        """See `Store`."""
        try:
            reply = self._client.execute_command(
                "FT.SEARCH", self._name, "*", "NOCONTENT", "LIMIT", 0, 0, "DIALECT", 2
            )
        except Exception as error:
            if _no_index(error):
                return 0, 0
            raise
        if isinstance(reply, dict):
            return int(_texts(reply)["total_results"]), 0
        return int(reply[0]), 0

    def take_counts(self) -> Mapping[str, int]:
        """The server expires and evicts, and does not say so."""
        return {}

    def _make_index(self, dimensions: int) -> None:
        if self._dimensions is None:
            command = definition(self._name, self._prefix, dimensions, self._fields)
            try:
                self._client.execute_command(*command)
                self._dimensions = dimensions
            except Exception as error:
                if "exists" not in str(error).lower():
                    raise
                self._dimensions = self._indexed_dimensions()
        if dimensions != self._dimensions:
            raise ValueError(
                f"the embedder gave {dimensions} dimensions, and the entries of the cache {self._name!r} "
                f"have {self._dimensions}: one cache is for one embedder"
            )

    def _indexed_dimensions(self) -> int:
        info = _texts(self._client.execute_command("FT.INFO", self._name))
        for attribute in info.get("attributes", []):
            fields = {str(name).lower(): value for name, value in _texts(attribute).items()}
            if _text(fields.get("attribute", "")) == "vector":
                return int(fields.get("dim", 0))
        raise ValueError(f"the index {self._name!r} is not one of a cache: it has no field 'vector'")

    def _pairs(self, entry: Entry) -> list[object]:
        about: dict[str, Any] = {"created": entry.created}
        if entry.lifetime is not None:
            about["lifetime"] = entry.lifetime
        if entry.metadata:
            about["metadata"] = dict(entry.metadata)
        if any(entry.tokens):
            about["tokens"] = entry.tokens
        if entry.cost:
            about["cost"] = entry.cost
        if entry.context:
            about["context"] = entry.context
        pairs: list[object] = ["prompt", entry.prompt, "response", self._dumps(entry.response)]
        pairs += [
            "scope",
            entry.scope,
            "labels",
            ",".join(sorted(entry.labels)),
            "about_entry",
            json.dumps(about),
        ]
        for name in ("fresh_until", "expires"):
            value = getattr(entry, name)
            if value is not None:
                pairs += [name, repr(value)]
        return pairs + written(entry.metadata, self._fields)

    def _entry(self, key: str, values: Sequence[Any]) -> Entry:
        """An entry of the values of `_FIELDS`."""
        prompt, response, scope, listed, about_entry, fresh_until, expires = values
        about = _scan(_text(about_entry))[0] if about_entry else {}
        if self._loads is json.loads:
            # Which would find out first how these bytes are encoded.
            response = _text(response)
        return Entry(
            key,
            _text(prompt),
            self._loads(response),
            _text(scope or ""),
            frozenset(_text(listed).split(",")) if listed else _NO_LABELS,
            float(about.get("created", 0.0)),
            None if fresh_until is None else float(fresh_until),
            None if expires is None else float(expires),
            about.get("lifetime"),
            about.get("metadata"),
            tuple(about.get("tokens", (0, 0))),
            about.get("cost", 0.0),
            tuple(about.get("context", ())),
        )


Row = tuple[Any, Any, Sequence[Any]]
"""The key, the distance, and the values of `_FIELDS` of what a search found."""


def _hits(reply: Any) -> list[Row]:
    if isinstance(reply, dict) and b"results" in reply:
        # As it came, without a detour: this is on the way of every lookup.
        rows = [(row[b"id"], row.get(b"extra_attributes") or {}) for row in reply[b"results"]]
        return [
            (key, fields.get(b"distance"), [fields.get(name) for name in _BYTE_FIELDS])
            for key, fields in rows
        ]
    return [
        (key, fields.get("distance"), [fields.get(name) for name in _FIELDS]) for key, fields in _rows(reply)
    ]


def _no_index(error: Exception) -> bool:
    text = str(error).lower()
    return "no such index" in text or "unknown index" in text or "index not found" in text


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _texts(reply: Any) -> dict[str, Any]:
    """A map of RESP3, or names and values in turn, with names as str."""
    pairs = reply.items() if isinstance(reply, dict) else zip(reply[::2], reply[1::2])
    return {_text(name): value for name, value in pairs}


def _rows(reply: Any) -> list[tuple[str, dict[str, Any]]]:
    """Keys and fields of the rows of a search, in the shape of either protocol."""
    if isinstance(reply, dict):
        rows = [_texts(row) for row in _texts(reply)["results"]]
        return [(_text(row["id"]), _texts(row.get("extra_attributes") or {})) for row in rows]
    return [(_text(key), _texts(fields)) for key, fields in zip(reply[1::2], reply[2::2])]
