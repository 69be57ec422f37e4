"""Checks an ONNX file: is it valid, and does onnxruntime give the outputs that gradbook gives?

    python check_onnx.py MODEL.onnx IMAGES OUTPUTS BOUND

IMAGES holds pixel values as bytes, image by image; OUTPUTS gradbook's outputs for them, as little-endian float32. Prints
the largest difference and the number of images with the same largest output, as JSON. Ends with an error if a
difference is above BOUND.
"""
import json
import sys

import numpy
import onnx
import onnxruntime

# The batch may have any size, the last may be smaller.
BATCHES = [1, 7, 1000]


def main():
    file, images, outputs, bound = sys.argv[1:]
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (image,), (output,) = session.get_inputs(), session.get_outputs()
    batch, *sizes = image.shape
    assert (image.name, image.type, batch) == ("image", "tensor(float)", "batch"), image
    images = numpy.fromfile(images, numpy.uint8).reshape(-1, *sizes).astype(numpy.float32)
    expected = numpy.fromfile(outputs, "<f4").reshape(len(images), -1)
    assert output.shape == ["batch", expected.shape[1]], output

    def run(images, size):
        parts = [images[first:first + size] for first in range(0, len(images), size)]
        return numpy.concatenate([session.run(None, {"image": part})[0] for part in parts])

    found = run(images, BATCHES[-1])
    difference = float(numpy.abs(found - expected).max())
    for size in BATCHES[:-1]:
        difference = max(difference, float(numpy.abs(run(images[:100], size) - expected[:100]).max()))
    print(json.dumps({
        "difference": difference,
        "same_answers": int((found.argmax(1) == expected.argmax(1)).sum()),
        "largest_output": float(numpy.abs(expected).max()),
    }))
    # In this form also NaN is refused.
    if not difference <= float(bound):
        sys.exit(f"{file}: outputs differ by {difference}, more than {bound}")


main()
