"""The console command, and the server that is started from Python."""

from __future__ import annotations

import pytest

import nuthatch
from nuthatch import cli


def test_the_demonstration_runs(capsys) -> None:
    assert cli.main(["demo"]) == 0
    shown = capsys.readouterr().out
    assert "bird:1  Rock nuthatch, 15 cm, cliff" in shown
    # The same prompt is answered from the cache, one with another number is not.
    assert "how do i feed 3 birds      answer 1  (1 calls)" in shown
    assert "How do I feed 30 birds?    answer 2  (2 calls)" in shown


def test_the_measurement_runs(capsys) -> None:
    assert cli.main(["bench", "--entries", "300", "--dimensions", "8"]) == 0
    shown = capsys.readouterr().out
    assert "put: p50" in shown
    assert "hits: 9" in shown or "hits: 100" in shown
    assert cli.main(["bench", "--entries", "0"]) == 1
    assert "must be at least 1" in capsys.readouterr().err


def test_a_server_without_a_module_is_refused(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("NUTHATCH_MODULE", str(tmp_path / "none.so"))
    with pytest.raises(FileNotFoundError, match="there is no module at"):
        nuthatch.server()
    assert cli.main(["server"]) == 1
    assert "there is no module at" in capsys.readouterr().err


def test_a_server_answers(server) -> None:
    import redis

    client = redis.Redis(port=server.port)
    assert client.execute_command("FT._LIST") == []
    client.close()
