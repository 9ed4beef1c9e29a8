"""A search of products with facets, without a server.

python examples/products.py
"""

from __future__ import annotations

from nuthatch import Engine

PRODUCTS = (
    ("Feeder for nuthatches", "birds,garden", 24.5),
    ("Feeder for squirrels", "garden", 31.0),
    ("Nesting box", "birds,garden", 18.0),
    ("Field guide to birds", "birds,books", 22.0),
    ("Book of gardens", "books,garden", 40.0),
)


def main() -> None:
    """Prints the hits and facets of some queries."""
    engine = Engine(decode_responses=True)
    schema = ("title", "TEXT", "topic", "TAG", "price", "NUMERIC", "SORTABLE")
    engine.execute("FT.CREATE", "products", "PREFIX", 1, "product:", "SCHEMA", *schema)
    for number, (title, topic, price) in enumerate(PRODUCTS):
        engine.execute("HSET", f"product:{number}", "title", title, "topic", topic, "price", price)
    for query in ("feeder", "@topic:{birds} @price:[-inf 23]", "@topic:{garden} -squirrels"):
        reply = engine.execute("FT.SEARCH", "products", query, "SORTBY", "price", "FACETS", 1, "topic")
        print(f"{query}: {reply['total_results']} products")
        for row in reply["results"]:
            product = row["extra_attributes"]
            print(f"  {product['price']:>6}  {product['title']}")
        print(f"  facets: {reply['facets']}")


if __name__ == "__main__":
    main()
