#!/usr/bin/env python3
"""Makes the checkpoints and the expected features of this folder, with Hugging Face transformers and the original
S2-Wrapper on PyTorch. See README.md for what it needs."""

import argparse
import importlib.metadata
import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import numpy as np
import s2wrapper
import torch
import transformers as hf
from PIL import Image

HERE = Path(__file__).resolve().parent
TORCH_TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


@dataclass
class Model:
    """A tiny checkpoint, and what to ask of it."""

    name: str
    config: Any
    architecture: str
    dtype: str
    processor: Any
    vision: Callable[[Any], Any] = lambda model: model  # the part of it that makes features
    prefix: int = 1
    sides: list[int] = field(default_factory=list)  # of tiles, other than the trained one
    since: int = 4  # the version of transformers that makes it
    sizes: bool = False  # with a photograph at img_sizes too
    maps: bool = False  # of a ConvNet: features are maps
    nested: bool = False  # the processor's configuration is in processor_config.json alone


SIZES = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2)
TOWER = dict(SIZES, intermediate_size=48)


def clip_config() -> Any:
    return hf.CLIPVisionConfig(**TOWER, image_size=16, patch_size=4)


def clip_full_config() -> Any:
    text = dict(vocab_size=16, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1,
                max_position_embeddings=8, bos_token_id=0, eos_token_id=1, pad_token_id=1)
    return hf.CLIPConfig(text_config=text, vision_config=clip_config().to_dict(), projection_dim=8)


def siglip_config(head: bool = False) -> Any:
    return hf.SiglipVisionConfig(hidden_size=48, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
                                 image_size=24, patch_size=4, vision_use_head=head)


def dinov2_config() -> Any:
    return hf.Dinov2Config(**SIZES, mlp_ratio=2, image_size=24, patch_size=6)


def registers_config() -> Any:
    return hf.Dinov2WithRegistersConfig(**SIZES, mlp_ratio=2, image_size=16, patch_size=4, num_register_tokens=3)


def vit_config() -> Any:
    return hf.ViTConfig(**dict(TOWER, num_attention_heads=4), image_size=16, patch_size=4, qkv_bias=False)


def deit_config() -> Any:
    return hf.DeiTConfig(**TOWER, image_size=16, patch_size=4)


def dinov3_config(**more: Any) -> Any:
    return hf.DINOv3ViTConfig(**TOWER, image_size=16, patch_size=4, **more)


def giant_config() -> Any:
    return hf.Dinov2Config(**SIZES, mlp_ratio=2, image_size=24, patch_size=6, use_swiglu_ffn=True)


def registers_giant_config() -> Any:
    return hf.Dinov2WithRegistersConfig(**SIZES, mlp_ratio=2, image_size=16, patch_size=4, num_register_tokens=2,
                                        use_swiglu_ffn=True)


def mae_config() -> Any:
    return hf.ViTMAEConfig(**TOWER, image_size=16, patch_size=4, mask_ratio=0.0, decoder_hidden_size=16,
                           decoder_num_hidden_layers=1, decoder_num_attention_heads=1, decoder_intermediate_size=16)


def chinese_config() -> Any:
    text = dict(vocab_size=16, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1,
                max_position_embeddings=8)
    vision = hf.ChineseCLIPVisionConfig(**TOWER, image_size=16, patch_size=4)
    return hf.ChineseCLIPConfig(text_config=text, vision_config=vision.to_dict(), projection_dim=8)


def naflex_config() -> Any:
    text = dict(vocab_size=16, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1,
                max_position_embeddings=8, bos_token_id=0, eos_token_id=1, pad_token_id=1)
    return hf.Siglip2Config(text_config=text, vision_config=dict(TOWER, num_patches=16, patch_size=4))


