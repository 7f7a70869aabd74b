#!/usr/bin/env python3
"""Makes the models of the tests of samples/onnx and samples/ncnn: a vision transformer and a ConvNet with random
weights, as .onnx and as .param and .bin. Also makes their features by the original S2-Wrapper on PyTorch. README.md has
the packages that it needs."""

import struct
from pathlib import Path
from typing import Callable

import numpy as np
import s2wrapper
import torch
from torch import nn

HERE = Path(__file__).parent
SIDE, PATCH, WIDTH, HEADS, LAYERS, INSIDE = 28, 7, 24, 2, 2, 40
GRID = SIDE // PATCH
SIZES = [28, 56, 84]


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def heads(y: torch.Tensor) -> torch.Tensor:
            return y.reshape(-1, y.shape[1], HEADS, WIDTH // HEADS).transpose(1, 2)

        q, k, v = heads(self.q(x)), heads(self.k(x)), heads(self.v(x))
        weights = (q @ k.transpose(2, 3) * (WIDTH // HEADS) ** -0.5).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(-1, x.shape[1], WIDTH))


def gelu(x: torch.Tensor) -> torch.Tensor:
    """By tanh: ncnn's shader knows no other, and is 5e-4 off from the exact one."""
    return 0.5 * x * (1 + torch.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention, self.up, self.down = Attention(), nn.Linear(WIDTH, INSIDE), nn.Linear(INSIDE, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.down(gelu(self.up(self.norm2(x))))


class Vit(nn.Module):
    """CLS or none, as of CLIP or SigLIP."""

    def __init__(self, cls: bool) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        self.cls = nn.Parameter(torch.randn(1, 1, WIDTH)) if cls else None
        self.positions = nn.Parameter(torch.randn(1, GRID * GRID + cls, WIDTH) * 0.5)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.patches(pixels).flatten(2).transpose(1, 2)
        if self.cls is not None:
            x = torch.cat([self.cls.expand(pixels.shape[0], -1, -1), x], dim=1)
        x = x + self.positions
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class ConvNet(nn.Module):
    """Two levels: maps of 7 x 7, 49 elements, and a number of channels that 4 divides or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.depthwise = nn.Conv2d(3, 16, 4, 4), nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.up, self.maps24, self.maps22 = nn.Conv2d(16, 32, 1), nn.Conv2d(32, 24, 1), nn.Conv2d(24, 22, 3, padding=1)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.relu(self.up(self.depthwise(torch.relu(self.stem(pixels)))))
        maps24 = self.maps24(x)
        return maps24, self.maps22(torch.relu(maps24))


class Half(nn.Module):
    """Takes and returns f16, and computes in f32."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.model(pixels.float()).half()


class ChannelsLast(nn.Module):
    """Images and maps are batch x height x width x channels."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(maps.permute(0, 2, 3, 1) for maps in self.model(pixels.permute(0, 3, 1, 2)))


# ---- ONNX ------------------------------------------------------------------------------------------------------------


def export(name: str, model: nn.Module, outputs: list[str], batch: int, pixels: torch.Tensor | None = None) -> None:
    """batch 0: any."""
    if pixels is None:
        pixels = torch.zeros(batch or 1, 3, SIDE, SIDE)
    axes = {} if batch else {name: {0: "batch"} for name in ["pixels", *outputs]}
    torch.onnx.export(model.eval(), pixels, HERE / f"{name}.onnx", input_names=["pixels"],
                      output_names=outputs, dynamic_axes=axes, opset_version=14)


# ---- ncnn ------------------------------------------------------------------------------------------------------------


class Ncnn:
    """Writes layers one by one. A blob that several layers read is split, as ncnn wants it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.weights: list[bytes] = []
        self.blobs = 0

    def add(self, kind: str, inputs: list[str], outputs: list[str], **options: int | float) -> str:
        values = " ".join(f"{key.lstrip('_')}={value}" for key, value in options.items())
        self.lines.append(f"{kind} {kind.lower()}{len(self.lines)} {len(inputs)} {len(outputs)} "
                          + " ".join([*inputs, *outputs]) + (" " + values if values else ""))
        self.blobs += len(outputs)
        return outputs[0]

    def name(self) -> str:
        return f"b{self.blobs}"

    def data(self, tensor: torch.Tensor, tagged: bool = False) -> None:
        self.weights.append((struct.pack("<I", 0) if tagged else b"") + tensor.detach().numpy().astype("<f4").tobytes())

    def input(self) -> str:
        return self.add("Input", [], ["pixels"], _0=SIDE, _1=SIDE, _2=3)

    def split(self, x: str) -> tuple[str, str]:
        a, b = f"{x}_0", f"{x}_1"
        self.add("Split", [x], [a, b])
        return a, b

    def convolution(self, x: str, layer: nn.Conv2d, relu: bool = False, name: str = "") -> str:
        depthwise = {"_7": layer.groups} if layer.groups > 1 else {}
        x = self.add("ConvolutionDepthWise" if depthwise else "Convolution", [x], [name or self.name()],
                     _0=layer.out_channels, _1=layer.kernel_size[0], _3=layer.stride[0], _4=layer.padding[0], _5=1,
                     _6=layer.weight.numel(), **depthwise, **({"_9": 1} if relu else {}))
        self.data(layer.weight, tagged=True)
        self.data(layer.bias)
        return x

    def linear(self, x: str, layer: nn.Linear) -> str:
        x = self.add("InnerProduct", [x], [self.name()], _0=layer.out_features, _1=1, _2=layer.weight.numel())
        self.data(layer.weight, tagged=True)
        self.data(layer.bias)
        return x

    def norm(self, x: str, layer: nn.LayerNorm, name: str = "") -> str:
        x = self.add("LayerNorm", [x], [name or self.name()], _0=WIDTH, _1=layer.eps)
        self.data(layer.weight)
        self.data(layer.bias)
        return x

    def memory(self, tensor: torch.Tensor) -> str:
        x = self.add("MemoryData", [], [self.name()], _0=tensor.shape[2], _1=tensor.shape[1])
        self.data(tensor)
        return x

    def attention(self, x: str, layer: Attention) -> str:
        x = self.add("MultiHeadAttention", [x], [self.name()], _0=WIDTH, _1=HEADS, _2=WIDTH * WIDTH)
        for part in layer.q, layer.k, layer.v, layer.out:
            self.data(part.weight, tagged=True)
            self.data(part.bias)
        return x

    def plus(self, a: str, b: str) -> str:
        return self.add("BinaryOp", [a, b], [self.name()], _0=0)

    def vit(self, model: Vit) -> None:
        x = self.convolution(self.input(), model.patches)
        x = self.add("Reshape", [x], [self.name()], _0=GRID * GRID, _1=WIDTH)
        x = self.add("Permute", [x], [self.name()], _0=1)
        if model.cls is not None:
            x = self.add("Concat", [self.memory(model.cls), x], [self.name()], _0=0)
        x = self.plus(x, self.memory(model.positions))
        for layer in model.layers:
            a, b = self.split(x)
            x = self.plus(a, self.attention(self.norm(b, layer.norm1), layer.attention))
            a, b = self.split(x)
            b = self.add("GELU", [self.linear(self.norm(b, layer.norm2), layer.up)], [self.name()])
            x = self.plus(a, self.linear(b, layer.down))
        self.norm(x, model.norm, "tokens")

    def convnet(self, model: ConvNet) -> None:
        x = self.convolution(self.convolution(self.input(), model.stem, relu=True), model.depthwise)
        x = self.convolution(self.convolution(x, model.up, relu=True), model.maps24)
        self.add("Split", [x], ["maps24", "maps24_1"])
        x = self.add("ReLU", ["maps24_1"], [self.name()])
        self.convolution(x, model.maps22, name="maps22")

    def write(self, name: str) -> None:
        lines = ["7767517", f"{len(self.lines)} {self.blobs}", *self.lines]
        (HERE / f"{name}.param").write_text("\n".join(lines) + "\n")
        (HERE / f"{name}.bin").write_bytes(b"".join(self.weights))


# ---- Features --------------------------------------------------------------------------------------------------------


def features(name: str, model: Callable[[torch.Tensor], torch.Tensor], image: torch.Tensor,
             **options: int | str) -> None:
    with torch.no_grad():
        made = s2wrapper.forward(model, image, img_sizes=SIZES, max_split_size=SIDE, **options)
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(made.numpy()))


def main() -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 3, 40, 40) * 2 - 1
    np.save(HERE / "image.npy", image.numpy())
    for name, cls in ("vit", True), ("vit_plain", False):
        model = Vit(cls).eval()
        features(name, model, image, num_prefix_token=int(cls))
        export(name, model, ["tokens"], 0)
        if cls:
            export("vit_f16", Half(model), ["tokens"], 0, torch.zeros(1, 3, SIDE, SIDE, dtype=torch.float16))
        ncnn = Ncnn()
        ncnn.vit(model)
        ncnn.write(name)
    convnet = ConvNet().eval()
    for index, name in enumerate(("maps24", "maps22")):
        features(name, lambda tiles: convnet(tiles)[index], image, output_shape="bchw")
    export("convnet", convnet, ["maps24", "maps22"], 1)
    export("convnet_3", convnet, ["maps24", "maps22"], 3)
    export("convnet_nhwc", ChannelsLast(convnet), ["maps24", "maps22"], 1, torch.zeros(1, SIDE, SIDE, 3))
    ncnn = Ncnn()
    ncnn.convnet(convnet)
    ncnn.write("convnet")


if __name__ == "__main__":
    main()
