#!/bin/sh
# ncnn.sh NCNN-S2 COMPARE: checks the features that samples/ncnn computes with the models here, and what it refuses.
set -eu
program=$1 compare=$2 here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/common.sh
. "$here/common.sh"

# Tokens, an odd number of them and one that ncnn packs by four; maps in blocks of four channels, and maps whose
# channels are padded, 52 elements for 49. One tile in a call, three, all of a scale.
for calls in "" "--tiles-per-call 1" "--tiles-per-call 3"; do
  # shellcheck disable=SC2086 # an option and its value
  {
    agrees vit 1e-5 --model "$here/vit.param" $calls
    agrees vit_plain 1e-5 --model "$here/vit_plain.param" $calls
    agrees maps24 1e-5 --model "$here/convnet.param" --features maps24 $calls
    agrees maps22 1e-5 --model "$here/convnet.param" $calls
  }
done
says "maps of 7 x 7 with 22 channels"

# Stored in 16 bits.
agrees vit 1e-2 --model "$here/vit.bin" --storage f16
agrees vit_plain 1e-2 --model "$here/vit_plain" --storage f16
agrees maps24 1e-2 --model "$here/convnet.param" --features maps24 --storage f16
agrees maps22 1e-2 --model "$here/convnet.param" --storage f16

# A photograph.
status 0 "$here/../../samples/photo/coffee.png" --model "$here/vit.param" --output "$work/photo.npy"
says "output   1 x 17 x 48"

status 0 --list
says "(best)"
status 2 "$here/image.npy"
says "--model is needed"
status 1 "$here/image.npy" --model "$here/nothing.param" --output "$work/made.npy"
says "nothing.param cannot be loaded"
status 1 "$here/image.npy" --model "$here/vit.param" --features nothing --output "$work/made.npy"
says "has no blob nothing"
status 1 "$here/image.npy" --model "$here/vit.param" --max-split-size 32 --output "$work/made.npy"
says "takes tiles of 28 x 28, and not of 32"
