#!/bin/sh
# onnx.sh ONNX COMPARE: checks the features that samples/onnx computes with the models here, and what it refuses.
set -eu
program=$1 compare=$2 here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/common.sh
. "$here/common.sh"

# Tokens with CLS and without; feature maps of two levels; any batch, a batch of one, and a batch of three that the last
# run does not fill; 16-bit tensors.
agrees vit 1e-5 --model "$here/vit.onnx"
says "17 tokens with 24 channels"
agrees vit 1e-5 --model "$here/vit.onnx" --tiles-per-call 2
agrees vit_plain 1e-5 --model "$here/vit_plain.onnx"
agrees maps24 1e-5 --model "$here/convnet.onnx"
says "14 tiles in 14 model calls"
agrees maps22 1e-5 --model "$here/convnet.onnx" --features maps22
agrees maps22 1e-5 --model "$here/convnet_3.onnx" --features maps22
says "14 tiles in 5 model calls"
agrees maps22 1e-5 --model "$here/convnet_nhwc.onnx" --features maps22
agrees vit 5e-3 --model "$here/vit_f16.onnx"

# A photograph of any size.
status 0 "$here/../../samples/photo/coffee.png" --model "$here/vit.onnx" --output "$work/photo.npy"
says "output   1 x 17 x 48"
status 0 "$here/../../samples/photo/coffee.png" --model "$here/convnet.onnx" --output "$work/photo.npy" --scales 0.1 \
  --normalization clip
says "output   1 x 24 x"

status 0 --list
says "(best)"
status 2
says "one image is needed"
status 2 "$here/image.npy"
says "--model is needed"
status 2 "$here/image.npy" --model "$here/vit.onnx" --scales 1 --img-sizes 28
says "--scales and --img-sizes"
status 1 "$here/nothing.npy" --model "$here/vit.onnx" --output "$work/made.npy"
says "nothing.npy"
status 1 "$here/image.npy" --model "$here/nothing.onnx" --output "$work/made.npy"
says "nothing.onnx"
status 1 "$here/image.npy" --model "$here/image.npy" --output "$work/made.npy"
says "--model $here/image.npy"
status 1 "$here/maps22.npy" --model "$here/vit.onnx" --output "$work/made.npy"
says "not 1 x 3 x height x width in f32"
status 1 "$here/image.npy" --model "$here/vit.onnx" --max-split-size 32 --output "$work/made.npy"
says "takes tiles of 28 x 28, and not of 32"
status 1 "$here/image.npy" --model "$here/vit.onnx" --features maps22 --output "$work/made.npy"
says "has no output maps22"
status 1 "$here/image.npy" --model "$here/vit.onnx" --num-prefix-token 2 --output "$work/made.npy"
says "num_prefix_token"
cp "$here/image.npy" "$work/image.npy"
status 1 "$work/image.npy" --model "$here/vit.onnx" --output "$work/image.npy"
says "is one of the inputs"
status 1 "$here/image.npy" --model "$here/vit.onnx" --output "$work/none/made.npy"
says "--output $work/none/made.npy"
