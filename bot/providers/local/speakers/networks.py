"""The ONNX graphs of two published networks, written around the tensors of their checkpoints.

`campplus`: CAM++ (3D-Speaker, Apache-2.0; arXiv 2303.00332), log mels [n, frames, 80] -> embeddings [n, 192].
`segmentation`: pyannote segmentation-3.0 (MIT; arXiv 2310.13025), samples [n, 1, samples] -> log probabilities
[n, frames, 7] of the classes in `regions.POWERSET`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bot.providers.local.speakers.checkpoint import Tensor
from bot.providers.local.speakers.onnx_format import Attribute, GraphBuilder

_CONTEXT_FRAMES = 100  # CAM++ pools its context over this many frames
_SAMPLE_RATE, _LOWEST_HZ = 16_000, 50.0


class _Network(GraphBuilder):
    """A graph whose layers take their weights from a checkpoint by name."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.weights = weights

    def conv(
        self,
        x: str,
        name: str,
        strides: list[int] | None = None,
        pads: list[int] | None = None,
        dilations: list[int] | None = None,
    ) -> str:
        inputs = [x, self.constant(self.weights[f"{name}.weight"])]
        if f"{name}.bias" in self.weights:
            inputs.append(self.constant(self.weights[f"{name}.bias"]))
        given = {"strides": strides, "pads": pads, "dilations": dilations}
        options: dict[str, Attribute] = {key: value for key, value in given.items() if value}
        return self.add("Conv", *inputs, **options)

    def batch_norm(self, x: str, name: str) -> str:
        mean, variance = self.weights[f"{name}.running_mean"], self.weights[f"{name}.running_var"]
        scale = self.weights.get(f"{name}.weight", np.ones_like(mean))
        bias = self.weights.get(f"{name}.bias", np.zeros_like(mean))
        values = [self.constant(value) for value in (scale, bias, mean, variance)]
        return self.add("BatchNormalization", x, *values, epsilon=1e-5)

    def norm_relu(self, x: str, name: str) -> str:
        return self.add("Relu", self.batch_norm(x, name))

    def instance_norm(self, x: str, name: str) -> str:
        scale, bias = self.constant(self.weights[f"{name}.weight"]), self.constant(self.weights[f"{name}.bias"])
        return self.add("InstanceNormalization", x, scale, bias, epsilon=1e-5)

    def linear(self, x: str, name: str) -> str:
        product = self.add("MatMul", x, self.constant(self.weights[f"{name}.weight"].T))
        return self.add("Add", product, self.constant(self.weights[f"{name}.bias"]))

    def lstm(self, x: str, layers: int, hidden: int) -> str:
        """A bidirectional LSTM: [frames, n, in] -> [frames, n, 2 * hidden]."""
        for layer in range(layers):
            sides = (f"l{layer}", f"l{layer}_reverse")
            inputs = np.stack([self._gates(f"lstm.weight_ih_{side}") for side in sides])
            recurrent = np.stack([self._gates(f"lstm.weight_hh_{side}") for side in sides])
            biases = np.stack(
                [
                    np.concatenate([self._gates(f"lstm.bias_ih_{side}"), self._gates(f"lstm.bias_hh_{side}")])
                    for side in sides
                ]
            )
            values = [self.constant(value) for value in (inputs, recurrent, biases)]
            y = self.add("LSTM", x, *values, hidden_size=hidden, direction="bidirectional")
            y = self.add("Transpose", y, perm=[0, 2, 1, 3])
            x = self.add("Reshape", y, self.integers(0, 0, 2 * hidden))
        return x

    def _gates(self, name: str) -> Tensor:
        """PyTorch orders the gates input, forget, cell, output; ONNX input, output, forget, cell."""
        inward, forget, cell, outward = np.split(self.weights[name], 4)
        return np.concatenate([inward, outward, forget, cell])


def campplus(weights: Mapping[str, Tensor]) -> bytes:
    """The ONNX model of CAM++."""
    net = _Network(weights)
    x = _campplus_head(net)
    x = net.norm_relu(net.conv(x, "xvector.tdnn.linear", [2], [2, 2]), "xvector.tdnn.nonlinear.batchnorm")
    for block, layers, dilation in ((1, 12, 1), (2, 24, 2), (3, 16, 2)):
        for layer in range(1, layers + 1):
            x = _dense_layer(net, x, f"xvector.block{block}.tdnnd{layer}", dilation)
        name = f"xvector.transit{block}"
        x = net.conv(net.norm_relu(x, f"{name}.nonlinear.batchnorm"), f"{name}.linear")
    x = _mean_and_deviation(net, net.norm_relu(x, "xvector.out_nonlinear.batchnorm"))
    x = net.conv(x, "xvector.dense.linear")
    x = net.batch_norm(net.add("Squeeze", x, net.integers(-1)), "xvector.dense.nonlinear.batchnorm")
    return net.model(["n", "frames", 80], x)


def segmentation(weights: Mapping[str, Tensor]) -> bytes:
    """The ONNX model of pyannote's segmentation."""
    net = _Network(weights)
    x = net.instance_norm("in", "sincnet.wav_norm1d")
    x = net.add("Abs", net.add("Conv", x, net.constant(_sinc_filters(weights)), strides=[10]))
    x = _pooled(net, x, 0)
    for layer in (1, 2):
        x = _pooled(net, net.conv(x, f"sincnet.conv1d.{layer}"), layer)
    x = net.lstm(net.add("Transpose", x, perm=[2, 0, 1]), layers=4, hidden=128)
    for layer in (0, 1):
        x = net.add("LeakyRelu", net.linear(x, f"linear.{layer}"), alpha=0.01)
    x = net.add("LogSoftmax", net.linear(x, "classifier"), axis=-1)
    return net.model(["n", 1, "samples"], net.add("Transpose", x, perm=[1, 0, 2]))


