"""Train the flagship's network and write it as ONNX.

    python scripts/train_model.py

Needs the extra `train`. A fixed seed: the same versions of numpy and scikit-learn give the same bytes.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
from digits import SEED, split_digits
from onnx import TensorProto, helper, numpy_helper
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

MODEL = Path(__file__).resolve().parent.parent / "components/rust/inference/model/digits.onnx"
HIDDEN = 64
BRIGHTEST = 16


def main() -> None:
    """Train, judge, write."""
    pixels, labels, held_out, held_out_labels = split_digits()
    network = MLPClassifier(
        hidden_layer_sizes=(HIDDEN,), alpha=1e-2, max_iter=400, tol=1e-5, random_state=SEED
    )
    with warnings.catch_warnings():
        # It stops after as many rounds as it is given: more of them do not recognise more.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(pixels / BRIGHTEST, labels)
    accuracy = network.score(held_out / BRIGHTEST, held_out_labels)
    MODEL.parent.mkdir(exist_ok=True)
    MODEL.write_bytes(_onnx(network))
    print(f"held-out accuracy {accuracy:.4f}; {MODEL.stat().st_size:,} bytes in {MODEL}")


def _onnx(network: MLPClassifier) -> bytes:
    """The network as ONNX: `batch` [n, 64] in, `logits` [n, 10] out; softmax is left to the caller."""
    names = ("hidden_weights", "hidden_bias", "output_weights", "output_bias")
    arrays = (
        network.coefs_[0],
        network.intercepts_[0],
        network.coefs_[1],
        network.intercepts_[1],
    )
    graph = helper.make_graph(
        nodes=[
            helper.make_node("Gemm", ["batch", names[0], names[1]], ["hidden"], name="hidden"),
            helper.make_node("Relu", ["hidden"], ["active"], name="relu"),
            helper.make_node("Gemm", ["active", names[2], names[3]], ["logits"], name="output"),
        ],
        name="digits",
        inputs=[helper.make_tensor_value_info("batch", TensorProto.FLOAT, ["n", 64])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 10])],
        initializer=[
            numpy_helper.from_array(np.asarray(array, dtype=np.float32), name)
            for array, name in zip(arrays, names, strict=True)
        ],
    )
    model = helper.make_model(
        graph,
        producer_name="wcompose-digits",
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


if __name__ == "__main__":
    main()
