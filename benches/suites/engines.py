"""The engines under one interface: built from rows on one thread, searched in one batch on one thread.

Each peer is called as its authors recommend: hnswlib compiled for this processor, faiss, usearch and
hnsw_rs with their SIMD distances. A peer's graph is kept on disk between runs, with the seconds it took.
"""

from __future__ import annotations

import ctypes
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import faiss
import hnswlib
import numpy as np

from data import CACHE, OUTPUT, Data
from measure import cpu_seconds, say

M = 16
EF_CONSTRUCTION = 200
SEED = 100

faiss.omp_set_num_threads(1)


class Engine(Protocol):
    """An empty graph for a data set, until `build` or `load`."""

    name: str

    def build(self, data: Data) -> None: ...
    def search(self, queries: np.ndarray, k: int, ef: int) -> np.ndarray: ...
    def save(self, path: Path) -> bool: ...
    def load(self, path: Path, data: Data) -> None: ...
    def memory_bytes(self) -> int | None: ...


class Nuthatch:
    """Ours, with codes where it chooses to (`quantization` AUTO), always (INT8) or never (NONE)."""

    def __init__(self, name: str = "nuthatch", element: str = "FLOAT32", quantization: str = "AUTO") -> None:
        self.name, self.element, self.quantization = name, element, quantization
        self.index: Any = None

    def packed(self, rows: np.ndarray) -> np.ndarray:
        kind = {"FLOAT32": np.float32, "FLOAT64": np.float64, "FLOAT16": np.float16}[self.element]
        return np.ascontiguousarray(rows, dtype=kind).view(np.uint8)

    def empty(self, data: Data, algorithm: str = "HNSW") -> None:
        import nuthatch_vectors

        self.index = nuthatch_vectors.Index(
            data.dimensions, data.metric, self.element, algorithm, M, EF_CONSTRUCTION, self.quantization
        )

    def add(self, labels: np.ndarray, rows: np.ndarray, threads: int = 1) -> None:
        self.index.add(labels.astype(np.uint32), self.packed(rows), threads)

    def build(self, data: Data, threads: int = 1, algorithm: str = "HNSW") -> None:
        self.empty(data, algorithm)
        self.add(np.arange(len(data.base)), data.base, threads)
        self.index.drain(threads)

    def search(self, queries: np.ndarray, k: int, ef: int | None, filter: Any = None) -> np.ndarray:
        return self.index.search(self.packed(queries), k, ef, filter)[0]

    def save(self, path: Path) -> bool:
        return False

    def load(self, path: Path, data: Data) -> None:
        raise NotImplementedError("an index is rebuilt, never loaded")

    def memory_bytes(self) -> int:
        return self.index.memory_bytes()


class Hnswlib:
    name = "hnswlib"

    def empty(self, data: Data) -> None:
        self.index = hnswlib.Index("l2" if data.metric == "L2" else "cosine", data.dimensions)
        self.index.set_num_threads(1)

    def build(self, data: Data) -> None:
        self.empty(data)
        self.index.init_index(len(data.base), M=M, ef_construction=EF_CONSTRUCTION, random_seed=SEED)
        self.index.add_items(data.base, num_threads=1)

    def search(self, queries: np.ndarray, k: int, ef: int) -> np.ndarray:
        self.index.set_ef(ef)
        return self.index.knn_query(queries, k, num_threads=1)[0]

    def save(self, path: Path) -> bool:
        self.index.save_index(str(path))
        return True

    def load(self, path: Path, data: Data) -> None:
        self.empty(data)
        self.index.load_index(str(path), len(data.base))

    def memory_bytes(self) -> int:
        return self.index.index_file_size()


class Faiss:
    name = "faiss"

    def build(self, data: Data) -> None:
        metric = faiss.METRIC_L2 if data.metric == "L2" else faiss.METRIC_INNER_PRODUCT
        self.index: Any = faiss.IndexHNSWFlat(data.dimensions, M, metric)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION
        self.index.add(data.base)

    def search(self, queries: np.ndarray, k: int, ef: int) -> np.ndarray:
        self.index.hnsw.efSearch = ef
        return self.index.search(queries, k)[1]

    def save(self, path: Path) -> bool:
        faiss.write_index(self.index, str(path))
        return True

    def load(self, path: Path, data: Data) -> None:
        self.index = faiss.read_index(str(path))

    def memory_bytes(self) -> int:
        return len(faiss.serialize_index(self.index))


class Usearch:
    def __init__(self, dtype: str) -> None:
        self.name, self.dtype = f"usearch-{dtype}", dtype

    def empty(self, data: Data) -> None:
        from usearch.index import Index

        # Inner product of unit vectors, as the others do it: cheaper than its own cosine.
        metric = "l2sq" if data.metric == "L2" else "ip"
        self.index = Index(
            ndim=data.dimensions, metric=metric, dtype=self.dtype, connectivity=M, expansion_add=EF_CONSTRUCTION
        )

    def build(self, data: Data) -> None:
        self.empty(data)
        self.index.add(np.arange(len(data.base)), data.base, threads=1)

    def search(self, queries: np.ndarray, k: int, ef: int) -> np.ndarray:
        self.index.expansion_search = ef
        return self.index.search(queries, k, threads=1).keys

    def save(self, path: Path) -> bool:
        self.index.save(str(path))
        return True

    def load(self, path: Path, data: Data) -> None:
        self.empty(data)
        self.index.load(str(path))

    def memory_bytes(self) -> int:
        return self.index.serialized_length


