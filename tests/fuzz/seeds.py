#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets into tests/fuzz/corpus, made from the golden cases and by hand. What the
fuzzers find from there on is kept beside them."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
GOLDEN = HERE.parent / "golden"
ORDER = HERE.parent / "order"


def write(target: str, name: str, data: bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data)


def shape_of(path: Path) -> list[int]:
    text = path.read_bytes()[:128].decode("latin-1")
    inside = text[text.index("(") + 1 : text.index(")")]
    return [int(dim) for dim in inside.split(",") if dim.strip()]


# ---- Plans and cases, as fuzz_plan.c and fuzz_case.c take them apart ----

GENEROUS = struct.pack("<BII3I", 0b00100100, 1 << 27, 1 << 27, 65534, 65534, 65534)
PARTS = struct.pack("<BII3I", 0b00100100, 65535, 1 << 27, 65534, 65534, 65534)
TIGHT = struct.pack("<BII3I", 0b01001101, 4095, 4096, 3, 3, 3)


# RGB8 in rows of 4001 bytes, by CLIP's mean and deviation; an image that is a little larger than the region, encoded.
BUFFER = struct.pack("<5B6IB", 0, 0, 2, 0, 1, 0, 0, 0, 0, 4001, 0, 0) + bytes(36)
IMAGE = struct.pack("<5B6IB", 0, 1, 0, 1, 0, 2000, 2000, 3, 5, 0, 0, 0) + struct.pack("<BffBffBffBff", *[3, 0.5, 2] * 4)


BYTES = struct.pack("<5B6IB", 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0) + bytes(36)
FILTERS = {"bicubic": 0, "bicubic_antialiased": 3}


def preprocessing_seed(case: dict[str, Any], shortest: int, rounding: int) -> bytes:
    first = case.get("first_size", [0, 0])
    fill = case.get("pad_square", [0, 0, 0])
    kind = FILTERS[case.get("first_filter", "bicubic")]
    return struct.pack("<6B3I2B", 0, "pad_square" in case, *fill, 255, shortest, *first, kind, rounding)


def order_seed(case: dict[str, Any]) -> tuple[int, bytes]:
    """The order of the output: what `more` says of it, and what follows."""
    keys = ("prefix_tokens", "prefix_only", "output_blocks", "output_by_columns", "output_downsample", "output_repeat")
    if not any(key in case for key in keys):
        return 0, b""
    blocks = struct.pack("<i", case["output_blocks_idx"]) if case.get("output_blocks") else b""
    flags = (case.get("prefix_tokens") == "tiles") | bool(case.get("prefix_only")) << 2
    flags |= bool(case.get("output_by_columns")) << 3
    order = struct.pack("<3B", flags, case.get("output_downsample", 0), case.get("output_repeat", 0))
    return (4 if blocks else 0) | 16, blocks + order


def plan_seed(case: dict[str, Any], models: list[list[int]], device: bytes, pixels: bytes = b"",
              overlap: int = 0, preprocessing: bytes = b"") -> bytes:
    bchw = case.get("output_shape") == "bchw"
    sizes = case["given"].get("img_sizes")
    scales = sizes or case["given"]["scales"]
    kind = {"f32": 0, "f16": 1, "bf16": 2}[case.get("dtype", "f32")]
    mode = 1 if case.get("split_mode") == "pad" else 0
    policy = {"seed": 0, "split_grid": 1, "square": 2}[case.get("variant") or "seed"]
    fields = struct.pack("<B", 0) + struct.pack("<4I", *case["input_shape"])
    fields += struct.pack("<IIIiII", len(scales), case.get("max_split_size") or 0, mode,
                          case.get("resize_output_to_idx", 0), case.get("num_prefix_token", 0), bchw)
    more, order = (12, b"") if preprocessing else order_seed(case)
    fields += struct.pack("<BIBI", bool(case.get("split_forward")), 0, more, policy)
    fields += struct.pack("<4I4I", *models[0], kind, kind, kind, kind)
    given = (2 if sizes else 1) | 4 | (8 if pixels else 0) | (128 if overlap else 0)
    given |= FILTERS[case["filter"]] << 4 if preprocessing else 0
    data = fields + device + struct.pack("<B", given) + (struct.pack("<I", overlap) if overlap else b"")
    data += struct.pack("<i", case["resize_output_to_idx"]) if preprocessing else order
    data += pixels + preprocessing
    for scale, model in zip(scales, models):
        if sizes:
            data += struct.pack("<II", *(scale if isinstance(scale, list) else (scale, scale)))
        else:
            data += struct.pack("<d", scale)
        data += struct.pack("<4I", *model)
    return data


