"""The embeddings that onnxruntime finds: `reference.py MODEL.onnx`, with a list of tokens for each text as JSON on standard input."""

import json
import sys

import numpy as np
import onnxruntime

rows = json.load(sys.stdin)
length = max(map(len, rows))
ids = np.array([row + [0] * (length - len(row)) for row in rows], np.int64)
mask = np.array([[1] * len(row) + [0] * (length - len(row)) for row in rows], np.int64)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
json.dump(session.run(["sentence_embedding"], {"input_ids": ids, "attention_mask": mask})[0].tolist(), sys.stdout)
