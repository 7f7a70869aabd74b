/* The table of families. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#define TOWER_ENCODER                                                                                                  \
  .layer = "encoder.layers.", .norm1 = "layer_norm1", .norm2 = "layer_norm2",                                          \
  .parts = {                                                                                                           \
      {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}, {"self_attn.out_proj"}, {"mlp.fc1"}, {"mlp.fc2"}}

#define CLIP_TOWER                                                                                                     \
  .vision_config = "vision_config", .roots = {"vision_model.", ""}, .ignored = {"embeddings.position_ids"},            \
  .class_token = "embeddings.class_embedding", .positions = "embeddings.position_embedding.weight",                    \
  .patches = "embeddings.patch_embedding", .pre_norm = "pre_layrnorm", .post_norm = "post_layernorm", TOWER_ENCODER,   \
  .patch_size = 32, .activation = VIT_QUICK_GELU, .epsilon = 1e-5

static const struct vit_names vit_renamed = {
    .probe = "layers.0.attention.q_proj.weight",
    .layer = "layers.",
    .parts = {{"attention.q_proj", "attention.k_proj", "attention.v_proj"}, {"attention.o_proj"}, {"mlp.fc1"},
        {"mlp.fc2"}},
};

static const struct vit_names dino_renamed = {
    .probe = "encoder.layer.0.attention.q_proj.weight",
    .parts = {{"attention.q_proj", "attention.k_proj", "attention.v_proj"}, {"attention.o_proj"}},
    .gated_fc1 = {"mlp.gate_proj", "mlp.up_proj"},
    .gated_fc2 = {"mlp.down_proj"},
};

static const struct vit_names dinov3_renamed = {
    .probe = "model.layer.0.norm1.weight",
    .layer = "model.layer.",
};

static const struct vit_names dinov3_convnext_renamed = {
    .probe = "layer_norm.weight",
    .patches = "model.stages.0.downsample_layers.0",
    .pre_norm = "model.stages.0.downsample_layers.1",
    .layer = "model.stages.",
};

#define VIT_EMBEDDINGS                                                                                                 \
  .positions = "embeddings.position_embeddings", .patches = "embeddings.patch_embeddings.projection",                  \
  .patch_bias = true, .post_norm = "layernorm",                                                                        \
  .ignored = {"embeddings.mask_token", "pooler.", "classifier.", "cls_classifier.", "distillation_classifier.",        \
      "decoder."},                                                                                                     \
  .normed = true, .activation = VIT_GELU

#define VIT_ATTENTION                                                                                                  \
  {"attention.attention.query", "attention.attention.key", "attention.attention.value"}, {"attention.output.dense"}

#define VIT_ENCODER                                                                                                    \
  .layer = "encoder.layer.", .norm1 = "layernorm_before", .norm2 = "layernorm_after", .renamed = &vit_renamed,         \
  .parts = {VIT_ATTENTION, {"intermediate.dense"}, {"output.dense"}}

#define DINO_ENCODER                                                                                                   \
  .layer = "encoder.layer.", .norm1 = "norm1", .scale1 = "layer_scale1.lambda1", .norm2 = "norm2",                     \
  .scale2 = "layer_scale2.lambda1", .parts = {VIT_ATTENTION, {"mlp.fc1"}, {"mlp.fc2"}},                                \
  .gated_fc1 = {"mlp.weights_in"}, .gated_fc2 = {"mlp.weights_out"}, .ratio = true, .renamed = &dino_renamed

#define TIMM_ENCODER                                                                                                   \
  .class_token = "cls_token", .registers = "reg_token", .patches = "patch_embed.proj", .post_norm = "norm",            \
  .layer = "blocks.", .norm1 = "norm1", .norm2 = "norm2",                                                              \
  .parts = {{"attn.qkv"}, {"attn.proj"}, {"mlp.fc1"}, {"mlp.fc2"}}, .gated_fc2 = {"mlp.fc2"}, .normed = true,          \
  .interpolation = VIT_CUBIC_ANTIALIASED

static const struct vit_family families[] = {
    {
        .name = "CLIP",
        .model_types = {"clip", "clip_vision_model"},
        .processor = "CLIPImageProcessor",
        CLIP_TOWER,
    },
    {
        .name = "Chinese-CLIP",
        .model_types = {"chinese_clip", "chinese_clip_vision_model"},
        .processor = "ChineseCLIPImageProcessor",
        CLIP_TOWER,
    },
    {
        .name = "AltCLIP",
        .model_types = {"altclip", "altclip_vision_model"},
        .processor = "CLIPImageProcessor",
        CLIP_TOWER,
    },
    {
        .name = "SigLIP",
        .model_types = {"siglip", "siglip_vision_model"},
        .processor = "SiglipImageProcessor",
        .vision_config = "vision_config",
        .roots = {"vision_model.", ""},
        .ignored = {"embeddings.position_ids", "head."},
        .positions = "embeddings.position_embedding.weight",
        .patches = "embeddings.patch_embedding",
        .patch_bias = true,
        .post_norm = "post_layernorm",
        TOWER_ENCODER,
        .normed = true,
        .patch_size = 16,
        .activation = VIT_GELU_TANH,
        .epsilon = 1e-6,
    },
    {
        .name = "SigLIP 2, NaFlex", /* on square images */
        .model_types = {"siglip2", "siglip2_vision_model"},
        .processor = "Siglip2ImageProcessor",
        .vision_config = "vision_config",
        .roots = {"vision_model.", ""},
        .ignored = {"embeddings.position_ids", "head."},
        .positions = "embeddings.position_embedding.weight",
        .patches = "embeddings.patch_embedding",
        .patch_bias = true,
        .post_norm = "post_layernorm",
        TOWER_ENCODER,
        .normed = true,
        .interpolation = VIT_LINEAR_ANTIALIASED,
        .linear = true,
        .patch_size = 16,
        .activation = VIT_GELU_TANH,
        .epsilon = 1e-6,
    },
    {
        .name = "DINOv2",
        .model_types = {"dinov2"},
        .processor = "BitImageProcessor",
        .roots = {"", "dinov2."},
        VIT_EMBEDDINGS,
        DINO_ENCODER,
        .class_token = "embeddings.cls_token",
        .patch_size = 14,
        .epsilon = 1e-6,
    },
    {
        .name = "DINOv2 with registers",
        .model_types = {"dinov2_with_registers"},
        .processor = "BitImageProcessor",
        .roots = {"", "dinov2_with_registers."},
        VIT_EMBEDDINGS,
        DINO_ENCODER,
        .class_token = "embeddings.cls_token",
        .registers = "embeddings.register_tokens",
        .interpolation = VIT_CUBIC_ANTIALIASED,
        .patch_size = 16,
        .register_count = 4,
        .epsilon = 1e-6,
    },
    {
        .name = "DINOv3",
        .model_types = {"dinov3_vit"},
        .processor = "DINOv3ViTImageProcessor",
        .roots = {"", "model."},
        .ignored = {"embeddings.mask_token", "classifier."},
        .class_token = "embeddings.cls_token",
        .registers = "embeddings.register_tokens",
        .patches = "embeddings.patch_embeddings",
        .patch_bias = true,
        .post_norm = "norm",
        .layer = "layer.",
        .norm1 = "norm1",
        .norm2 = "norm2",
        .scale1 = "layer_scale1.lambda1",
        .scale2 = "layer_scale2.lambda1",
        .parts = {{"attention.q_proj", "attention.k_proj", "attention.v_proj"}, {"attention.o_proj"}, {"mlp.up_proj"},
            {"mlp.down_proj"}},
        .gated_fc1 = {"mlp.gate_proj", "mlp.up_proj"},
        .gated_fc2 = {"mlp.down_proj"},
        .renamed = &dinov3_renamed,
        .normed = true,
        .rope = true,
        .hidden = 384,
        .intermediate = 1536,
        .heads = 6,
        .patch_size = 16,
        .activation = VIT_GELU,
        .no_key_bias = true,
        .epsilon = 1e-5,
    },
    {
        .name = "ViT",
        .model_types = {"vit"},
        .processor = "ViTImageProcessor",
        .roots = {"", "vit."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .class_token = "embeddings.cls_token",
        .patch_size = 16,
        .epsilon = 1e-12,
    },
    {
        .name = "InternViT", /* as transformers has InternVL's tower */
        .model_types = {"internvl", "internvl_vision"},
        .processor = "CLIPImageProcessor",
        .vision_config = "vision_config",
        .roots = {"", "model.vision_tower.", "vision_tower."},
        VIT_EMBEDDINGS,
        .maybe_normed = true,
        .layer = "encoder.layer.",
        .norm1 = "layernorm_before",
        .norm2 = "layernorm_after",
        .scale1 = "lambda_1",
        .scale2 = "lambda_2",
        .parts = {{"attention.q_proj", "attention.k_proj", "attention.v_proj"}, {"attention.projection_layer"},
            {"mlp.fc1"}, {"mlp.fc2"}},
        .class_token = "embeddings.cls_token",
        .hidden = 1024,
        .intermediate = 4096,
        .heads = 16,
        .layers = 24,
        .image_size = 448,
        .patch_size = 14,
        .no_qkv_bias = true,
        .epsilon = 1e-6,
    },
    {
        .name = "ViT-MAE", /* with all patches, in order: mask_ratio is not looked at */
        .model_types = {"vit_mae"},
        .processor = "ViTImageProcessor",
        .roots = {"", "vit."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .class_token = "embeddings.cls_token",
        .patch_size = 16,
        .epsilon = 1e-12,
    },
    {
        .name = "ViT-MSN",
        .model_types = {"vit_msn"},
        .processor = "ViTImageProcessor",
        .roots = {"", "vit."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .class_token = "embeddings.cls_token",
        .patch_size = 16,
        .epsilon = 1e-6,
    },
    {
        .name = "I-JEPA",
        .model_types = {"ijepa"},
        .processor = "ViTImageProcessor",
        .roots = {"", "ijepa."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .patch_size = 16,
        .epsilon = 1e-12,
    },
    {
        .name = "DeiT",
        .model_types = {"deit"},
        .processor = "DeiTImageProcessor",
        .roots = {"", "deit."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .class_token = "embeddings.cls_token",
        .distillation_token = "embeddings.distillation_token",
        .patch_size = 16,
        .epsilon = 1e-12,
    },
    {
        .name = "ConvNeXt",
        .model_types = {"convnext"},
        .processor = "ConvNextImageProcessor",
        .roots = {"", "convnext."},
        .ignored = {"classifier.", "hidden_states_norms."},
        .patches = "embeddings.patch_embeddings",
        .patch_bias = true,
        .pre_norm = "embeddings.layernorm",
        .post_norm = "layernorm",
        .layer = "encoder.stages.",
        .down_norm = "downsampling_layer.0",
        .down = "downsampling_layer.1",
        .blocks = "layers.",
        .depthwise = "dwconv",
        .norm2 = "layernorm",
        .scale2 = "layer_scale_parameter",
        .parts = {{NULL}, {NULL}, {"pwconv1"}, {"pwconv2"}},
        .patch_size = 4,
        .activation = VIT_GELU,
        .epsilon = 1e-12,
    },
    {
        .name = "DINOv3's ConvNeXt",
        .model_types = {"dinov3_convnext"},
        .processor = "DINOv3ViTImageProcessor",
        .roots = {"", "model."},
        .patches = "stages.0.downsample_layers.0",
        .patch_bias = true,
        .pre_norm = "stages.0.downsample_layers.1",
        .post_norm = "layer_norm",
        .layer = "stages.",
        .down_norm = "downsample_layers.0",
        .down = "downsample_layers.1",
        .blocks = "layers.",
        .depthwise = "depthwise_conv",
        .norm2 = "layer_norm",
        .scale2 = "gamma",
        .parts = {{NULL}, {NULL}, {"pointwise_conv1"}, {"pointwise_conv2"}},
        .renamed = &dinov3_convnext_renamed,
        .patch_size = 4,
        .activation = VIT_GELU,
        .epsilon = 1e-6,
    },
    {
        .name = "ViT of timm", /* of what it names, a checkpoint has a part: see adapt.c */
        .roots = {"", "visual.trunk."},
        .ignored = {"head.", "head_dist.", "fc_norm.", "attn_pool."},
        TIMM_ENCODER,
        .positions = "pos_embed",
        .pre_norm = "norm_pre",
        .distillation_token = "dist_token",
        .scale1 = "ls1.gamma",
        .scale2 = "ls2.gamma",
    },
    {
        .name = "DINOv3 of timm",
        .roots = {"", "visual.trunk."},
        .ignored = {"head.", "fc_norm."},
        TIMM_ENCODER,
        .scale1 = "gamma_1",
        .scale2 = "gamma_2",
        .gated_fc1 = {"mlp.fc1_g", "mlp.fc1_x"},
        .split_biases = {"attn.q_bias", "attn.k_bias", "attn.v_bias"},
        .rope = true,
    },
    {
        .name = "ConvNeXt of timm",
        .roots = {"", "visual.trunk."},
        .ignored = {"head."},
        .patches = "stem.0",
        .patch_bias = true,
        .pre_norm = "stem.1",
        .post_norm = "head.norm",
        .layer = "stages.",
        .down_norm = "downsample.0",
        .down = "downsample.1",
        .blocks = "blocks.",
        .depthwise = "conv_dw",
        .norm2 = "norm",
        .scale2 = "gamma",
        .parts = {{NULL}, {NULL}, {"mlp.fc1"}, {"mlp.fc2"}},
        .activation = VIT_GELU,
        .epsilon = 1e-6,
    },
    {
        .name = "CLIP of open_clip",
        .roots = {"visual.", ""},
        .ignored = {"proj"},
        .class_token = "class_embedding",
        .positions = "positional_embedding",
        .patches = "conv1",
        .pre_norm = "ln_pre",
        .post_norm = "ln_post",
        .layer = "transformer.resblocks.",
        .norm1 = "ln_1",
        .norm2 = "ln_2",
        .scale1 = "ls_1.gamma",
        .scale2 = "ls_2.gamma",
        .parts = {{"attn.in_proj_"}, {"attn.out_proj"}, {"mlp.c_fc"}, {"mlp.c_proj"}},
        .interpolation = VIT_CUBIC_ANTIALIASED,
    },
};
#define FAMILY_COUNT (sizeof families / sizeof *families)

const struct vit_family *vit_family_named(const char *name) {
  for (size_t i = 0; i < FAMILY_COUNT; i++)
    if (strcmp(families[i].name, name) == 0)
      return &families[i];
  return NULL;
}

const struct vit_family *vit_family_of(const char *model_type) {
  for (size_t i = 0; i < FAMILY_COUNT; i++)
    for (size_t j = 0; j < 4 && families[i].model_types[j]; j++)
      if (strcmp(families[i].model_types[j], model_type) == 0)
        return &families[i];
  return NULL;
}

bool vit_family_refuse(const char *path, const char *model_type, struct vit_error *error) {
  char known[400];
  size_t length = 0;
  for (size_t i = 0; i < FAMILY_COUNT; i++)
    length +=
        (size_t)snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "", families[i].model_types[0]);
  return vit_fail(error, "%s: model_type %.60s is none of %s", path, model_type, known);
}