def array_seed(shape: list[int], kind: int) -> bytes:
    return bytes([kind | len(shape) << 2, *[min(dim, 255) for dim in shape], 60])


def cases() -> None:
    for folder in sorted([*GOLDEN.iterdir(), *ORDER.iterdir()]):
        if not (folder / "case.json").is_file():
            continue
        case = json.loads((folder / "case.json").read_text())
        models = []
        for i in range(len(case["given"].get("img_sizes") or case["given"]["scales"])):
            shape = shape_of(folder / f"features_{i}.npy")
            models.append([shape[2], shape[1], 0, 0] if len(shape) == 3 else [shape[1], 0, shape[2], shape[3]])
        write("plan", folder.name, plan_seed(case, models, GENEROUS))
        write("plan", folder.name + "-tight", plan_seed(case, models, TIGHT))
        if case.get("dtype", "f32") == "f32" and "resize" in folder.name:
            write("plan", folder.name + "-buffer", plan_seed(case, models, PARTS, BUFFER))
            write("plan", folder.name + "-image", plan_seed(case, models, GENEROUS, IMAGE))
        if folder.name in ("nonsquare_pad", "two_scales"):
            side = case["max_split_size"] or case["input_shape"][2]
            write("plan", folder.name + "-overlap", plan_seed(case, models, GENEROUS, overlap=side // 2))
            write("plan", folder.name + "-overlap-tight", plan_seed(case, models, TIGHT, overlap=side // 4))
        if "input_format" in case:
            side = case.get("first_size", [0])[0]
            for name, shortest, rounding in (("bytes", 0, 1), ("pillow-13", side, 2), ("sums", side, 0)):
                preprocessing = preprocessing_seed(case, shortest, rounding)
                for device, suffix in ((GENEROUS, ""), (TIGHT, "-tight")):
                    data = plan_seed(case, models, device, BYTES, preprocessing=preprocessing)
                    write("plan", f"{folder.name}-{name}{suffix}", data)
        text = json.dumps(case, separators=(",", ":")).encode()
        arrays = ["input", "output"]
        for i in range(len(models)):
            arrays += [f"tiles_{i}", f"features_{i}"]
        kind = {"f32": 0, "f16": 1, "bf16": 2}[case.get("dtype", "f32")]
        data = text + b"\0" + b"".join(array_seed(shape_of(folder / f"{name}.npy"), kind) for name in arrays)
        if len(data) < 2048:
            write("case", folder.name, data)
    tiny = {"input_shape": [1, 1, 4, 4], "given": {"scales": [1, 2]}, "dtype": "f16", "num_prefix_token": 1}
    arrays = [[1, 1, 4, 4], [1, 5, 4], [1, 1, 4, 4], [1, 5, 2], [4, 1, 4, 4], [4, 5, 2]]
    write("case", "tiny", json.dumps(tiny).encode() + b"\0" + b"".join(array_seed(shape, 1) for shape in arrays))


# ---- Arrays ----


def npy(descr: str, shape: str, data: bytes, version: int = 1) -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(53) + "\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + data


def arrays() -> None:
    write("npy", "floats", npy("<f4", "(2, 3)", bytes(24)))
    write("npy", "halves", npy("<f2", "(3,)", b"abcdef"))
    write("npy", "version-2", npy("<u2", "(1, 1, 2)", b"abcd", 2))
    write("npy", "bytes", npy("|u1", "()", b"a"))
    write("npy", "empty", npy("<c16", "(0, 5)", b""))
    write("npy", "too-large", npy("<f8", "(4294967296, 4294967296)", b""))
    write("npy", "rank-8", npy("<i4", "(1,1,1,1,1,1,1,1)", bytes(4)))


# ---- Pictures ----


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + data + chunk(b"IEND", b"")


def pictures() -> None:
    write("picture", "png-rgb", png(2, 2, 8, 2, b"\0abcdef\1ghijkl"))
    write("picture", "png-grey-1", png(9, 2, 1, 0, b"\0ab\2cd"))
    write("picture", "png-16", png(1, 1, 16, 6, b"\0abcdefgh"))
    write("picture", "png-palette", png(2, 2, 4, 3, b"\0\x01\0\x10", chunk(b"PLTE", b"abcdef") + chunk(b"tRNS", b"a")))
    write("picture", "png-huge", png(1 << 24, 1 << 24, 8, 2, b"\0"))
    write("picture", "png-long-chunk", png(2, 2, 8, 2, b"\0abcdef\1ghijkl")[:33] + struct.pack(">I", 1 << 30) + b"IDAT")
    try:
        from io import BytesIO

        from PIL import Image
    except ImportError:
        print("no Pillow here: the JPEG seeds stay as they are")
        return
    image = Image.frombytes("RGB", (17, 9), bytes(i * 7 % 256 for i in range(17 * 9 * 3)))
    for name, options in [("jpeg", {}), ("jpeg-progressive", {"progressive": True}), ("jpeg-444", {"subsampling": 0}),
                          ("jpeg-restart", {"restart_marker_blocks": 1})]:
        out = BytesIO()
        image.save(out, "JPEG", quality=30, **options)
        write("picture", name, out.getvalue())
    out = BytesIO()
    image.convert("CMYK").save(out, "JPEG", quality=30)
    write("picture", "jpeg-cmyk", out.getvalue())


# ---- Folders of vision models ----


def tensors(entries: dict[str, Any], data: bytes) -> bytes:
    header = json.dumps(entries, separators=(",", ":")).encode()
    return struct.pack("<Q", len(header)) + header + data


def models() -> None:
    for folder in sorted((HERE.parent / "vit").glob("*-f32")):
        timm = folder.name.startswith("timm")
        files = [(b"t" if timm else b"c", "config"), (b"p", "preprocessor_config"), (b"o", "open_clip_config")]
        for letter, name in files:
            file = folder / f"{name}.json"
            if not file.exists():
                continue
            text = json.dumps(json.loads(file.read_text()), separators=(",", ":"))
            write("config", f"{folder.name}-{name}", letter + text.encode())
    write("config", "numbers", b'c{"model_type":"dinov3_vit","rope_theta":NaN,"x":[-Infinity,Infinity],"y":"NaN\\""}')
    write("config", "nulls",
          b'p{"do_resize":null,"size":null,"do_normalize":null,"do_center_crop":null,"crop_size":null}')
    write("config", "parts",
          b'p{"image_processor_type":"ConvNextImageProcessor","size":{"shortest_edge":224},"crop_pct":0.875}')
    write("config", "patches",
          b'p{"image_processor_type":"Siglip2ImageProcessor","max_num_patches":256,"patch_size":16}')
    weight = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    bias = {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]}
    ids = {"dtype": "I64", "shape": [1, 1], "data_offsets": [28, 36]}
    write("safetensors", "three",
          tensors({"__metadata__": {"format": "pt"}, "w": weight, "b": bias, "i": ids}, bytes(36)))
    write("safetensors", "half", tensors({"h": {"dtype": "F16", "shape": [], "data_offsets": [0, 2]}}, b"ab"))
    write("safetensors", "unknown", tensors({"a": {"dtype": "F4_E2M1", "shape": [3], "data_offsets": [0, 2]}}, b"ab"))
    write("safetensors", "none", tensors({}, b""))
    write("safetensors", "overlap", tensors({"a": weight, "b": weight}, bytes(24)))
    write("safetensors", "huge", struct.pack("<Q", 1 << 62) + b"{}")


# ---- Bindings, as fuzz_binding.c takes them apart ----


NONE = bytes([3])
OWN = NONE * 6
LATE = struct.pack("<3B", 0b01010, 2, 3) + OWN


def buffer(which: int, step: int) -> bytes:
    """A buffer of as many bytes as are needed, at a multiple of 256."""
    return struct.pack("<2B", which | 32, step)


def recording(flags: int, call: int, source: bytes = NONE) -> bytes:
    return struct.pack("<3B", flags, call, 0) + source


def bindings() -> None:
    whole = recording(0, 0)
    passes = recording(5, 0) + recording(6, 0) + recording(5, 1) + recording(6, 1)
    late = b"".join(recording(1, call, buffer(0, 4)) + recording(2, call, buffer(1, 8)) for call in (0, 1, 0, 1))
    views = b"".join(recording(1 | 64, call) + recording(2, call, buffer(1, 8)) for call in (0, 1))
    for name, kind in {"tokens": 6, "maps": 7, "sums": 6 | 8, "cpu": 6 | 32, "ranges": 7 | 8 | 64}.items():
        write("binding", name, bytes([kind, 0]) + OWN + whole + passes)
        write("binding", name + "-late", bytes([kind]) + LATE + late)
        turns = bytes([kind | 128, 0]) + OWN + bytes([0]) + OWN
        write("binding", name + "-turns", turns + recording(5, 0) + recording(5 | 8, 1) + recording(6, 0))
    for name, kind in {"array": 2, "flat": 4, "rounded": 4 | 16}.items():
        write("binding", name, bytes([kind]) + LATE + views)
    slots = b"".join(buffer(i % 3, 16 * i) for i in range(6))
    write("binding", "given", bytes([6 | 8, 0]) + slots + whole)
    write("binding", "overlap", bytes([6 | 8, 0]) + buffer(0, 1) * 6 + whole)
    write("binding", "shared", bytes([6 | 128, 0]) + slots + bytes([0]) + slots + whole)


# ---- Other formats, and what extract leaves for its next run ----


def images() -> None:
    for name in ["xmp6.jpg", "raw5.png", "adam7.png", "exchanged.png", "lossy.webp", "rgba.webp", "animation.webp",
                 "transparent.gif", "animation.gif", "palette.bmp", "rgb.bmp", "top_down.bmp", "masks_v3.bmp",
                 "masks_v4.bmp", "rgb.tif", "rgba.tif", "rgba16.tif", "la.tif", "premultiplied.tif", "rgb.heic",
                 "rgb.avif"]:
        write("picture", name, (HERE.parent / "images" / name).read_bytes())


def journals() -> None:
    record = json.dumps({"name": "a", "tensor": "a", "bytes": 1, "modified": "1.0", "features": "a.npy"},
                        separators=(",", ":"))
    head, check = "extract 2 0000000000000000\n", "0123456789abcdef"
    first = f"tensor 0 8 1 2 2\t{record}\ntensor 2 12 1 1 2\t{record}\nwindow 3 1 {check}\n"
    write("journal", "window", (head + first).encode())
    write("journal", "windows", (head + first + f"tensor 3 14 1 1 1 1\t{record}\nwindow 4 1 {check}\n").encode())
    write("journal", "cut", (head + first + f"tensor 3 14 1 1 1 1\t{record[:20]}").encode())
    write("journal", "far", (head + f"tensor 99999999 8 1 2 2\t{record}\nwindow 1 0 {check}\n").encode())
    write("journal", "index", record.encode())


cases()
bindings()
images()
journals()
models()
arrays()
pictures()
