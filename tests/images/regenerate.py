#!/usr/bin/env python3
"""regenerate.py: makes the image files of this folder. NAME.npy has the pixels that Pillow reads from each: height x
width x 3 bytes, turned as EXIF says and composited on white, as transformers 5 does. Needs NumPy, Pillow 11.3 or later,
pillow-heif and cjpeg (libjpeg-turbo-progs)."""
import io
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps, features

HERE = os.path.dirname(os.path.abspath(__file__))
pillow_heif.register_heif_opener()


def photo(width=24, height=16):
    """Smooth, and no two corners alike."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 / (width - 1), y * 255 / (height - 1), 255 - (x + y) * 255 / (width + height - 2)]
    return Image.fromarray(np.stack(planes, -1).astype(np.uint8))


def reference(data):
    image = Image.open(io.BytesIO(data))
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = np.asarray(image.convert("RGBA")).astype(np.float64)
        alpha = rgba[..., 3:] / 255
        return np.floor((1 - alpha) * 255 + alpha * rgba[..., :3] + 0.5).astype(np.uint8)
    if image.mode.startswith("I;16"):  # Pillow clamps here: the upper eight bits are what is meant
        grey = (np.asarray(image) >> 8).astype(np.uint8)
        return np.stack([grey] * 3, -1)
    return np.asarray(image.convert("RGB"))


def save(name, data, expected=None):
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(data)
    np.save(os.path.join(HERE, name + ".npy"), reference(data) if expected is None else expected)


def encode(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(png, kind, data):
    """Ahead of the first IDAT."""
    at = png.index(b"IDAT") - 4
    return png[:at] + chunk(kind, data) + png[at:]


def xmp(orientation):
    return ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
            % orientation).encode()


def jpegs():
    for orientation in range(1, 9):
        save(f"exif{orientation}.jpg", encode(photo(), format="JPEG", quality=95, exif=exif(orientation)))
    save("xmp6.jpg", encode(photo(), format="JPEG", quality=95, xmp=xmp(6)))
    save("grey.jpg", encode(photo().convert("L"), format="JPEG"))
    save("progressive.jpg", encode(photo(), format="JPEG", progressive=True))
    cmyk = encode(photo().convert("CMYK"), format="JPEG", quality=95)
    save("cmyk.jpg", cmyk)
    adobe = cmyk.index(b"\xff\xee")
    length = int.from_bytes(cmyk[adobe + 2:adobe + 4], "big")
    save("ycck.jpg", cmyk[:adobe + 1 + length] + b"\2" + cmyk[adobe + 2 + length:])  # the transform, its last byte
    save("cmyk_unmarked.jpg", cmyk[:adobe] + cmyk[adobe + 2 + length:])
    samplings = {"sub31": "3x1", "sub411": "4x1", "sub441": "1x4", "sub410": "4x2", "sub440": "1x2"}
    for name, sampling in samplings.items():
        save(f"{name}.jpg", subprocess.run(["cjpeg", "-quality", "95", "-sample", sampling],
                                           input=encode(photo(), format="PPM"), capture_output=True, check=True).stdout)


def pngs():
    for orientation in (3, 6):
        save(f"exif{orientation}.png", encode(photo(), format="PNG", exif=exif(orientation)))
    save("xmp8.png", with_chunk(encode(photo(), format="PNG"), b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(8)))
    raw = b"Exif\0\0" + exif(5)[6:] if exif(5).startswith(b"Exif") else b"Exif\0\0" + exif(5)
    text = b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n%8d\n" % len(raw) + raw.hex().encode() + b"\n")
    save("raw5.png", with_chunk(encode(photo(), format="PNG"), b"zTXt", text))
    save("grey1.png", encode(photo().convert("1"), format="PNG"))
    save("palette.png", encode(photo().quantize(16), format="PNG"))
    alpha = Image.fromarray(np.tile(np.linspace(0, 255, 24).astype(np.uint8), (16, 1)))
    rgba = photo()
    rgba.putalpha(alpha)
    save("rgba.png", encode(rgba, format="PNG"))
    save("la.png", encode(rgba.convert("LA"), format="PNG"))
    save("trns.png", encode(photo().quantize(16), format="PNG", transparency=3))
    deep = np.asarray(photo().convert("L")).astype(np.uint16) * 256 + 77
    save("grey16.png", encode(Image.fromarray(deep), format="PNG"))
    whole = encode(photo(), format="PNG")
    save("no_iend.png", whole[:-12], reference(whole))
    rows = np.asarray(photo())
    adam7 = b""
    passes = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
    for x0, y0, dx, dy in passes:
        adam7 += b"".join(b"\0" + row.tobytes() for row in rows[y0::dy, x0::dx])
    header = struct.pack(">IIBBBBB", 24, 16, 8, 2, 0, 0, 1)
    data = chunk(b"IDAT", zlib.compress(adam7))
    save("adam7.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b""))


def others():
    rgba = photo()
    rgba.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, 24).astype(np.uint8), (16, 1))))
    save("lossy.webp", encode(photo(), format="WEBP", quality=90))
    save("exif6.webp", encode(photo(), format="WEBP", lossless=True, exif=exif(6)))
    save("rgba.webp", encode(rgba, format="WEBP", lossless=True, exact=True))
    turned = photo().rotate(180)
    save("animation.webp", encode(photo(), format="WEBP", lossless=True, save_all=True, append_images=[turned]))
    save("plain.gif", encode(photo().quantize(64), format="GIF"))
    save("transparent.gif", encode(photo().quantize(64), format="GIF", transparency=5))
    save("animation.gif", encode(photo().quantize(64), format="GIF", save_all=True,
                                 append_images=[photo().rotate(180).quantize(64)]))
    save("rgb.bmp", encode(photo(), format="BMP"))
    save("palette.bmp", encode(photo().quantize(16), format="BMP"))
    save("rgb.tif", encode(photo(), format="TIFF", compression="tiff_lzw"))
    save("exif6.tif", encode(photo(), format="TIFF", tiffinfo={274: 6}))
    save("rgba.tif", encode(rgba, format="TIFF", compression="tiff_deflate"))
    bmps(rgba)
    tiffs(rgba)
    save("rgb.heic", encode(photo(64, 48), format="HEIF", quality=90))
    save("rgb.avif", encode(photo(64, 48), format="AVIF", quality=90))


def bmp(pixels, header, compression, masks=(), top_down=False):
    """Of 32 bits a pixel, in the order of `pixels`."""
    height, width = pixels.shape[:2]
    masks = struct.pack(f"<{len(masks)}I", *masks)
    info = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, 32, compression, pixels.size,
                       2835, 2835, 0, 0)
    info = info + masks if header == 40 else (info + masks).ljust(header, b"\0")
    offset = 14 + len(info)
    rows = pixels if top_down else pixels[::-1]
    return b"BM" + struct.pack("<IHHI", offset + pixels.size, 0, 0, offset) + info + rows.tobytes()


def bmps(rgba):
    bgra = np.asarray(rgba)[..., [2, 1, 0, 3]]
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    save("filler.bmp", bmp(bgra, 40, 0))  # the fourth byte is no alpha
    save("top_down.bmp", bmp(bgra, 40, 3, masks[:3], top_down=True))
    save("masks_v3.bmp", bmp(bgra, 56, 3, masks))
    save("masks_v4.bmp", bmp(bgra, 108, 3, masks))


def tiff(samples, extra=None, order="<"):
    """In one strip, without compression; extra: what the samples beside colours are."""
    height, width, count = samples.shape
    data = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    tags = [(256, [width]), (257, [height]), (258, [samples.dtype.itemsize * 8] * count), (259, [1]),
            (262, [2 if count > 2 else 1]), (273, [0]), (277, [count]), (278, [height]), (279, [len(data)])]
    tags += [(338, extra)] if extra else []
    behind = 8 + 2 + 12 * len(tags) + 4
    tags[5] = (273, [behind + 2 * count])
    entries, rest = b"", b""
    for tag, values in tags:
        kind = "I" if tag in (273, 279) else "H"
        text = struct.pack(f"{order}{len(values)}{kind}", *values)
        if len(text) > 4:
            rest, text = text, struct.pack(order + "I", behind)
        entries += struct.pack(order + "HHI", tag, 4 if kind == "I" else 3, len(values)) + text.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags)) + entries + bytes(4)
    return head + rest.ljust(2 * count, b"\0") + data


def tiffs(rgba):
    pixels = np.asarray(rgba)
    deep = pixels.astype(np.uint16) * 256 + 200
    save("rgb16.tif", tiff(deep[..., :3]))
    save("rgba16.tif", tiff(deep, [2], order=">"))
    save("la.tif", tiff(np.asarray(rgba.convert("LA")), [2]))
    save("no_alpha.tif", tiff(pixels, [0]))
    save("unsaid.tif", tiff(pixels))
    premultiplied = pixels.copy()
    premultiplied[..., :3] = pixels[..., :3].astype(int) * pixels[..., 3:] // 255
    save("premultiplied.tif", tiff(premultiplied, [1]))


def profiles():
    """A profile whose red and blue are exchanged, and sRGB's own."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exchanged = srgb.replace(b"rXYZ", b"@@@@").replace(b"bXYZ", b"rXYZ").replace(b"@@@@", b"bXYZ")
    save("srgb.png", encode(photo(), format="PNG", icc_profile=srgb))
    save("exchanged.png", encode(photo(), format="PNG", icc_profile=exchanged))
    save("exchanged.jpg", encode(photo(), format="JPEG", quality=95, icc_profile=exchanged))


def main():
    if not features.check("avif"):
        sys.exit("this Pillow writes no AVIF")
    for name in os.listdir(HERE):
        if not name.endswith((".py", ".md")):
            os.remove(os.path.join(HERE, name))
    jpegs()
    pngs()
    others()
    profiles()


if __name__ == "__main__":
    main()
