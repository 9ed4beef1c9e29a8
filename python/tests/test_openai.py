"""The wrapper of OpenAI's own client, on a service that is played."""

from __future__ import annotations

import json

import pytest

openai = pytest.importorskip("openai")
httpx = pytest.importorskip("httpx")

from nuthatch import SemanticCache  # noqa: E402
from nuthatch.openai import cached  # noqa: E402


class Service:
    """Answers as the service does, and counts."""

    def __init__(self) -> None:
        self.calls = 0
        self.reason = "stop"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        asked = json.loads(request.content)
        text = f"answer {self.calls}"
        head = {"id": "x", "created": 1, "model": asked["model"]}
        if not asked.get("stream"):
            choice = {
                "index": 0,
                "finish_reason": self.reason,
                "message": {"role": "assistant", "content": text},
            }
            usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
            body = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
            return httpx.Response(200, json=body)
        lines = []
        for word, reason in [(text.split(maxsplit=1)[0], None), (text.split()[1], None), ("", self.reason)]:
            choice = {"index": 0, "delta": {"content": word}, "finish_reason": reason}
            chunk = {**head, "object": "chat.completion.chunk", "choices": [choice]}
            lines.append(f"data: {json.dumps(chunk)}\n\n")
        body = "".join([*lines, "data: [DONE]\n\n"])
        return httpx.Response(200, content=body, headers={"content-type": "text/event-stream"})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def client(service, words):
    http = httpx.Client(transport=httpx.MockTransport(service))
    own = openai.OpenAI(api_key="none", http_client=http, max_retries=0)
    return cached(own, SemanticCache(words, prices={"m": (1e6, 1e6)}, raise_errors=True))


def ask(client, *texts: str, **options):
    messages = [{"role": "user", "content": text} for text in texts]
    return client.chat.completions.create(model="m", messages=messages, **options)


def test_answers_are_kept_by_prompt_context_and_options(client, service) -> None:
    first = ask(client, "a question")
    assert first.choices[0].message.content == "answer 1"
    again = ask(client, "A question?")
    assert again == first
    assert ask(client, "a question", temperature=1.0).choices[0].message.content == "answer 2"
    assert ask(client, "before", "a question").choices[0].message.content == "answer 3"
    assert service.calls == 3
    stats = client.chat.completions._cache.stats()
    assert (stats.tokens_saved, stats.money_saved) == (7, 7.0)
    assert client.api_key == "none"


def test_streams_are_replayed(client, service) -> None:
    def texts() -> list[str]:
        return [chunk.choices[0].delta.content for chunk in ask(client, "a question", stream=True)]

    assert texts() == ["answer", "1", ""]
    assert texts() == ["answer", "1", ""]
    assert service.calls == 1
    # A stream that nobody read to its end is not kept.
    next(iter(ask(client, "another one", stream=True)))
    list(ask(client, "another one", stream=True))
    assert service.calls == 3


def test_what_must_not_be_kept_is_not(client, service) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    for options in ({"tools": [tool]}, {"n": 2}):
        ask(client, "a question", **options)
        ask(client, "a question", **options)
    assert service.calls == 4
    image = [{"type": "text", "text": "what is this"}, {"type": "image_url", "image_url": {"url": "data:1"}}]
    for _ in range(2):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": image}])
    assert service.calls == 6
    service.reason = "length"
    ask(client, "cut off")
    list(ask(client, "cut off", stream=True))
    ask(client, "cut off")
    list(ask(client, "cut off", stream=True))
    assert service.calls == 10
