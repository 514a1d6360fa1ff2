"""Checks an exported model against embeddings made by Likeness.

    python check_onnx.py MODEL.onnx PICTURES.json          (needs onnx, onnxruntime and numpy)

PICTURES.json is a list of {"height", "width", "channels", "pixels", "embedding"}. The model must pass `onnx.checker`'s full
check, and ONNX Runtime's embeddings, alone and in a batch, may differ by 1e-5 at most. Prints the largest difference.
"""
import json
import sys

import numpy
import onnx
import onnxruntime

path, pictures = sys.argv[1], json.load(open(sys.argv[2]))
onnx.checker.check_model(path, full_check=True)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
largest = 0.0
for picture in pictures:
    pixels = numpy.array(picture["pixels"], "u1").reshape(1, picture["height"], picture["width"], picture["channels"])
    expected = numpy.array(picture["embedding"], "f4")
    for batch in (pixels, numpy.concatenate([pixels, pixels[:, ::-1], pixels])):
        found = session.run(["embedding"], {"pixels": batch})[0]
        assert found.dtype == numpy.float32 and found.shape == (len(batch), len(expected)), found.shape
        largest = max(largest, float(abs(found[0] - expected).max()), float(abs(found[-1] - expected).max()))
print(largest)
sys.exit(0 if largest <= 1e-5 else f"the largest difference is {largest}")
