"""The examples run, and show what they promise."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def run(name: str, capsys) -> str:
    module = runpy.run_path(str(EXAMPLES / name))
    module["main"]()
    return capsys.readouterr().out


def test_a_chatbot(capsys) -> None:
    shown = run("chatbot.py", capsys)
    if "is not installed" in shown:
        pytest.skip("the model is not installed")
    assert "7 questions, 4 calls of the model" in shown
    assert "numbers differ: 2, 3" in shown


def test_products(capsys) -> None:
    shown = run("products.py", capsys)
    assert "feeder: 2 products" in shown
    assert "facets" in shown


def test_tenants(capsys) -> None:
    shown = run("tenants.py", capsys)
    assert "initech              nothing" in shown
    assert "acme} | @scope:{*    nothing" in shown
    assert "Acme: 30 days" in shown
    assert "1 of acme's entries deleted" in shown
