"""Rows of the vector table about filtered search: random shares of the rows match, hnswlib asks a
compiled functor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench import Bench
from data import Data, K, exact, recall
from engines import Hnswlib, HnswlibFilter, Nuthatch, bitset, built, saved_path
from measure import Curve, ratio_at, rounds, say

SHARES = [0.003, 0.01, 0.02, 0.05, 0.10, 0.20, 0.50]
EFS = [10, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256, 400, 640]
TARGET = 0.95
QUERIES = 300


def filtered(bench: Bench, sets: list[Data]) -> None:
    ratios: dict[float, list[float]] = {share: [] for share in SHARES}
    for data in sets:
        data = replace(data, queries=data.queries[:QUERIES])
        built(Hnswlib.name, data)
        peer = HnswlibFilter(data, saved_path(Hnswlib.name, data))
        ours = Nuthatch()
        say(f"{data.name}: building for filters")
        ours.build(data)
        # Of fewer rows some shares would not have K matches.
        for share in (share for share in SHARES if share * len(data.base) >= 3 * K):
            say(f"{data.name}: filter of {share:.1%}")
            ratios[share].append(one(bench, data, ours, peer, share))
        peer.close()
    for goal, shares in [("filter_few", SHARES[:4]), ("filter_some", SHARES[4:6])]:
        if measured := [ratio for share in shares for ratio in ratios[share]]:
            bench.line(goal, min(measured))


def one(bench: Bench, data: Data, ours: Nuthatch, peer: HnswlibFilter, share: float) -> float:
    """Our QPS by hnswlib's at the recall aimed at; 0 if only hnswlib reaches it."""
    import nuthatch_vectors

    random = np.random.default_rng(round(share * 1000))
    matches = np.flatnonzero(random.random(len(data.base)) < share).astype(np.uint32)
    truth = exact(data, matches)
    prepared, bits = nuthatch_vectors.Filter(matches), bitset(matches, len(data.base))
    count = len(data.queries)
    curves = [
        Curve("nuthatch", lambda ef: ours.search(data.queries, K, ef, prepared), count),
        Curve("hnswlib", lambda ef: peer.search(data.queries, K, ef, bits), count),
    ]
    for curve in curves:
        curve.scan(EFS, lambda labels: recall(labels, truth), enough=0.97)
    rounds(curves, bench.rounds, 0, [TARGET])
    ratio = ratio_at(curves[0], curves[1], TARGET)
    for curve in curves:
        around = curve.bracket(TARGET)
        reached = around[1].recall if around else curve.points[-1].recall
        qps = curve.qps_at(TARGET) if around else None
        bench.row("filter", data, engine=curve.name, share=share, qps=qps, recall=reached, ratio=ratio)
    if ratio is None:
        return 0.0 if curves[0].bracket(TARGET) is None else float("inf")
    return ratio
