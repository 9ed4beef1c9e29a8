"""The corpus of commands and replies, through the engine in the process (see tests/corpus/README.md).

The Rust tests look at every word of it; here it shows that arguments and replies pass between Python and
the engine as they are: all plain replies, and which documents searches find.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuthatch import Engine, Error

tomllib = pytest.importorskip("tomllib")

CORPUS = Path(__file__).resolve().parents[2] / "tests" / "corpus"
FILES = sorted(CORPUS.glob("*.toml"))

_WORD = re.compile(r"""'([^']*)'|"([^"]*)"|(\S+)""")
_PACKED = re.compile(r"^(f32|f64|f16|i8|u8)\((.*)\)$", re.DOTALL)
_TYPES = {"f32": "<f4", "f64": "<f8", "f16": "<f2", "i8": "i1", "u8": "u1"}


def split(command: str | list[str]) -> list[str]:
    if isinstance(command, list):
        return command
    return [
        next(part for part in found if part is not None) for found in map(groups, _WORD.finditer(command))
    ]


def groups(match: re.Match[str]) -> tuple[str | None, ...]:
    return match.groups()


def argument(word: str) -> Any:
    """What a word stands for: arrays go to the engine as arrays."""
    packed = _PACKED.match(word)
    if packed:
        numbers = [float(number) for number in packed[2].split(",") if number.strip()]
        return np.array(numbers).astype(_TYPES[packed[1]])
    if word.startswith("bf16(") and word.endswith(")"):
        numbers = np.array([float(number) for number in word[5:-1].split(",")], dtype="<f4")
        bits = numbers.view("<u4")
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")
    if word.startswith("hex(") and word.endswith(")"):
        return bytes.fromhex(word[4:-1])
    for name in ("repeat", "count"):
        if word.startswith(f"{name}(") and word.endswith(")"):
            text, times = word[len(name) + 1 : -1].rsplit(",", 1)
            if name == "repeat":
                return text * int(times)
            return " ".join(f"{text}{number}" for number in range(int(times)))
    return word


def run(engine: Engine, command: str | list[str]) -> Any:
    try:
        return engine.execute(*map(argument, split(command)))
    except Error as error:
        return error


def matches(found: Any, expected: Any) -> bool:
    """Whether a reply of RESP3 is what the notation says."""
    if isinstance(expected, dict):
        if "error" in expected and len(expected) == 1:
            return isinstance(found, Error) and str(found) == expected["error"]
        if expected.get("null") is True:
            return found is None
        if expected.get("any") is True:
            return True
        if "number" in expected and len(expected) == 1:
            return isinstance(found, (bytes, float)) and close(float(found), expected["number"])
        if "unordered" in expected or "set" in expected:
            rest = list(found) if isinstance(found, list) else []
            for one in expected.get("unordered", expected.get("set")):
                hits = [held for held in rest if matches(held, one)]
                if not hits:
                    return False
                rest.remove(hits[0])
            return not rest
        if "map" in expected and isinstance(expected["map"], list):
            pairs = list(found.items()) if isinstance(found, dict) else []
            return len(pairs) == len(expected["map"]) and all(
                matches(list(pair), list(wanted)) for pair, wanted in zip(pairs, expected["map"])
            )
        whole = "includes" not in expected
        wanted = expected if whole else expected["includes"]
        if not isinstance(found, dict) or (whole and len(found) != len(wanted)):
            return False
        return all(
            name.encode() in found and matches(found[name.encode()], held) for name, held in wanted.items()
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(matches, found, expected))
    if isinstance(expected, str) and expected.startswith("hex("):
        return bool(found == argument(expected))
    if isinstance(expected, str):
        return isinstance(found, bytes) and found.decode("utf-8", "replace") == expected
    if isinstance(expected, float):
        return isinstance(found, (float, bytes)) and close(float(found), expected)
    return type(found) is type(expected) and found == expected


def close(found: float, expected: float) -> bool:
    return found == expected or found == pytest.approx(expected, rel=1e-3, nan_ok=True)


def found_keys(found: Any) -> list[str]:
    return [row[b"id"].decode("utf-8", "replace") for row in found[b"results"]]


def check(engine: Engine, step: dict[str, Any], place: str) -> None:
    time.sleep(step.get("wait_ms", 0) / 1000)
    found = run(engine, step["run"])
    expected = step.get("reply", step.get("reply3"))
    if expected is not None:
        assert matches(found, expected), f"{place}: {step['run']!r} gave {found!r}"
        return
    rows = step.get("keys", step.get("rows"))
    if rows is None:
        assert not isinstance(found, Error), f"{place}: {found}"
        return
    assert not isinstance(found, Error), f"{place}: {found}"
    keys = [row if isinstance(row, str) else row["id"] if isinstance(row, dict) else row[0] for row in rows]
    shown = found_keys(found)
    if step.get("unordered"):
        keys, shown = sorted(keys), sorted(shown)
    assert shown == keys, f"{place}: {step['run']!r}"
    assert found[b"total_results"] == step.get("total", len(keys)), f"{place}: {step['run']!r}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_commands_answer_as_the_corpus_says(file: Path) -> None:
    text = tomllib.loads(file.read_text(encoding="utf-8"))
    for case in text["case"]:
        engine = Engine()
        place = f"{file.name}: {case['name']}"
        for command in [*text.get("given", []), *case.get("given", [])]:
            reply = run(engine, command)
            assert not isinstance(reply, Error), f"{place}: {command!r}: {reply}"
        for step in case.get("steps", [case]):
            check(engine, step, place)


def test_a_wrong_reply_is_noticed() -> None:
    assert not matches(b"a", "b")
    assert not matches(1, "1")
    assert not matches(True, 1)
    assert not matches({b"a": 1}, {"a": 2})
    assert not matches([1], [1, 2])
    assert matches({b"a": 1, b"b": [0.5]}, {"includes": {"b": [0.5]}})