class HnswRs:
    name = "hnsw_rs"

    def build(self, data: Data) -> None:
        import hnsw_rs_peer

        self.index = hnsw_rs_peer.Index(data.metric, len(data.base), M, EF_CONSTRUCTION)
        self.index.add(data.base)
        self.index.finish()

    def search(self, queries: np.ndarray, k: int, ef: int) -> np.ndarray:
        return self.index.search(queries, k, ef)

    def save(self, path: Path) -> bool:
        return False

    def load(self, path: Path, data: Data) -> None:
        raise NotImplementedError("its graph is rebuilt, never loaded")

    def memory_bytes(self) -> None:
        return None


class HnswlibFilter:
    """hnswlib's filtered search with a compiled functor, over a graph that its package saved."""

    name = "hnswlib"

    def __init__(self, data: Data, path: Path) -> None:
        library = ctypes.CDLL(str(OUTPUT / "libhnswlib_filter.so"))
        library.nuthatch_load.restype = ctypes.c_void_p
        library.nuthatch_load.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_bool]
        size = ctypes.c_size_t
        library.nuthatch_search.argtypes = [
            ctypes.c_void_p, ctypes.c_void_p, size, size, size, size, ctypes.c_void_p, ctypes.c_void_p
        ]  # fmt: skip
        library.nuthatch_free.argtypes = [ctypes.c_void_p]
        self.functions = library
        self.loaded = library.nuthatch_load(os.fsencode(path), data.dimensions, data.metric == "COSINE")
        if not self.loaded:
            raise RuntimeError(f"hnswlib could not load {path}")

    def search(self, queries: np.ndarray, k: int, ef: int, bits: np.ndarray | None) -> np.ndarray:
        labels = np.empty((len(queries), k), dtype=np.uint32)
        self.functions.nuthatch_search(
            self.loaded, queries.ctypes.data, *queries.shape, k, ef,
            None if bits is None else bits.ctypes.data, labels.ctypes.data,
        )  # fmt: skip
        return labels

    def close(self) -> None:
        self.functions.nuthatch_free(self.loaded)
        self.loaded = None


def bitset(matches: np.ndarray, rows: int) -> np.ndarray:
    """One bit for each row, in words of 64."""
    bits = np.zeros(-(-rows // 64) * 64, dtype=np.uint8)
    bits[matches] = 1
    return np.packbits(bits, bitorder="little").view(np.uint64)


ENGINES: dict[str, Any] = {
    "nuthatch": lambda: Nuthatch(),
    "nuthatch-f32": lambda: Nuthatch("nuthatch-f32", quantization="NONE"),
    "nuthatch-int8": lambda: Nuthatch("nuthatch-int8", quantization="INT8"),
    "nuthatch-f16": lambda: Nuthatch("nuthatch-f16", element="FLOAT16"),
    "hnswlib": Hnswlib,
    "faiss": Faiss,
    "usearch-f32": lambda: Usearch("f32"),
    "usearch-f16": lambda: Usearch("f16"),
    "hnsw_rs": HnswRs,
}


def saved_path(name: str, data: Data) -> Path:
    release = version("faiss-cpu" if name == "faiss" else name.partition("-")[0])
    return CACHE / f"{name}-{release}-m{M}-efc{EF_CONSTRUCTION}-{data.fingerprint()}.index"


def built(name: str, data: Data) -> tuple[Engine, float]:
    """An engine with a graph over the data, and the CPU seconds that building it took, now or once."""
    engine = ENGINES[name]()
    can_be_saved = not name.startswith(("nuthatch", "hnsw_rs"))
    path = saved_path(name, data) if can_be_saved else None
    if path and path.exists():
        engine.load(path, data)
        return engine, json.loads(path.with_suffix(".json").read_text())["seconds"]
    say(f"building {name} on {data.name}")
    seconds = cpu_seconds(lambda: engine.build(data))
    if path:
        CACHE.mkdir(parents=True, exist_ok=True)
        # A run that is stopped here leaves nothing that looks whole.
        part = path.with_suffix(".part")
        engine.save(part)
        path.with_suffix(".json").write_text(json.dumps({"seconds": seconds}))
        part.rename(path)
    return engine, seconds


def versions() -> dict[str, str]:
    """Of the peers, with what they were compiled for."""
    return {
        "hnswlib": f"{version('hnswlib')}, built from source with -O3 -march=native; filtered search through"
        " a C++ functor built the same way",
        "faiss": f"{version('faiss-cpu')}, PyPI wheel, {faiss.get_compile_options().strip()}, 1 OpenMP thread",
        "usearch": f"{version('usearch')}, PyPI wheel, NumKong {version('numkong')}",
        "hnsw_rs": "0.3.5, feature simdeez_f, release, -C target-cpu=native",
    }
