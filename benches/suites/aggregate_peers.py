"""The peers of `nuthatch-bench aggregate`: DuckDB and Polars on one thread, asked through a pipe.

A line `query contender` runs one query once and answers with a line: seconds of CPU time of this
process, the number of rows, and a sum over them that both sides compute.
"""

import argparse
import os
import sys
import time

for variable in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"

import duckdb
import numpy
import polars


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="tags as u32, then two columns of f64, little-endian")
    parser.add_argument("rows", type=int)
    parser.add_argument("--cpu", type=int)
    options = parser.parse_args()
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    queries = {**in_duckdb(*columns(options)), **in_polars(*columns(options))}
    print(f"duckdb {duckdb.__version__}, polars {polars.__version__}", flush=True)
    for line in sys.stdin:
        run = queries[tuple(line.split())]
        start = time.process_time()
        rows = run()
        seconds = time.process_time() - start
        print(seconds, len(rows), total(rows), flush=True)


def columns(options):
    """Tags, prices and quantities from the file."""
    raw = open(options.file, "rb").read()
    tags = numpy.frombuffer(raw, "<u4", options.rows)
    numbers = numpy.frombuffer(raw, "<f8", 2 * options.rows, 4 * options.rows)
    return tags, numbers[: options.rows].copy(), numbers[options.rows :].copy()


def total(rows):
    """The sum of the last number of each row."""
    return float(sum(row[-1] for row in rows))


def in_duckdb(tags, price, quantity):
    database = duckdb.connect()
    database.execute("SET threads = 1")
    given = {"t": tags, "price": price, "quantity": quantity}
    database.register("given", given)
    database.execute("CREATE TABLE d AS SELECT 'tag' || t AS tag, price, quantity FROM given")
    database.execute("CREATE TYPE tags AS ENUM (SELECT DISTINCT tag FROM d ORDER BY tag)")
    database.execute("CREATE TABLE e AS SELECT tag::tags AS tag, price, quantity FROM d")

    def ask(text):
        return lambda: database.execute(text).fetchall()

    group = (
        "SELECT tag, count(*), {}(quantity, 0.5), avg(quantity) FROM {} "
        "WHERE price BETWEEN 0 AND 500 GROUP BY tag"
    )
    sort = "SELECT tag, price FROM {} ORDER BY price DESC LIMIT 10"
    return {
        ("group", "duckdb"): ask(group.format("quantile_disc", "d")),
        ("group", "duckdb-estimated"): ask(group.format("approx_quantile", "d")),
        ("group", "duckdb-enum"): ask(group.format("quantile_disc", "e")),
        ("sort", "duckdb"): ask(sort.format("d")),
        ("sort", "duckdb-enum"): ask(sort.format("e")),
        ("apply", "duckdb"): ask("SELECT sum((price * quantity + 3) / 2) FROM d"),
    }


def in_polars(tags, price, quantity):
    texts = polars.Series("tag", tags).cast(polars.String)
    texts = ("tag" + texts).rename("tag")
    of_texts = polars.DataFrame({"tag": texts, "price": price, "quantity": quantity})
    of_categories = of_texts.with_columns(polars.col("tag").cast(polars.Categorical))

    def group(frame):
        quantity = polars.col("quantity")
        found = frame.lazy().filter(polars.col("price").is_between(0, 500)).group_by("tag")
        figures = [
            polars.len(),
            quantity.quantile(0.5).alias("median"),
            quantity.mean().alias("mean"),
        ]
        return lambda: found.agg(figures).collect().rows()

    def sort(frame):
        return lambda: frame.lazy().top_k(10, by="price").select("tag", "price").collect().rows()

    computed = (polars.col("price") * polars.col("quantity") + 3) / 2
    return {
        ("group", "polars"): group(of_texts),
        ("group", "polars-categories"): group(of_categories),
        ("sort", "polars"): sort(of_texts),
        ("sort", "polars-categories"): sort(of_categories),
        ("apply", "polars"): lambda: of_texts.lazy().select(computed.sum()).collect().rows(),
    }


if __name__ == "__main__":
    main()
