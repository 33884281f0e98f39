"""Answers of magika itself about files, with onnxruntime: `reference.py WHEEL FILE...` prints a JSON list of label and score.

WHEEL is the folder that magika's wheel was unpacked to.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from magika import Magika

predictions = [result.prediction for result in Magika().identify_paths(sys.argv[2:])]
json.dump([{"label": str(p.dl.label), "score": float(p.score)} for p in predictions], sys.stdout)