def _campplus_head(net: _Network) -> str:
    """Two-dimensional residual blocks over time and frequency, flattened to [n, 320, frames]."""
    x = net.add("Unsqueeze", net.add("Transpose", "in", perm=[0, 2, 1]), net.integers(1))
    x = net.norm_relu(net.conv(x, "head.conv1", pads=[1, 1, 1, 1]), "head.bn1")
    for name, stride in (
        ("head.layer1.0", 2),
        ("head.layer1.1", 1),
        ("head.layer2.0", 2),
        ("head.layer2.1", 1),
    ):
        y = net.norm_relu(net.conv(x, f"{name}.conv1", [stride, 1], [1, 1, 1, 1]), f"{name}.bn1")
        y = net.batch_norm(net.conv(y, f"{name}.conv2", [1, 1], [1, 1, 1, 1]), f"{name}.bn2")
        if f"{name}.shortcut.0.weight" in net.weights:
            x = net.batch_norm(net.conv(x, f"{name}.shortcut.0", [stride, 1]), f"{name}.shortcut.1")
        x = net.add("Relu", net.add("Add", y, x))
    x = net.norm_relu(net.conv(x, "head.conv2", [2, 1], [1, 1, 1, 1]), "head.bn2")
    return net.add("Reshape", x, net.integers(0, 320, -1))


def _dense_layer(net: _Network, x: str, name: str, dilation: int) -> str:
    """One densely connected layer with its context-aware mask; its output is appended to the channels of `x`."""
    y = net.norm_relu(x, f"{name}.nonlinear1.batchnorm")
    y = net.norm_relu(net.conv(y, f"{name}.linear1"), f"{name}.nonlinear2.batchnorm")
    local = net.conv(y, f"{name}.cam_layer.linear_local", [1], [dilation, dilation], [dilation])
    whole = net.add("ReduceMean", y, axes=[-1], keepdims=1)
    mask = net.add("Relu", net.conv(net.add("Add", _pooled_context(net, y), whole), f"{name}.cam_layer.linear1"))
    mask = net.add("Sigmoid", net.conv(mask, f"{name}.cam_layer.linear2"))
    return net.add("Concat", x, net.add("Mul", local, mask), axis=1)


def _pooled_context(net: _Network, x: str) -> str:
    """The mean of each `_CONTEXT_FRAMES` frames, repeated to the number of frames."""
    means = net.add(
        "AveragePool",
        x,
        kernel_shape=[_CONTEXT_FRAMES],
        strides=[_CONTEXT_FRAMES],
        ceil_mode=1,
        count_include_pad=0,
    )
    means = net.add("Expand", net.add("Unsqueeze", means, net.integers(-1)), net.integers(1, 1, 1, _CONTEXT_FRAMES))
    means = net.add("Reshape", means, net.integers(0, 0, -1))
    frames = net.add("Gather", net.add("Shape", x), net.integers(2))
    return net.add("Slice", means, net.integers(0), frames, net.integers(2))


def _mean_and_deviation(net: _Network, x: str) -> str:
    """[n, channels, frames] -> [n, 2 * channels, 1]; the deviation is the unbiased one."""
    mean = net.add("ReduceMean", x, axes=[-1], keepdims=1)
    centred = net.add("Sub", x, mean)
    squares = net.add("ReduceSum", net.add("Mul", centred, centred), net.integers(-1), keepdims=1)
    count = net.add("Cast", net.add("Gather", net.add("Shape", x), net.integers(2)), to=1)
    variance = net.add("Div", squares, net.add("Sub", count, net.constant([1.0])))
    return net.add("Concat", mean, net.add("Sqrt", variance), axis=1)


def _pooled(net: _Network, x: str, layer: int) -> str:
    x = net.add("MaxPool", x, kernel_shape=[3], strides=[3])
    return net.add("LeakyRelu", net.instance_norm(x, f"sincnet.norm1d.{layer}"), alpha=0.01)


def _sinc_filters(weights: Mapping[str, Tensor]) -> NDArray[np.float32]:
    """The band-pass filters between the learnt edges: 40 even (cosine) and 40 odd (sine) ones, [80, 1, taps]."""
    bank = "sincnet.conv1d.0.filterbank."
    low = _LOWEST_HZ + np.abs(weights[f"{bank}low_hz_"])
    high = np.clip(low + _LOWEST_HZ + np.abs(weights[f"{bank}band_hz_"]), _LOWEST_HZ, _SAMPLE_RATE / 2)
    times, window = weights[f"{bank}n_"], weights[f"{bank}window_"]
    band = (high - low)[:, :1]
    at_low, at_high = low @ times, high @ times
    half = (np.sin(at_high) - np.sin(at_low)) / (times / 2) * window
    even = np.concatenate([half, 2 * band, half[:, ::-1]], 1)
    half = (np.cos(at_low) - np.cos(at_high)) / (times / 2) * window
    odd = np.concatenate([half, np.zeros_like(band), -half[:, ::-1]], 1)
    filters: NDArray[np.float32] = np.concatenate([even / (2 * band), odd / (2 * band)]).astype(np.float32)
    return filters[:, None, :]
