"""The examples run, and show what they promise."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def run(name: str, capsys, *arguments: object) -> str:
    module = runpy.run_path(str(EXAMPLES / name))
    module["main"](*arguments)
    shown = capsys.readouterr().out
    if "is not installed" in shown:
        pytest.skip("the model is not installed")
    return shown


def test_a_chatbot(capsys) -> None:
    shown = run("chatbot.py", capsys)
    assert "7 questions, 4 calls of the model" in shown
    assert "numbers differ: 2, 3" in shown


def test_products(capsys) -> None:
    shown = run("products.py", capsys)
    assert "feeder: 2 products" in shown
    assert "facets" in shown


def test_hybrid(capsys) -> None:
    shown = run("hybrid.py", capsys)
    by_way = [line.split(None, 1) for line in shown.splitlines() if line.startswith("  ")]
    [words, meaning, both] = by_way[:3]
    # A name that only words find, among what its filter lets in.
    assert words == ["words", "valkey"]
    assert both[1].startswith("valkey")
    assert set(meaning[1].split(", ")) == {"valkey", "memcached", "sqlite3"}
    # What says it in other words, and what says it in the same ones.
    assert {"gnuchess", "stockfish"} <= set(by_way[5][1].split(", "))
    assert by_way[8][1].split(", ")[0] in ("gimp", "darktable")


# Passages are embedded by a model in NumPy, which takes minutes on a busy machine.
@pytest.mark.timeout(400)
@pytest.mark.parametrize("source", ["rfcs", "documentation"])
def test_answers_from_texts(capsys, source: str) -> None:
    arguments = ["--passages", "12"]
    rfcs = EXAMPLES.parents[2] / "shared" / "data" / "rfc" / "passages.jsonl.gz"
    if source == "rfcs":
        if not rfcs.is_file():
            pytest.skip(f"there is no {rfcs}")
        arguments += ["--texts", str(rfcs)]
    module = runpy.run_path(str(EXAMPLES / "rag.py"))
    module["main"].__globals__["RFCS"] = Path("none")
    module["main"](arguments)
    shown = capsys.readouterr().out
    if "is not installed" in shown:
        pytest.skip("the model is not installed")
    assert "12 passages of" in shown
    assert "3 of 3 passages found again, 3 calls of the model for 6 questions" in shown


def test_tenants(capsys) -> None:
    shown = run("tenants.py", capsys)
    assert "initech              nothing" in shown
    assert "acme} | @scope:{*    nothing" in shown
    assert "Acme: 30 days" in shown
    assert "1 of acme's entries deleted" in shown
