"""One cache for many tenants, each of which sees its own answers only.

python examples/tenants.py
"""

from __future__ import annotations

import zlib

import numpy as np

from nuthatch import SemanticCache


def embed(texts: list[str]) -> np.ndarray:
    """A toy of an embedder: texts are as near as the words that they share."""
    rows = []
    for text in texts:
        words = text.lower().strip("?!. ").split()
        rows.append(
            sum(np.random.default_rng(zlib.crc32(word.encode())).standard_normal(256) for word in words)
        )
    return np.stack(rows)


def main() -> None:
    """Puts and asks for two tenants."""
    cache = SemanticCache(embed, threshold=0.7)
    cache.put("what is our refund policy for orders", "Acme: 30 days", scope={"tenant": "acme"})
    cache.put("what is our refund policy for orders", "Globex: none", scope={"tenant": "globex"})
    for tenant in ("acme", "globex", "initech", "acme} | @scope:{*"):
        hit = cache.get("what is our refund policy for an order", scope={"tenant": tenant})
        print(f"{tenant:<20} {hit.response if hit else 'nothing'}")
    print(f"{cache.invalidate(scope={'tenant': 'acme'})} of acme's entries deleted")
    print(f"{cache.stats().entries} left")


if __name__ == "__main__":
    main()
