#!/usr/bin/env python3
"""Makes the checkpoints of this folder that timm and open_clip save, and their expected features. README.md has the
packages that it needs."""

import argparse
import importlib.metadata
import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Callable

import numpy as np
import open_clip
import s2wrapper
import timm
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors.torch import save_file
from timm.data import create_transform
from timm.models.convnext import ConvNeXt
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer

from regenerate import HERE, TORCH_TYPES, Features, randomise, write

MEANS = dict(mean=[0.5, 0.4, 0.3], std=[0.25, 0.2, 0.3])


@dataclass
class Model:
    """A tiny checkpoint, and what to ask of it."""

    name: str
    make: Callable[[], torch.nn.Module]  # what is saved
    dtype: str
    side: int
    config: dict[str, Any]  # config.json, or open_clip_config.json
    transform: Callable[[int], Any]
    trunk: Callable[[Any], Any] = lambda model: model  # the part of it that makes features
    prefix: int = 1
    sides: list[int] = field(default_factory=list)
    maps: bool = False  # features are maps


def timm_config(architecture: str, side: int, pct: float, mode: str = "center", **more: Any) -> dict[str, Any]:
    cfg = dict(tag="tiny", input_size=[3, side, side], interpolation="bicubic", crop_pct=pct, crop_mode=mode,
               num_classes=0, pool_size=None, first_conv="patch_embed.proj", classifier="head", **MEANS)
    return dict(architecture=architecture, num_classes=0, num_features=32, pretrained_cfg=cfg, **more)


def timm_transform(pct: float, mode: str = "center") -> Callable[[int], Any]:
    return lambda side: create_transform((3, side, side), interpolation="bicubic", crop_pct=pct, crop_mode=mode,
                                         mean=tuple(MEANS["mean"]), std=tuple(MEANS["std"]))


TINY = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2, mlp_ratio=1.5, num_classes=0)
MAPS = dict(depths=(1, 2, 1, 1), dims=(16, 32, 48, 64), num_classes=0, ls_init_value=1e-6)
HEADS = dict(model_args=dict(num_heads=2))


def siglip_tower(name: str) -> torch.nn.Module:
    return VisionTransformer(**dict(TINY, embed_dim=64, num_heads=1), class_token=False, global_pool="map",
                             act_layer="gelu_tanh")


class OpenClip(torch.nn.Module):
    """As open_clip names it: the tower is `visual`."""

    def __init__(self, visual: torch.nn.Module) -> None:
        super().__init__()
        self.visual = visual


class Trunk(torch.nn.Module):
    """As open_clip wraps a tower of timm's."""

    def __init__(self, trunk: torch.nn.Module) -> None:
        super().__init__()
        self.trunk = trunk


def open_clip_tower() -> torch.nn.Module:
    return open_clip.transformer.VisionTransformer(image_size=16, patch_size=4, width=32, layers=2, heads=2,
                                                   mlp_ratio=1.5, act_layer=open_clip.transformer.QuickGELU,
                                                   output_dim=8)


def open_clip_config(tower: dict[str, Any], mode: str, **more: Any) -> dict[str, Any]:
    text = dict(context_length=77, vocab_size=49408, width=8, heads=1, layers=1)
    return dict(model_cfg=dict(embed_dim=8, vision_cfg=tower, text_cfg=text, **more),
                preprocess_cfg=dict(interpolation="bicubic", resize_mode=mode, **MEANS))


def open_clip_transform(mode: str) -> Callable[[int], Any]:
    return lambda side: image_transform_v2(PreprocessCfg(size=side, resize_mode=mode, mean=tuple(MEANS["mean"]),
                                                         std=tuple(MEANS["std"])), is_train=False)


def models() -> list[Model]:
    from timm.layers import SwiGLUPacked

    tower = dict(image_size=16, layers=2, width=32, patch_size=4, head_width=16, mlp_ratio=1.5)
    return [
        Model("timm-vit-f32", lambda: VisionTransformer(**TINY), "f32", 16,
              timm_config("vit_base_patch16_224", 16, 0.9, **HEADS), timm_transform(0.9), sides=[24]),
        Model("timm-registers-bf16",
              lambda: VisionTransformer(**dict(TINY, mlp_ratio=2), reg_tokens=2, init_values=1e-5, no_embed_class=True,
                                        mlp_layer=SwiGLUPacked, act_layer=torch.nn.SiLU), "bf16", 16,
              timm_config("vit_giant_patch14_reg4_dinov2", 16, 1.0, "squash", **HEADS), timm_transform(1.0, "squash"),
              prefix=3),
        Model("timm-dinov3-f32",
              lambda: Eva(**dict(TINY, mlp_ratio=1.5), qkv_fused=True, qkv_bias=True, num_reg_tokens=2,
                          use_abs_pos_emb=False, use_rot_pos_emb=True, rope_type="dinov3", rope_rotate_half=True,
                          rope_temperature=100, init_values=1e-5, use_fc_norm=False, dynamic_img_size=True,
                          scale_mlp=False, norm_layer=partial(torch.nn.LayerNorm, eps=1e-5)), "f32", 16,
              timm_config("vit_small_patch16_dinov3_qkvb", 16, 1.0, **HEADS), timm_transform(1.0), prefix=3,
              sides=[24]),
        Model("open-clip-f32", lambda: OpenClip(open_clip_tower()), "f32", 16,
              open_clip_config(tower, "shortest", quick_gelu=True), open_clip_transform("shortest"),
              lambda model: model.visual),
        Model("open-clip-trunk-f16", lambda: OpenClip(Trunk(siglip_tower("siglip"))), "f16", 16,
              open_clip_config(dict(image_size=16, timm_model_name="vit_so400m_patch16_siglip_256", timm_pool="map"),
                               "squash"), open_clip_transform("squash"), lambda model: model.visual.trunk, prefix=0),
        Model("timm-convnext-f32", lambda: ConvNeXt(**MAPS), "f32", 32,
              timm_config("convnext_tiny", 32, 0.9), timm_transform(0.9), prefix=0, sides=[44], maps=True),
        Model("timm-convnext-mlp-bf16", lambda: ConvNeXt(**MAPS, conv_mlp=True, head_norm_first=True), "bf16", 32,
              timm_config("convnext_tiny_hnf", 32, 1.0), timm_transform(1.0), prefix=0, maps=True),
    ]


