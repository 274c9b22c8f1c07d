"""Writes the encoder as an ONNX graph that ``encoder.Encoder`` runs, its matrices as whole numbers.

Multiplying whole numbers of eight bits is three times as fast as multiplying floats. What goes into a matrix is cut to
eight bits by scales that are fixed here, from what the sentences learnt from bring, so that a sentence reads the same
whatever stands beside it. Weights have seven bits: with eight, the sums of two products overflow on processors without
VNNI.

A few inputs of each matrix are ten times as large as the rest and would leave the rest no bits; each input is divided
by (nearly) the most that it reaches, and its weights are multiplied by that (SmoothQuant, Xiao et al. 2022,
arXiv:2211.10438).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession

from ..model import POSITIONS

HEADS = 12
EPSILON = 1e-12
MEASURED = 2000  # sentences by which scales are fixed
SMOOTHED = 0.85  # share of an input's reach that its weights take over
_FUSED = "com.microsoft"  # ONNX Runtime's own operators

Weights = dict[str, Any]  # as ``encoder.start`` makes them
Array = NDArray[Any]
Reach = Mapping[str, Array]  # of the inputs of a matrix, by its name: a row of the least and one of the most


Sentence = tuple[Sequence[int], Sequence[int]]  # numbers of pieces, and what each names


def written(weights: Weights, pieces: Sequence[str], sentences: Sequence[Sentence]) -> bytes:
    """The file of an encoder; ``sentences`` are such as it will read."""
    return _Graph(weights).written(pieces, _reach(weights, pieces, sentences))


def _reach(weights: Weights, pieces: Sequence[str], sentences: Sequence[Sentence]) -> Reach:
    """How far the inputs of each matrix go in some of the sentences, read with floats."""
    graph = _Graph(weights)
    session = InferenceSession(graph.written(pieces, None), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs() if "." in one.name]
    found: dict[str, Array] = {}
    for numbers, roles in sentences[:: max(1, len(sentences) // MEASURED)]:
        inputs = {"pieces": np.array([numbers]), "roles": np.array([roles])}
        for name, values in zip(names, session.run(names, inputs), strict=True):
            here = np.stack([values.min((0, 1)), values.max((0, 1))])
            before = found.get(name, here)
            found[name] = np.stack([np.minimum(before[0], here[0]), np.maximum(before[1], here[1])])
    return found


@dataclass(slots=True)
class _Graph:
    weights: Weights
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)  # of matrices, where nothing is known of their reach

    def written(self, pieces: Sequence[str], reach: Reach | None) -> bytes:
        states = self._embedded("pieces", "roles")
        for n, layer in enumerate(self.weights["layers"]):
            states = self._layer(states, layer, f"{n}", reach)
        self._outputs(states)
        outputs = [("statement", "b"), ("inside", "bl"), ("holder", "bl"), ("positions", "blp"), ("links", "blk")]
        known = [_value(name, TensorProto.FLOAT, axes) for name, axes in outputs]
        known += [_value(name, TensorProto.FLOAT, "blw") for name in self.inputs]
        inputs = [_value(name, TensorProto.INT64, "bl") for name in ("pieces", "roles")]
        graph = helper.make_graph(self.nodes, "encoder", inputs, known, self.constants)
        versions = [helper.make_opsetid("", 20), helper.make_opsetid(_FUSED, 1)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=10)
        helper.set_model_props(model, {"vocabulary": "\n".join(pieces)})
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    # --- steps -------------------------------------------------------------------------------------------------------

    def _embedded(self, pieces: str, roles: str) -> str:
        scale = np.maximum(np.abs(self.weights["words"]).max(1, keepdims=True), 1e-9) / 127
        rows = self.op("Gather", self.constant(np.round(self.weights["words"] / scale).astype(np.int8)), pieces)
        scales = self.op("Gather", self.constant(scale.astype(np.float32)), pieces)
        words = self.op("Mul", self.op("Cast", rows, to=TensorProto.FLOAT), scales)
        length = self.op("Shape", pieces, start=1, end=2)
        start, axis = self.constant(np.array([0])), self.constant(np.array([0]))
        places = self.op("Slice", self.constant(self.weights["places"]), start, length, axis)
        named = self.op("Gather", self.constant(self.weights["roles"]), roles)
        states = self.op("Add", self.op("Add", words, places), named)
        weight, bias = self._both(self.weights["norm"])
        return self.op("LayerNormalization", states, weight, bias, epsilon=EPSILON)

    def _layer(self, states: str, layer: Weights, name: str, reach: Reach | None) -> str:
        three = tuple(np.concatenate([layer[part][n] for part in "qkv"], axis=-1) for n in (0, 1))
        mixed = self._linear(states, three, f"{name}.qkv", reach)
        parts = self.ops(3, "Split", mixed, axis=2, num_outputs=3)
        heard = self.op("MultiHeadAttention", *parts, domain=_FUSED, num_heads=HEADS)
        states = self._normed(states, self._linear(heard, layer["o"], f"{name}.o", reach), layer["ln1"])
        inner = self.op("FastGelu", self._linear(states, layer["f1"], f"{name}.f1", reach), domain=_FUSED)
        return self._normed(states, self._linear(inner, layer["f2"], f"{name}.f2", reach), layer["ln2"])

    def _outputs(self, states: str) -> None:
        pooled = self.op("ReduceMean", states, self.constant(np.array([1])), keepdims=0)
        weight, bias = self.weights["sentence"]
        one = self.op("MatMul", pooled, self.constant(weight.reshape(-1)))
        self.op("Sigmoid", self.op("Add", one, self.constant(bias)), named="statement")
        words = self._floats(states, self.weights["word"])
        sizes = self.constant(np.array([1, 1, len(POSITIONS)]))
        inside, holder, positions = self.ops(3, "Split", words, sizes, axis=2)
        last = self.constant(np.array([2]))
        self.op("Sigmoid", self.op("Squeeze", inside, last), named="inside")
        self.op("Sigmoid", self.op("Squeeze", holder, last), named="holder")
        self.op("Softmax", positions, axis=2, named="positions")
        self.op("Identity", self._floats(states, self.weights["link"]), named="links")

    def _normed(self, states: str, added: str, norm: Any) -> str:
        return self.op("SkipLayerNormalization", states, added, *self._both(norm), domain=_FUSED, epsilon=EPSILON)

    # --- a matrix ----------------------------------------------------------------------------------------------------

    def _linear(self, inputs: str, both: Any, name: str, reach: Reach | None) -> str:
        if reach is None:
            self.inputs.append(name)
            return self._floats(self.op("Identity", inputs, named=name), both)
        weight, bias = both
        low, high = reach[name]
        divisor = _divisors(np.maximum(-low, high), weight)
        step, zero = _steps((low / divisor).min(), (high / divisor).max())
        whole, scales = _seven_bits(weight * divisor[:, None])
        smooth = self.op("Mul", inputs, self.constant((1 / divisor).astype(np.float32)))
        step_, zero_ = self.constant(step), self.constant(zero)
        return self.op(
            "MatMulIntegerToFloat",
            self.op("QuantizeLinear", smooth, step_, zero_),
            self.constant(whole),
            step_,
            self.constant(scales),
            zero_,
            self.constant(np.zeros_like(whole[0])),
            self.constant(bias),
            domain=_FUSED,
        )

    def _floats(self, inputs: str, both: Any) -> str:
        weight, bias = self._both(both)
        return self.op("Add", self.op("MatMul", inputs, weight), bias)

    # --- nodes -------------------------------------------------------------------------------------------------------

    def _both(self, both: Any) -> tuple[str, str]:
        return self.constant(both[0]), self.constant(both[1])

    def constant(self, values: Any) -> str:
        name = f"constant {len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def op(self, kind: str, *inputs: str, named: str = "", **attributes: Any) -> str:
        output = named or f"step {len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def ops(self, count: int, kind: str, *inputs: str, **attributes: Any) -> list[str]:
        outputs = [f"step {len(self.nodes)}, {n}" for n in range(count)]
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs


def _value(name: str, kind: int, axes: str) -> Any:
    return helper.make_tensor_value_info(name, kind, list(axes))


def _divisors(most: Array, weight: Array) -> Array:
    """What each input of a matrix is divided by; their geometric mean is 1."""
    found = np.maximum(most, 1e-6) ** SMOOTHED / np.maximum(np.abs(weight).max(1), 1e-6) ** (1 - SMOOTHED)
    return np.asarray(found / np.exp(np.log(found).mean()))


def _steps(low: float, high: float) -> tuple[Array, Array]:
    """Size of a step and the number of zero, for 256 steps from the least to the most."""
    step = (max(high, 0.0) - min(low, 0.0)) / 255
    return np.array(step, dtype=np.float32), np.array(round(-min(low, 0.0) / step), dtype=np.uint8)


def _seven_bits(weight: Array) -> tuple[Array, Array]:
    """Whole numbers between -63 and 63, and a scale a column."""
    scale = np.maximum(np.abs(weight).max(0), 1e-9) / 63
    return np.round(weight / scale).astype(np.int8), scale.astype(np.float32)
