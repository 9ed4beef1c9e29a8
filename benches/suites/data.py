"""The data sets that the vector suite measures on, their queries and their exact neighbours.

Whatever takes long to make is kept in a cache; a changed recipe is a new name there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import faiss
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "target" / "bench"
CACHE = OUTPUT / "cache"

# Neighbours that recall is counted over.
K = 10
QUERIES = 1000


@dataclass(frozen=True)
class Data:
    """Vectors by row, `f32`; under COSINE rows and queries have unit length."""

    name: str
    metric: str
    base: np.ndarray
    queries: np.ndarray

    @property
    def dimensions(self) -> int:
        return self.base.shape[1]

    def head(self, rows: int) -> Data:
        """The first rows, with the same queries."""
        return self if rows >= len(self.base) else replace(self, base=self.base[:rows].copy())

    def fingerprint(self) -> str:
        """Changes with the vectors, so that nothing cached outlives what it was made from."""
        digest = hashlib.blake2b(self.metric.encode(), digest_size=6)
        for part in (self.base, self.queries):
            digest.update(str(part.shape).encode())
            digest.update(np.ascontiguousarray(part[:: max(1, len(part) // 512)]).tobytes())
        return f"{self.name}-{len(self.base)}-{digest.hexdigest()}"


def kept(name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """An array from the cache, made and put there if it is not in it."""
    path = CACHE / f"{name}.npy"
    if path.exists():
        return np.load(path)
    CACHE.mkdir(parents=True, exist_ok=True)
    array = make()
    unfinished = path.with_suffix(".part.npy")
    np.save(unfinished, array)
    unfinished.rename(path)
    return array


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1, `f32`; a zero row stays zero."""
    rows = rows.astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.where(lengths > 0, lengths, 1))


def load(name: str, rows: int | None = None) -> Data:
    """A data set by name, or by the path of an .npy, .fvecs or .hdf5 file."""
    if name == "minilm384":
        data = minilm384()
    elif name == "clust128":
        data = Data(name, "L2", *clust128())
    elif Path(name).suffix in {".npy", ".fvecs", ".hdf5", ".h5"}:
        data = from_file(Path(name))
    else:
        raise SystemExit(f"no data set is called {name}: minilm384, clust128 or a path")
    return data if rows is None else data.head(rows)


def minilm384() -> Data:
    """47,000 sentence embeddings, 1,000 others as queries, stored as `f16`; cosine."""
    directory = Path(os.environ.get("NUTHATCH_DATA", ROOT.parent / "shared" / "data")) / "minilm384"
    if not directory.is_dir():
        raise SystemExit(f"minilm384 is not at {directory}; NUTHATCH_DATA names the folder above it")
    base, queries = (np.load(directory / f"{part}.f16.npy") for part in ("base", "query"))
    return Data("minilm384", "COSINE", unit(base), unit(queries))


def clust128(rows: int = 200_000, seed: int = 128) -> tuple[np.ndarray, np.ndarray]:
    """Skewed Gaussian clusters: `rows` x 128 and 1,000 queries of the same making, L2.

    256 centres from a normal distribution with a standard deviation of 1 in each dimension. A vector
    belongs to centre `i` with a probability proportional to `1 / (i + 1)`. Around its centre it is
    normal in a 16-dimensional subspace of that cluster with standard deviations falling from 1.6 as
    `0.9^j`, plus noise of 0.12 in all dimensions: so clusters differ in size and direction, as
    embeddings do, and have fewer true dimensions than coordinates.
    """
    dimensions, centres, inner = 128, 256, 16

    def make() -> np.ndarray:
        random = np.random.default_rng(seed)
        middle = random.standard_normal((centres, dimensions))
        axes = np.stack([np.linalg.qr(random.standard_normal((dimensions, inner)))[0] for _ in range(centres)])
        axes *= 1.6 * 0.9 ** np.arange(inner) * np.sqrt(dimensions / inner) / 2
        share = 1 / np.arange(1, centres + 1)
        cluster = random.choice(centres, size=rows + QUERIES, p=share / share.sum())
        vectors = middle[cluster] + 0.12 * random.standard_normal((rows + QUERIES, dimensions))
        offsets = random.standard_normal((rows + QUERIES, inner))
        for i in range(centres):
            members = cluster == i
            vectors[members] += offsets[members] @ axes[i].T
        return vectors.astype(np.float32)

    vectors = kept(f"clust128-{rows}-{seed}-1", make)
    return vectors[:rows].copy(), vectors[rows:].copy()


def from_file(path: Path) -> Data:
    """Vectors of a file: an HDF5 file in the form of ann-benchmarks has metric and queries, of any
    other the last 1,000 rows are the queries, under L2."""
    if path.suffix in {".hdf5", ".h5"}:
        import h5py

        with h5py.File(path) as file:
            angular = file.attrs.get("distance", "euclidean") in {"angular", "cosine"}
            base, queries = (file[part][:].astype(np.float32) for part in ("train", "test"))
        queries = queries[:QUERIES]
        if angular:
            return Data(path.stem, "COSINE", unit(base), unit(queries))
        return Data(path.stem, "L2", base, queries)
    if path.suffix == ".fvecs":
        numbers = np.fromfile(path, dtype="<i4")
        vectors = numbers.reshape(-1, numbers[0] + 1)[:, 1:].copy().view("<f4")
    else:
        vectors = np.load(path).astype(np.float32)
    queries = min(QUERIES, len(vectors) // 10)
    return Data(path.stem, "L2", np.ascontiguousarray(vectors[:-queries]), vectors[-queries:].copy())


def exact(data: Data, matches: np.ndarray | None = None) -> np.ndarray:
    """Labels of the true nearest `K` of each query, `[n, K]`, among all rows or those of `matches`."""
    name = f"truth-{data.fingerprint()}"
    if matches is not None:
        name += "-" + hashlib.blake2b(matches.tobytes(), digest_size=6).hexdigest()

    def make() -> np.ndarray:
        flat = (faiss.IndexFlatL2 if data.metric == "L2" else faiss.IndexFlatIP)(data.dimensions)
        flat.add(data.base if matches is None else np.ascontiguousarray(data.base[matches]))
        labels = flat.search(data.queries, K)[1]
        return (labels if matches is None else matches[labels]).astype(np.uint32)

    return kept(name, make)


def recall(labels: np.ndarray, truth: np.ndarray) -> float:
    """The share of the true neighbours that were found, whatever their order."""
    found = sum(len(np.intersect1d(a, b)) for a, b in zip(labels, truth, strict=True))
    return found / truth.size
