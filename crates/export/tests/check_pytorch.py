"""Do PyTorch, onnxruntime and gradbook agree about the models of runs, in both directions?

    python check_pytorch.py --gradbook PROGRAM --data DIR RUN...

DIR holds MNIST's four original files, unpacked. For each run, on all 10,000 test images:

- the exported PyTorch module loads the weights with strict=True, and as many of its answers are correct as `gradbook eval`
  says; run as a program, it says the same;
- onnxruntime gives the same answers with the exported ONNX file, and the same logits within BOUND;
- a file that PyTorch saves is evaluated by gradbook as its own: with a prefix, as float64, and as float16.
"""
import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
import torch
from safetensors.torch import save_file

BOUND = 1e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gradbook", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("runs", nargs="+", metavar="RUN")
    arguments = parser.parse_args()
    files = [Path(arguments.data) / f"t10k-{what}-ubyte" for what in ("images-idx3", "labels-idx1")]
    pixels = torch.from_numpy(numpy.fromfile(files[0], numpy.uint8, offset=16)).reshape(-1, 1, 28, 28)
    labels = torch.from_numpy(numpy.fromfile(files[1], numpy.uint8, offset=8))
    for run in arguments.runs:
        with tempfile.TemporaryDirectory() as folder:
            print(run, json.dumps(check(run, Path(folder), arguments.gradbook, files, pixels, labels)))


def check(run, folder, program, files, pixels, labels):
    def gradbook(*words):
        return json.loads(subprocess.run([program, *words, "--json"], check=True, capture_output=True).stdout)

    def logits_of(network):
        with torch.no_grad():
            return torch.cat([network(module.normalize(part)) for part in pixels.split(500)])

    def expect(what, found, needed):
        if found != needed:
            sys.exit(f"{run}: {what}: {found}, but {needed} is needed")

    gradbook("export", run, "--out", str(folder))
    correct = gradbook("eval", run)["correct"]
    specification = importlib.util.spec_from_file_location("model", folder / "model.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    network = module.load()
    logits = logits_of(network)
    answers = logits.argmax(1)
    expect("correct in PyTorch", int((answers == labels).sum()), correct)
    printed = subprocess.run([sys.executable, folder / "model.py", *files], check=True, capture_output=True, text=True)
    expect("model.py as a program", printed.stdout, f"{correct} of 10000 images correct\n")

    onnx.checker.check_model(onnx.load(folder / "model.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    output = [session.run(None, {"image": part.float().numpy()})[0] for part in pixels.split(500)]
    output = torch.from_numpy(numpy.concatenate(output))
    expect("same answers", int((output.argmax(1) == answers).sum()), len(answers))
    difference = float((output - logits).abs().max())
    expect(f"difference {difference} within {BOUND}", difference <= BOUND, True)

    def evaluated(name, network, change):
        save_file({change(key): value.contiguous() for key, value in network.state_dict().items()}, folder / name)
        return gradbook("eval", run, "--weights", str(folder / name))["correct"]

    expect("correct from a prefixed file", evaluated("prefix", network, lambda key: f"module.net.{key}"), correct)
    expect("correct from float64", evaluated("f64", module.load().double(), str), correct)
    # Rounded weights may give other answers, but those that PyTorch gives with them.
    rounded = int((logits_of(module.load().half().float()).argmax(1) == labels).sum())
    from_half = evaluated("f16", module.load().half(), str)
    if abs(from_half - rounded) > 1:
        sys.exit(f"{run}: correct from float16: {from_half}, in PyTorch {rounded}")
    return {"correct": correct, "onnx_difference": difference, "correct_float16": from_half,
            "correct_float16_pytorch": rounded}


main()
