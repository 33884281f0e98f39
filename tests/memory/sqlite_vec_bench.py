"""The same searches as `memory/examples/bench.rs`, by sqlite-vec: int8 vectors, a user to filter by, the ten nearest.

    sqlite_vec_bench.py MEMORIES DIMENSIONS    prints the milliseconds of a search, the median of 21
"""

import json
import random
import sqlite3
import statistics
import sys
import time

import sqlite_vec


def main(memories, dimensions):
    db = sqlite3.connect(":memory:")
    db.enable_load_extension(True)
    sqlite_vec.load(db)
    db.execute(f"CREATE VIRTUAL TABLE v USING vec0(embedding int8[{dimensions}] distance_metric=cosine, user text)")
    source = random.Random(18)
    rows = ((source.randbytes(dimensions), f"user{number % 10}") for number in range(memories))
    db.executemany("INSERT INTO v (embedding, user) VALUES (vec_int8(?), ?)", rows)

    def search(condition):
        times = []
        for _ in range(21):
            query = source.randbytes(dimensions)
            began = time.perf_counter()
            found = db.execute(f"SELECT rowid FROM v WHERE embedding MATCH vec_int8(?) AND k = 10 {condition}", [query]).fetchall()
            times.append((time.perf_counter() - began) * 1e3)
            assert len(found) == 10
        return statistics.median(times)

    print(json.dumps({"search_ms": search(""), "search_filtered_ms": search("AND user = 'user3'")}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
