"""What pyarrow takes for the footer of a Parquet file: pyarrow-footer.py FILE ROUNDS"""

import json
import statistics
import sys
import time

import pyarrow.parquet as pq

path, rounds = sys.argv[1], int(sys.argv[2])
times = []
for _ in range(rounds + 2):
    began = time.perf_counter()
    pq.read_metadata(path)
    times.append((time.perf_counter() - began) * 1000)
print(json.dumps({"ms": statistics.median(times[2:])}))