def stages_forward(trunk: Any, tiles: torch.Tensor, wanted: Features) -> torch.Tensor:
    """Feature maps of a stage; the last one's are what forward_features() returns."""
    outputs: list[torch.Tensor] = []
    hooks = [stage.register_forward_hook(lambda module, args, output: outputs.append(output)) for stage in trunk.stages]
    features = trunk.forward_features(tiles)
    for hook in hooks:
        hook.remove()
    layer = (wanted.layer or -1) if wanted.layer <= 0 else wanted.layer - 1
    if wanted.norm == "on":
        return (trunk.head.norm if hasattr(trunk.head, "norm") else trunk.norm_pre)(outputs[layer])
    return features if layer in (-1, len(trunk.stages) - 1) else outputs[layer]


def forward(trunk: Any, model: Model, tiles: torch.Tensor, wanted: Features) -> torch.Tensor:
    """As samples/vit's options say it: of timm's models with the final norm, of open_clip's without."""
    outputs: list[torch.Tensor] = []
    if model.maps:
        return stages_forward(trunk, tiles, wanted)
    blocks = trunk.blocks if hasattr(trunk, "blocks") else trunk.transformer.resblocks
    norm = trunk.norm if hasattr(trunk, "norm") else trunk.ln_post
    hooks = [block.register_forward_hook(lambda module, args, output: outputs.append(output)) for block in blocks]
    if hasattr(trunk, "forward_features"):
        if hasattr(trunk, "set_input_size"):
            trunk.set_input_size(tiles.shape[-2:])
        trunk.forward_features(tiles)
    else:
        trunk(tiles)
    for hook in hooks:
        hook.remove()
    layer = (wanted.layer or -1) if wanted.layer <= 0 else wanted.layer - 1
    features = outputs[layer]
    last = layer in (-1, len(blocks) - 1)
    if wanted.norm == "on" or (wanted.norm == "default" and last and hasattr(trunk, "norm")):
        features = norm(features)
    return features[:, model.prefix:] if wanted.without_cls else features


def save(folder: Path, model: Model, seed: int) -> Any:
    torch.manual_seed(seed)
    whole = model.make().eval()
    randomise(whole, torch.Generator().manual_seed(seed))
    weights = {name: tensor.to(TORCH_TYPES[model.dtype]).contiguous() for name, tensor in whole.state_dict().items()}
    clip = "model_cfg" in model.config
    save_file(weights, folder / ("open_clip_model.safetensors" if clip else "model.safetensors"))
    config = folder / ("open_clip_config.json" if clip else "config.json")
    config.write_text(json.dumps(model.config, indent=2) + "\n")
    whole.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return whole


def case_list(folder: Path, model: Model, make_trunk: Callable[[], Any], photo: Image.Image) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []
    maps = dict(maps=True) if model.maps else {}

    def add(kind: str, wanted: Features, **more: Any) -> dict[str, Any]:
        cases.append(dict(kind=kind, features=f"{kind}_{len(cases)}.npy", **vars(wanted), **more))
        return cases[-1]

    wanted = [(Features(), model.side)]
    if model.dtype == "f32":
        wanted += [(Features(-2, not model.maps), model.side)]
        wanted += [(Features(0 if model.maps else 1, norm="on"), model.side)]
        wanted += [(Features(), side) for side in model.sides]
    for features, side in wanted:
        case = add("tiles", features, side=side, input=f"../tiles_{side}.npy", **maps)
        tiles = torch.from_numpy(np.load(HERE / f"tiles_{side}.npy"))
        write(folder, case["features"], forward(make_trunk(), model, tiles, features))
    pixels = model.transform(model.side)(photo)[None]
    case = add("photo", Features(), side=model.side, image_side=model.side, scales=[1, 2], **maps)
    case["input"] = write(folder, f"pixels_{len(cases) - 1}.npy", pixels)
    trunk = make_trunk()
    write(folder, case["features"], s2wrapper.forward(lambda tiles: forward(trunk, model, tiles, Features()), pixels,
                                                      scales=[1, 2], max_split_size=model.side,
                                                      num_prefix_token=model.prefix,
                                                      output_shape="bchw" if model.maps else "bnc"))
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="their names (default: all)")
    only = parser.parse_args().models
    photo = Image.open(HERE / "photo.png").convert("RGB")
    for seed, model in enumerate(models()):
        if only and model.name not in only:
            continue
        folder = HERE / model.name
        folder.mkdir(exist_ok=True)
        with torch.no_grad():
            cases = case_list(folder, model, lambda: model.trunk(save(folder, model, 100 + seed)), photo)
        (folder / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
        print(model.name, len(cases), "cases")
    names = ("timm", "open_clip_torch", "scaling-on-scales", "numpy")
    print("made with", dict({name: importlib.metadata.version(name) for name in names}, torch=torch.__version__))


if __name__ == "__main__":
    main()