def naflex_processor(side: int) -> Any:
    return hf.Siglip2ImageProcessor(patch_size=4, max_num_patches=(side // 4) ** 2)


def square_naflex(side: int) -> Any:
    """What it does to a square, done to any image."""
    return hf.SiglipImageProcessor(size={"height": side, "width": side}, resample=2)


STAGES = dict(hidden_sizes=[16, 32, 64], depths=[1, 2, 1], image_size=32)


def convnext_config() -> Any:
    return hf.ConvNextConfig(**STAGES, num_stages=3)


def dinov3_convnext_config() -> Any:
    return hf.DINOv3ConvNextConfig(**STAGES)


def convnext_processor(side: int) -> Any:
    return hf.ConvNextImageProcessor(size={"shortest_edge": side}, crop_pct=0.875)


def plain(kind: str, **more: Any) -> Callable[[], Any]:
    return lambda: getattr(hf, kind)(**TOWER, image_size=16, patch_size=4, **more)


def dinov3_processor(side: int) -> Any:
    return hf.DINOv3ViTImageProcessor(size={"height": side, "width": side})


def chinese_processor(side: int) -> Any:
    return hf.ChineseCLIPImageProcessor(size={"shortest_edge": side}, crop_size=side)


def pil(processor: Any) -> Any:
    """The same processor on Pillow's images, where transformers 5 has one: what resizing to the bit as Pillow is of."""
    if isinstance(processor, hf.__dict__.get("Siglip2ImageProcessor", ())):
        processor = square_naflex(int(processor.max_num_patches ** 0.5) * processor.patch_size)
    kind = getattr(hf, type(processor).__name__ + "Pil", None)
    return kind(**{key: value for key, value in processor.to_dict().items() if key != "image_processor_type"}) \
        if kind else processor


def clip_processor(side: int) -> Any:
    return hf.CLIPImageProcessor(size={"shortest_edge": side}, crop_size=side)


def bit_processor(side: int) -> Any:
    return hf.BitImageProcessor(size={"shortest_edge": side * 8 // 7}, crop_size=side, image_mean=[0.485, 0.456, 0.406],
                                image_std=[0.229, 0.224, 0.225])


def deit_processor(side: int) -> Any:
    return hf.DeiTImageProcessor(size=side * 8 // 7, crop_size=side)


def square(processor: Callable[..., Any]) -> Callable[[int], Any]:
    return lambda side: processor(size={"height": side, "width": side})


def models() -> list[Model]:
    vision_model = lambda model: model.vision_model  # noqa: E731
    siglip, vit = square(hf.SiglipImageProcessor), square(hf.ViTImageProcessor)
    return [
        Model("clip-f32", clip_config, "CLIPVisionModel", "f32", clip_processor, sides=[28], sizes=True),
        Model("clip-f16", clip_config, "CLIPVisionModel", "f16", clip_processor),
        Model("clip-bf16", clip_full_config, "CLIPModel", "bf16", clip_processor, vision_model),
        Model("siglip-f32", siglip_config, "SiglipVisionModel", "f32", siglip, prefix=0, sides=[32, 26],
              sizes=True),
        Model("siglip-f16", siglip_config, "SiglipVisionModel", "f16", siglip, prefix=0),
        Model("siglip-bf16", lambda: siglip_config(True), "SiglipVisionModel", "bf16", siglip, prefix=0),
        Model("dinov2-f32", dinov2_config, "Dinov2Model", "f32", bit_processor, sides=[36, 18, 27]),
        Model("dinov2-f16", dinov2_config, "Dinov2ForImageClassification", "f16", bit_processor,
              lambda model: model.dinov2),
        Model("dinov2-bf16", dinov2_config, "Dinov2Model", "bf16", bit_processor),
        Model("registers-f32", registers_config, "Dinov2WithRegistersModel", "f32", bit_processor, prefix=4,
              sides=[24, 12]),
        Model("registers-f16", registers_config, "Dinov2WithRegistersModel", "f16", bit_processor, prefix=4),
        Model("registers-bf16", registers_config, "Dinov2WithRegistersModel", "bf16", bit_processor, prefix=4),
        Model("vit-f32", vit_config, "ViTModel", "f32", vit, sides=[24]),
        Model("vit-f16", vit_config, "ViTForImageClassification", "f16", vit, lambda model: model.vit),
        Model("vit-bf16", vit_config, "ViTModel", "bf16", vit),
        Model("deit-f32", deit_config, "DeiTModel", "f32", deit_processor, prefix=2, sides=[12]),
        Model("deit-f16", deit_config, "DeiTModel", "f16", deit_processor, prefix=2),
        Model("deit-bf16", deit_config, "DeiTForImageClassificationWithTeacher", "bf16", deit_processor,
              lambda model: model.deit, prefix=2),
    ] + models_5(siglip, vit)


def models_5(siglip: Any, vit: Any) -> list[Model]:
    """Those that transformers 5 makes."""
    return [
        Model("clip5-f32", clip_config, "CLIPVisionModel", "f32", clip_processor, since=5, nested=True),
        Model("siglip5-f16", siglip_config, "SiglipVisionModel", "f16", siglip, prefix=0, since=5, nested=True),
        Model("dinov3-f32", lambda: dinov3_config(num_register_tokens=2), "DINOv3ViTModel", "f32", dinov3_processor,
              prefix=3, sides=[24, 12], since=5),
        Model("dinov3-bf16", lambda: dinov3_config(num_register_tokens=2), "DINOv3ViTModel", "bf16", dinov3_processor,
              prefix=3, since=5),
        Model("dinov3-gated-f16", lambda: dinov3_config(use_gated_mlp=True, hidden_act="silu", key_bias=True,
                                                        mlp_bias=False), "DINOv3ViTModel", "f16", dinov3_processor,
              since=5),
        Model("dinov2-giant-f32", giant_config, "Dinov2Model", "f32", bit_processor, sides=[36], since=5),
        Model("dinov2-giant-bf16", registers_giant_config, "Dinov2WithRegistersModel", "bf16", bit_processor, prefix=3,
              since=5),
        Model("convnext-f32", convnext_config, "ConvNextForImageClassification", "f32", convnext_processor,
              lambda model: model.convnext, prefix=0, sides=[44, 36], maps=True, since=5),
        Model("convnext-f16", convnext_config, "ConvNextModel", "f16", convnext_processor, prefix=0, maps=True,
              since=5),
        Model("dinov3-convnext-f32", dinov3_convnext_config, "DINOv3ConvNextModel", "f32", dinov3_processor, prefix=0,
              maps=True, since=5),
        Model("dinov3-convnext-bf16", dinov3_convnext_config, "DINOv3ConvNextModel", "bf16", dinov3_processor, prefix=0,
              maps=True, since=5),
        Model("naflex-f32", naflex_config, "Siglip2Model", "f32", naflex_processor, lambda model: model.vision_model,
              prefix=0, sides=[24, 12], since=5),
        Model("internvit-f32",
              lambda: hf.InternVLVisionConfig(**TOWER, image_size=16, patch_size=4, attention_bias=True),
              "InternVLVisionModel", "f32", clip_processor, sides=[24], since=5),
        Model("mae-f32", mae_config, "ViTMAEForPreTraining", "f32", vit, lambda model: model.vit, sides=[24], since=5),
        Model("msn-f32", plain("ViTMSNConfig"), "ViTMSNForImageClassification", "f32", vit, lambda model: model.vit,
              since=5),
        Model("ijepa-f32", plain("IJepaConfig"), "IJepaModel", "f32", vit, prefix=0, sides=[24], since=5),
        Model("chinese-clip-f32", chinese_config, "ChineseCLIPModel", "f32", chinese_processor,
              lambda model: model.vision_model, since=5),
        Model("altclip-f32", plain("AltCLIPVisionConfig"), "AltCLIPVisionModel", "f32", clip_processor, since=5),
    ]


# ---- Checkpoints -----------------------------------------------------------------------------------------------------


def randomise(model: torch.nn.Module, generator: torch.Generator) -> None:
    """Weights at which every part of a model shows in its features, unlike those of a new model."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name and name.endswith("weight") or "lambda" in name or "gamma" in name or "scale" in name:
                parameter.copy_(1 + 0.3 * noise)
            elif parameter.dim() > 1 and name.endswith("weight") and "position" not in name:
                parameter.copy_(1.3 * noise / parameter[0].numel() ** 0.5)
            else:
                parameter.copy_(0.4 * noise)


def save(folder: Path, model: Model, seed: int) -> torch.nn.Module:
    """Saves a checkpoint; returns the model with its weights as saved, in f32."""
    torch.manual_seed(seed)
    whole = getattr(hf, model.architecture)(model.config()).eval()
    randomise(whole, torch.Generator().manual_seed(seed))
    whole.to(TORCH_TYPES[model.dtype]).save_pretrained(folder)
    processor = model.processor(model_side(model))
    if model.nested:
        text = json.dumps({"image_processor": processor.to_dict()}, indent=2)
        (folder / "processor_config.json").write_text(text + "\n")
    else:
        processor.save_pretrained(folder)
    return model.vision(whole.float() if model.since < 5 else
                        type(whole).from_pretrained(folder, dtype=torch.float32).eval())  # buffers not rounded either


def model_side(model: Model) -> int:
    config = model.config()
    config = getattr(config, "vision_config", config)
    if "siglip2" in config.model_type:
        return int(config.num_patches ** 0.5) * config.patch_size
    return config.image_size if isinstance(config.image_size, int) else config.image_size[0]


# ---- Features --------------------------------------------------------------------------------------------------------


@dataclass
class Features:
    """What to take of a model, as samples/vit's options say it."""

    layer: int = 0
    without_cls: bool = False
    norm: str = "default"


def map_norm(vision: Any, maps: torch.Tensor) -> torch.Tensor:
    return norm_of(vision)(maps.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def stages_forward(vision: Any, model: Model, tiles: torch.Tensor, wanted: Features) -> torch.Tensor:
    """Feature maps of a ConvNet's stage. The last stage's are those of last_hidden_state; for DINOv3's ConvNeXt without
    the norm and the token that it puts ahead."""
    outputs: list[torch.Tensor] = []
    stages = getattr(vision, "encoder", None) or vision.model
    hooks = [stage.register_forward_hook(lambda module, args, output: outputs.append(output))
             for stage in stages.stages]
    vision(pixel_values=tiles)
    for hook in hooks:
        hook.remove()
    features = outputs[(wanted.layer or -1) if wanted.layer <= 0 else wanted.layer - 1]
    return map_norm(vision, features) if wanted.norm == "on" else features


def layers_of(vision: Any) -> torch.nn.ModuleList:
    """The modules whose outputs layers are."""
    return max((module for module in vision.modules() if isinstance(module, torch.nn.ModuleList)), key=len)


def norm_of(vision: Any) -> Any:
    names = ("layernorm", "post_layernorm", "norm", "layer_norm")
    owners = (vision, getattr(vision, "vision_model", None))
    return next(getattr(owner, name) for owner in owners for name in names if hasattr(owner, name))


def forward(vision: Any, config: Any, model: Model, tiles: torch.Tensor, wanted: Features) -> torch.Tensor:
    if model.maps:
        return stages_forward(vision, model, tiles, wanted)
    options: dict[str, Any] = {}
    if "dino" not in config.model_type and config.model_type != "internvl_vision":
        options["interpolate_pos_encoding"] = True
    if config.model_type == "vit_mae":  # patches in their order
        options["noise"] = torch.arange((tiles.shape[-1] // config.patch_size) ** 2).repeat(len(tiles), 1).float()
    outputs: dict[int, torch.Tensor] = {}

    def keep(index: int) -> Callable[..., None]:
        return lambda module, args, output: outputs.update({index: output[0] if isinstance(output, tuple) else output})

    hooks = [layer.register_forward_hook(keep(i + 1)) for i, layer in enumerate(layers_of(vision))]
    if "siglip2" in config.model_type:
        across = tiles.shape[-1] // config.patch_size
        patches = tiles.unfold(2, config.patch_size, config.patch_size).unfold(3, config.patch_size, config.patch_size)
        tiles = patches.permute(0, 2, 3, 4, 5, 1).reshape(len(tiles), across * across, -1)
        options = dict(pixel_attention_mask=torch.ones(tiles.shape[:2], dtype=torch.int64),
                       spatial_shapes=torch.tensor([[across, across]] * len(tiles)))
    last_hidden_state = vision(pixel_values=tiles, **options).last_hidden_state
    for hook in hooks:
        hook.remove()
    count = config.num_hidden_layers
    layer = count + 1 + wanted.layer if wanted.layer < 0 else wanted.layer or count
    features = last_hidden_state if layer == count else outputs[layer]
    if wanted.norm == "on":
        features = norm_of(vision)(outputs[layer])
    elif wanted.norm == "off":
        features = outputs[layer]
    return features[:, model.prefix:] if wanted.without_cls else features


def write(folder: Path, name: str, tensor: torch.Tensor) -> str:
    np.save(folder / name, np.ascontiguousarray(tensor.numpy()))
    return name


def case_list(folder: Path, model: Model, vision: Any, photo: Image.Image) -> list[dict[str, Any]]:
    side = model_side(model)
    config = model.config()
    config = getattr(config, "vision_config", config)
    cases: list[dict[str, Any]] = []

    def add(kind: str, wanted: Features, **more: Any) -> dict[str, Any]:
        case = dict(kind=kind, features=f"{kind}_{len(cases)}.npy", **vars(wanted), **more)
        case.update({"maps": True} if model.maps else {})
        cases.append(case)
        return case

    wanted = [(Features(), side)]
    if model.maps and model.dtype == "f32":
        wanted += [(Features(1), side), (Features(2), side), (Features(norm="on"), side)]
        wanted += [(Features(), other) for other in model.sides]
    elif model.dtype == "f32":
        wanted += [(Features(-2, True), side), (Features(norm="off"), side)]
        if model.name != "internvit-f32":  # it has no norm
            wanted[2:2] = [(Features(1, norm="on"), side)]
            wanted += [(Features(norm="on", without_cls=True), side)]
        wanted += [(Features(), other) for other in model.sides]
    for features, tile in wanted:
        case = add("tiles", features, side=tile, input=f"../tiles_{tile}.npy")
        tiles = torch.from_numpy(np.load(HERE / f"tiles_{tile}.npy"))
        write(folder, case["features"], forward(vision, config, model, tiles, features))

    def chain(features: Features, image_side: int, **scales: Any) -> None:
        pixels = pil(model.processor(image_side))(images=photo, return_tensors="pt")["pixel_values"]
        case = add("photo", features, side=side, image_side=image_side, **scales)
        if image_side == side:
            case["input"] = write(folder, f"pixels_{len(cases) - 1}.npy", pixels)
        prefix = 0 if features.without_cls else model.prefix
        output = s2wrapper.forward(lambda tiles: forward(vision, config, model, tiles, features), pixels,
                                   max_split_size=side, num_prefix_token=prefix,
                                   output_shape="bchw" if model.maps else "bnc", **scales)
        write(folder, case["features"], output)

    if model.dtype == "f32":
        chain(Features(), side, scales=[1, 2])
        if model.sizes:
            chain(Features(-2, True), 3 * side, img_sizes=[side, 2 * side, 3 * side])
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="their names (default: all that this version of transformers makes)")
    only = parser.parse_args().models
    photo = Image.open(HERE / "photo.png").convert("RGB")
    version = int(hf.__version__.split(".")[0])
    every = [(seed if version < 5 else zlib.crc32(model.name.encode()), model) for seed, model in enumerate(models())
             if model.since == version]
    sides = {model_side(model) for _, model in every} | {side for _, model in every for side in model.sides}
    for side in sorted(sides):
        noise = torch.randn((2, 3, side, side), generator=torch.Generator().manual_seed(side))
        write(HERE, f"tiles_{side}.npy", noise)
    for seed, model in every:
        if only and model.name not in only:
            continue
        folder = HERE / model.name
        folder.mkdir(exist_ok=True)
        with torch.no_grad():
            vision = save(folder, model, seed)
            cases = case_list(folder, model, vision, photo)
        (folder / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
        print(model.name, len(cases), "cases")
    versions = {name: importlib.metadata.version(name) for name in ("transformers", "scaling-on-scales", "numpy")}
    print("made with", dict(versions, torch=torch.__version__))


if __name__ == "__main__":
    main()
