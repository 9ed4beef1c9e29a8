"""Embedders of services: the services' own clients, and a server that answers as the services do."""

from __future__ import annotations

import base64
import http.server
import json
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nuthatch import SemanticCache, embed


def vector(text: str) -> list[float]:
    return [float(len(text)), 1.0]


class Handler(http.server.BaseHTTPRequestHandler):
    asked: list[tuple[str, dict[str, Any]]]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, asked))
        answer = {"/v1/embeddings": openai, "/v2/embed": cohere, "/api/embed": ollama}[self.path](asked)
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def openai(asked: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for number, text in enumerate(asked["input"]):
        row: Any = vector(text)
        if asked.get("encoding_format") == "base64":
            row = base64.b64encode(np.float32(row).tobytes()).decode()
        rows.append({"object": "embedding", "index": number, "embedding": row})
    # In whatever order.
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "data": rows[::-1], "model": asked["model"], "usage": usage}


def cohere(asked: dict[str, Any]) -> dict[str, Any]:
    assert len(asked["texts"]) <= 96
    wanted = "float" in asked["embedding_types"] and asked["model"] != "none"
    embeddings = {"float": [vector(text) for text in asked["texts"]]} if wanted else {}
    return {
        "id": "1",
        "response_type": "embeddings_by_type",
        "embeddings": embeddings,
        "texts": asked["texts"],
    }


def ollama(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["model"] == "none":
        return {"error": "model not found"}
    return {"embeddings": [vector(text) for text in asked["input"]]}


@pytest.fixture
def service() -> Iterator[Any]:
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.asked = []
    served.url = f"http://127.0.0.1:{served.server_port}"
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


def test_openai_s_own_client(service) -> None:
    client = pytest.importorskip("openai").OpenAI(api_key="none", base_url=f"{service.url}/v1")
    rows = embed.openai(client, dimensions=2)(["a", "bb", "ccc"])
    assert rows == [[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]]
    [(_, asked)] = service.asked
    assert (asked["model"], asked["dimensions"]) == ("text-embedding-3-small", 2)


def test_cohere_s_own_client(service) -> None:
    client = pytest.importorskip("cohere").ClientV2(api_key="none", base_url=service.url)
    texts = ["x" * (1 + number % 7) for number in range(200)]
    assert embed.cohere(client)(texts) == [vector(text) for text in texts]
    assert [len(asked["texts"]) for _, asked in service.asked] == [96, 96, 8]
    assert service.asked[0][1]["input_type"] == "search_query"
    with pytest.raises(embed.EmbeddingError, match="no embeddings of the type float"):
        embed.cohere(client, model="none")(["a"])


def test_ollama_over_http(service) -> None:
    assert embed.ollama(url=service.url)(["a", "bb"]) == [[1.0, 1.0], [2.0, 1.0]]
    with pytest.raises(embed.EmbeddingError, match="model not found"):
        embed.ollama("none", url=service.url)(["a"])
    with pytest.raises(ValueError, match="must begin with http"):
        embed.ollama(url="ftp://x")


def test_a_cache_embeds_through_a_service(service) -> None:
    cache = SemanticCache(embed.ollama(url=service.url), guard=False, raise_errors=True)
    cache.put("what does a nuthatch eat", "seeds")
    assert cache.get("what does a nuthatch ate").response == "seeds"
    assert len(service.asked) == 2


def test_models_of_sentence_transformers(monkeypatch) -> None:
    class SentenceTransformer:
        """As that of the package, as far as it is called."""

        def __init__(self, name: str) -> None:
            self.name = name
            self.options: dict[str, Any] = {}

        def encode(
            self, sentences: list[str], *, show_progress_bar: bool | None = None, **options: Any
        ) -> Any:
            self.options = {"show_progress_bar": show_progress_bar, **options}
            return np.array([vector(text) for text in sentences], dtype=np.float32)

    model = SentenceTransformer("all-MiniLM-L6-v2")
    assert embed.sentence_transformers(model, batch_size=8)(["a"]).tolist() == [[1.0, 1.0]]
    assert model.options == {"show_progress_bar": False, "batch_size": 8}
    module = ModuleType("sentence_transformers")
    module.SentenceTransformer = SentenceTransformer
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    assert embed.sentence_transformers("all-MiniLM-L6-v2")(["bb"]).tolist() == [[2.0, 1.0]]


def test_a_function_of_one_text() -> None:
    assert embed.each(lambda text: [len(text)])(["a", "bb"]) == [[1], [2]]
