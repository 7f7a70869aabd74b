/* The operations of samples/vit one by one, against the same in double precision: in the shaders for GPUs, in those for
 * drivers on the CPU, and in those that read through texel buffers. */
#include "test_vit.h"

#include "ops.h"

/* The tensors of an operation, as its shader sees them. */
enum tensor { SOURCE, MATRIX, VECTORS, DESTINATION, TENSOR_COUNT };

struct op {
  struct vit_device device;
  struct gpu_buffer buffers[TENSOR_COUNT];
  VkBufferView views[2];
  VkDescriptorPool pool;
  VkDescriptorSet set;
  struct vit_step step;
  double *values[TENSOR_COUNT]; /* what was put in */
  size_t counts[TENSOR_COUNT];
};

static const struct vit_step no_matrix = {.matrix = VIT_NO_MATRIX};

/* Each kind of shader in turn: for GPUs, for those with few registers, for a CPU, for a CPU with texel buffers, which
 * not every driver takes. */
enum kind { KIND_GPU, KIND_SMALL, KIND_CPU, KIND_TEXELS, KIND_COUNT, KIND_COOPERATIVE };

static enum kind kind_count(void) {
  const struct vit_device device = {.cpu = true, .limits = suite_gpu.properties.limits};
  return vit_device_has_texels(&device) ? KIND_COUNT : KIND_TEXELS;
}

static struct vit_cooperative cooperative(void) {
  return vit_cooperative_find(vkGetInstanceProcAddr, suite_gpu.info.instance, suite_gpu.info.physical_device);
}

static void op_open(struct op *op, enum kind kind, const struct vit_step *step) {
  struct vit_error error;
  s2vk_context_info gpu = suite_gpu.info;
  gpu.variant = kind <= KIND_SMALL || kind == KIND_COOPERATIVE ? S2VK_VARIANT_GPU : S2VK_VARIANT_CPU;
  *op = (struct op){.step = *step};
  if (!vit_device_create(&op->device, &gpu, &error))
    fail_msg("%s", error.text);
  op->device.texels = kind == KIND_TEXELS;
  op->device.largest_share = kind == KIND_SMALL ? 32 : 128;
  if (kind == KIND_COOPERATIVE)
    op->device.cooperative = cooperative();
}

static uint16_t half_of(enum safetensors_type type, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (type == SAFETENSORS_BF16)
    return (uint16_t)(bits >> 16);
  return (uint16_t)((bits >> 16 & 0x8000) | (((bits >> 23 & 255) - 112) << 10) | (bits >> 13 & 1023));
}

/* A number that every type has exactly: of few bits, about `scale` in size. */
static float exact(struct noise *noise, float scale) {
  float value = (float)(1 + noise_below(noise, 127)) / 64 * scale;
  return noise_below(noise, 2) ? value : -value;
}

/* Random numbers; those of a matrix are of its type. */
static void op_fill(struct op *op, enum tensor which, size_t count, float scale, struct noise *noise) {
  const bool halves = which == MATRIX && op->step.type != SAFETENSORS_F32;
  op->counts[which] = count;
  op->values[which] = calloc(count, sizeof(double));
  op->buffers[which] = gpu_buffer_create(&suite_gpu, count * (halves ? 2 : 4));
  for (size_t i = 0; i < count; i++) {
    const float value = exact(noise, scale);
    op->values[which][i] = (double)value;
    if (halves)
      ((uint16_t *)op->buffers[which].host)[i] = half_of(op->step.type, value);
    else
      ((float *)op->buffers[which].host)[i] = value;
  }
}

static void make_view(struct op *op, enum tensor which, VkBufferView *view) {
  const bool halves = which == MATRIX && op->step.type != SAFETENSORS_F32;
  const VkBufferViewCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
      .buffer = op->buffers[which].buffer,
      .format = halves ? VK_FORMAT_R32G32_UINT : VK_FORMAT_R32G32B32A32_SFLOAT,
      .range = VK_WHOLE_SIZE};
  assert_int_equal(vkCreateBufferView(op->device.device, &info, NULL, view), VK_SUCCESS);
}

static void make_set(struct op *op) {
  const VkDescriptorPoolSize sizes[] = {{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, TENSOR_COUNT},
      {VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, VIT_SLOT_COUNT - VIT_SOURCE_TEXELS}};
  const VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = 1, .poolSizeCount = 2, .pPoolSizes = sizes};
  assert_int_equal(vkCreateDescriptorPool(op->device.device, &pool, NULL, &op->pool), VK_SUCCESS);
  const VkDescriptorSetAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = op->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &op->device.set_layout};
  assert_int_equal(vkAllocateDescriptorSets(op->device.device, &allocate, &op->set), VK_SUCCESS);
  VkDescriptorBufferInfo infos[TENSOR_COUNT];
  VkWriteDescriptorSet writes[3] = {{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = op->set,
      .descriptorCount = TENSOR_COUNT,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = infos}};
  for (int i = 0; i < TENSOR_COUNT; i++) /* those that it has not: any */
    infos[i] = (VkDescriptorBufferInfo){op->buffers[op->buffers[i].buffer ? i : DESTINATION].buffer, 0, VK_WHOLE_SIZE};
  if (op->device.texels) {
    make_view(op, op->buffers[SOURCE].buffer ? SOURCE : DESTINATION, &op->views[0]);
    make_view(op,
        op->buffers[MATRIX].buffer    ? MATRIX
        : op->buffers[VECTORS].buffer ? VECTORS
                                      : DESTINATION,
        &op->views[1]);
    for (uint32_t i = 0; i < 2; i++)
      writes[1 + i] = (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
          .dstSet = op->set,
          .dstBinding = VIT_SOURCE_TEXELS + i,
          .descriptorCount = 1,
          .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
          .pTexelBufferView = &op->views[i]};
  }
  vkUpdateDescriptorSets(op->device.device, op->device.texels ? 3 : 1, writes, 0, NULL);
}

static void op_run(struct op *op, uint32_t tiles, bool largest) {
  struct vit_error error;
  const struct vit_op *kind = vit_ops[op->step.op];
  if (!kind->prepare(&op->device, &op->step, tiles, largest, &error))
    fail_msg("%s: %s", kind->name, error.text);
  make_set(op);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  gpu_barrier(commands);
  kind->record(
      &(struct vit_recording){.device = &op->device, .commands = commands, .set = op->set, .tiles = tiles}, &op->step);
  gpu_barrier(commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
}

/* The largest difference beside the root of the mean square of what is expected. */
static void op_check(const struct op *op, const double *expected, double limit, const char *what) {
  const float *values = op->buffers[DESTINATION].host;
  double most = 0, squares = 0;
  for (size_t i = 0; i < op->counts[DESTINATION]; i++) {
    double apart = fabs((double)values[i] - expected[i]);
    most = apart <= most ? most : apart;
    squares += expected[i] * expected[i];
  }
  double error = most / sqrt(squares / (double)op->counts[DESTINATION]);
  if (getenv("S2VK_TEST_VERBOSE"))
    print_message("%s, %s: %.2g\n", vit_ops[op->step.op]->name, what, error);
  if (!(error <= limit))
    fail_msg("%s, %s: relative error %g", vit_ops[op->step.op]->name, what, error);
}

static void op_close(struct op *op) {
  vkDestroyDescriptorPool(op->device.device, op->pool, NULL);
  for (int i = 0; i < 2; i++)
    vkDestroyBufferView(op->device.device, op->views[i], NULL);
  for (int i = 0; i < TENSOR_COUNT; i++) {
    if (op->buffers[i].buffer)
      gpu_buffer_destroy(&suite_gpu, &op->buffers[i]);
    free(op->values[i]);
  }
  vit_device_destroy(&op->device);
}

static double *copy_of(const struct op *op, enum tensor which) {
  double *copy = malloc(op->counts[which] * sizeof *copy);
  memcpy(copy, op->values[which], op->counts[which] * sizeof *copy);
  return copy;
}

static double activate(enum vit_activation activation, double x) {
  switch (activation) {
  case VIT_GELU:
    return 0.5 * x * (1 + erf(x / sqrt(2)));
  case VIT_QUICK_GELU:
    return x / (1 + exp(-1.702 * x));
  case VIT_GELU_TANH:
    return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
  case VIT_SILU:
    return x / (1 + exp(-x));
  default:
    return x;
  }
}

/* ---- Products ---- */

static void check_product(enum kind kind, const struct vit_step *like, bool largest, struct noise *noise) {
  const uint32_t rows = 37, tiles = 3, columns = 80, pitch = like->push.product.pitch;
  const uint32_t depth = like->push.product.depth ? like->push.product.depth : 96;
  struct vit_step step = *like;
  struct op op;
  step.op = VIT_OP_PRODUCT;
  step.push.product = (struct vit_product_push){
      .rows = rows, .columns = columns, .depth = depth, .pitch = pitch, .bias = 4, .scale = 96};
  op_open(&op, kind, &step);
  op_fill(&op, SOURCE, (size_t)tiles * rows * pitch, 1, noise);
  op_fill(&op, MATRIX, (size_t)columns * depth, 0.125f, noise);
  op_fill(&op, VECTORS, 96 + columns, 1, noise);
  op_fill(&op, DESTINATION, (size_t)tiles * rows * columns, 1, noise);
  double *expected = copy_of(&op, DESTINATION);
  for (uint32_t row = 0; row < tiles * rows; row++)
    for (uint32_t column = 0; column < columns; column++) {
      double sum = op.values[VECTORS][4 + column], *to = &expected[(size_t)row * columns + column];
      for (uint32_t k = 0; k < depth; k++)
        sum += op.values[SOURCE][(size_t)row * pitch + k] * op.values[MATRIX][(size_t)column * depth + k];
      sum = activate(step.activation, sum) * (step.scale ? op.values[VECTORS][96 + column] : 1);
      *to = step.add ? *to + sum : sum;
    }
  char what[64];
  snprintf(what, sizeof what, "kind %d, type %d, activation %d", kind, step.type, step.activation);
  op_run(&op, tiles, largest);
  op_check(&op, expected, 1e-6, what);
  free(expected);
  op_close(&op);
}

void products_are_those_of_double_precision(void **state) {
  (void)state;
  struct noise noise = {1};
  for (enum kind kind = 0; kind < kind_count(); kind++) {
    for (enum vit_activation i = VIT_LINEAR; i <= VIT_SILU; i++)
      check_product(kind, &(struct vit_step){.activation = i, .push.product.pitch = 96}, false, &noise);
    for (enum safetensors_type type = SAFETENSORS_F32; type < SAFETENSORS_OTHER; type++)
      check_product(
          kind, &(struct vit_step){.type = type, .add = true, .scale = true, .push.product.pitch = 192}, false, &noise);
  }
  check_product(KIND_GPU, &(struct vit_step){.add = true, .push.product.pitch = 96}, true, &noise);
  check_product(KIND_GPU, &(struct vit_step){.type = SAFETENSORS_BF16, .push.product.pitch = 96}, true, &noise);
}

/* Numbers of a few bits, which rounding to f16 changes nothing in: sums are in f32, so they are as exact as ever. */
void cooperative_products_are_those_of_double_precision(void **state) {
  (void)state;
  struct noise noise = {9};
  if (!cooperative().subgroup) {
    print_message("SKIPPED: no VK_KHR_cooperative_matrix for f16 with f32 sums, or a build without its shader\n");
    skip();
  }
  for (enum vit_activation i = VIT_LINEAR; i <= VIT_SILU; i++)
    check_product(KIND_COOPERATIVE, &(struct vit_step){.activation = i, .push.product.pitch = 96}, false, &noise);
  for (enum safetensors_type type = SAFETENSORS_F32; type < SAFETENSORS_OTHER; type++)
    for (uint32_t depth = 48; depth <= 96; depth += 16) /* with matrices 16 deep, two end within a step */
      check_product(KIND_COOPERATIVE,
          &(struct vit_step){.type = type, .add = true, .scale = true, .push.product = {.depth = depth, .pitch = 192}},
          false, &noise);
}

/* Patches of 6 pixels, which rows of 16 do not hold a whole number of, and of 4. */
void patches_are_those_of_double_precision(void **state) {
  (void)state;
  struct noise noise = {2};
  static const uint32_t patches[] = {6, 4};
  for (enum kind kind = 0; kind < kind_count(); kind++)
    for (int n = 0; n < 4; n++) {
      const uint32_t patch = patches[n % 2], side = 16, across = side / patch, tiles = 2, columns = 32, prefix = 1;
      const uint32_t count = 3 * patch * patch, depth = (count + 15) / 16 * 16, tokens = prefix + across * across;
      struct op op;
      op_open(&op, kind,
          &(struct vit_step){.op = VIT_OP_PATCH_PRODUCT,
              .type = n < 2 ? SAFETENSORS_F32 : SAFETENSORS_F16,
              .push.product = {.rows = across * across,
                  .columns = columns,
                  .depth = depth,
                  .side = side,
                  .patch_side = patch,
                  .patches = across * across,
                  .tokens = tokens,
                  .prefix = prefix,
                  .place_pitch = n < 2 ? columns : 0}});
      op_fill(&op, SOURCE, (size_t)tiles * 3 * side * side, 1, &noise);
      op_fill(&op, MATRIX, (size_t)columns * depth, 0.125f, &noise);
      op_fill(&op, VECTORS, (size_t)across * across * columns, 1, &noise);
      op_fill(&op, DESTINATION, (size_t)tiles * tokens * columns, 1, &noise);
      for (uint32_t column = 0; column < columns; column++) /* as it is loaded: zeros after the last */
        for (uint32_t k = count; k < depth; k++) {
          op.values[MATRIX][column * depth + k] = 0;
          if (n < 2)
            ((float *)op.buffers[MATRIX].host)[column * depth + k] = 0;
          else
            ((uint16_t *)op.buffers[MATRIX].host)[column * depth + k] = 0;
        }
      double *expected = copy_of(&op, DESTINATION);
      for (uint32_t tile = 0; tile < tiles; tile++)
        for (uint32_t place = 0; place < across * across; place++)
          for (uint32_t column = 0; column < columns; column++) {
            double sum = op.values[VECTORS][(n < 2 ? place * columns : 0) + column];
            for (uint32_t k = 0; k < count; k++) {
              uint32_t y = place / across * patch + k % (patch * patch) / patch, x = place % across * patch + k % patch;
              sum += op.values[SOURCE][((tile * 3 + k / (patch * patch)) * side + y) * side + x] *
                     op.values[MATRIX][column * depth + k];
            }
            expected[((size_t)tile * tokens + prefix + place) * columns + column] = sum;
          }
      op_run(&op, tiles, false);
      op_check(&op, expected, 1e-6, n % 2 ? "patches of 4" : "patches of 6");
      free(expected);
      op_close(&op);
    }
}

/* ---- Rows ---- */

static void normalise(const double *from, const double *weight, const double *bias, uint32_t width, double *to) {
  double mean = 0, square = 0;
  for (uint32_t i = 0; i < width; i++)
    mean += from[i] / width;
  for (uint32_t i = 0; i < width; i++)
    square += (from[i] - mean) * (from[i] - mean) / width;
  for (uint32_t i = 0; i < width; i++)
    to[i] = (from[i] - mean) / sqrt(square + 1e-5) * weight[i] + bias[i];
}

/* Maps of 5 x 5: their last row and column are in no square. */
void norms_are_those_of_double_precision(void **state) {
  (void)state;
  struct noise noise = {3};
  const uint32_t across = 5, width = 48, tiles = 3, places = across * across, squares = across / 2;
  for (enum kind kind = 0; kind < kind_count(); kind++)
    for (int pack = 0; pack < 2; pack++) {
      struct op op;
      op_open(&op, kind,
          &(struct vit_step){.op = VIT_OP_NORM,
              .matrix = VIT_NO_MATRIX,
              .pack = pack,
              .push.rows = {.row_count = places,
                  .rows_per_tile = places,
                  .width = width,
                  .source_stride = places,
                  .destination_stride = places,
                  .weight = 8,
                  .bias = 64,
                  .epsilon = 1e-5f,
                  .across = across}});
      op_fill(&op, SOURCE, (size_t)tiles * places * width, 1, &noise);
      op_fill(&op, VECTORS, 64 + width, 1, &noise);
      op_fill(&op, DESTINATION, (size_t)tiles * (pack ? squares * squares * 4 : places) * width, 1, &noise);
      double *expected = copy_of(&op, DESTINATION);
      for (uint32_t row = 0; row < tiles * places; row++) {
        uint32_t tile = row / places, y = row % places / across, x = row % across, to = row;
        if (pack)
          to = ((tile * squares + y / 2) * squares + x / 2) * 4 + y % 2 * 2 + x % 2;
        if (!pack || (y / 2 < squares && x / 2 < squares))
          normalise(op.values[SOURCE] + (size_t)row * width, op.values[VECTORS] + 8, op.values[VECTORS] + 64, width,
              expected + (size_t)to * width);
      }
      op_run(&op, tiles, false);
      op_check(&op, expected, 2e-6, pack ? "packed" : "norm");
      free(expected);
      op_close(&op);
    }
}

/* ---- Attention and its kin ---- */

static void attend(const struct op *op, uint32_t tokens, uint32_t heads, uint32_t width, double *expected) {
  const uint32_t hidden = heads * width;
  double *weights = malloc(tokens * sizeof *weights);
  for (uint32_t query = 0; query < op->counts[DESTINATION] / hidden; query++)
    for (uint32_t head = 0; head < heads; head++) {
      const double *rows = op->values[SOURCE] + (size_t)(query / tokens) * tokens * 3 * hidden + head * width;
      const double *q = rows + (size_t)(query % tokens) * 3 * hidden;
      double *to = expected + (size_t)query * hidden + head * width, sum = 0;
      for (uint32_t key = 0; key < tokens; key++) {
        double score = 0;
        for (uint32_t i = 0; i < width; i++)
          score += q[i] * rows[(size_t)key * 3 * hidden + hidden + i];
        weights[key] = exp(score / sqrt(width));
        sum += weights[key];
      }
      for (uint32_t i = 0; i < width; i++) {
        to[i] = 0;
        for (uint32_t key = 0; key < tokens; key++)
          to[i] += weights[key] / sum * rows[(size_t)key * 3 * hidden + 2 * hidden + i];
      }
    }
  free(weights);
}

void attention_is_that_of_double_precision(void **state) {
  (void)state;
  struct noise noise = {4};
  static const uint32_t widths[] = {16, 36, 64};
  for (enum kind kind = 0; kind < kind_count(); kind++)
    for (int n = 0; n < 3; n++) {
      const uint32_t width = widths[n], heads = 2, tokens = 45, tiles = 2, hidden = heads * width;
      struct vit_step step = no_matrix;
      struct op op;
      step.op = VIT_OP_ATTENTION;
      step.heads = heads;
      step.width = width;
      step.push.attention = (struct vit_attention_push){tokens, hidden, 1 / sqrtf((float)width)};
      op_open(&op, kind, &step);
      op_fill(&op, SOURCE, (size_t)tiles * tokens * 3 * hidden, 0.5f, &noise);
      op_fill(&op, DESTINATION, (size_t)tiles * tokens * hidden, 1, &noise);
      double *expected = copy_of(&op, DESTINATION);
      attend(&op, tokens, heads, width, expected);
      op_run(&op, tiles, false);
      op_check(&op, expected, 3e-6, "softmax");
      free(expected);
      op_close(&op);
    }
}

void rotations_are_those_of_double_precision(void **state) {
  (void)state;
  struct noise noise = {5};
  static const uint32_t widths[] = {8, 64};
  for (int n = 0; n < 2; n++) {
    const uint32_t width = widths[n], heads = 3, across = 4, prefix = 2, tokens = prefix + across * across, tiles = 2;
    const uint32_t hidden = heads * width, half = width / 2;
    struct vit_step step = no_matrix;
    struct op op;
    step.op = VIT_OP_ROPE;
    step.width = width;
    step.push.rope = (struct vit_rope_push){tokens, prefix, hidden, 4};
    op_open(&op, KIND_GPU, &step);
    op_fill(&op, VECTORS, 4 + (size_t)across * across * width, 1, &noise);
    op_fill(&op, DESTINATION, (size_t)tiles * tokens * 3 * hidden, 1, &noise);
    vit_rope_angles(across, width, 100, (float *)op.buffers[VECTORS].host + 4);
    double *expected = copy_of(&op, DESTINATION);
    for (uint32_t token = 0; token < tiles * tokens; token++)
      for (uint32_t i = 0; token % tokens >= prefix && i < 2 * hidden; i++) {
        const uint32_t place = token % tokens - prefix, lane = i % width, pair = lane % half;
        const double at = pair < half / 2 ? place / across : place % across;
        const double angle =
            2 * acos(-1) * ((at + 0.5) / across * 2 - 1) * pow(100, -(double)(pair % (half / 2)) / (half / 2));
        const double *row = op.values[DESTINATION] + (size_t)token * 3 * hidden;
        const double other = lane < half ? -row[i + half] : row[i - half];
        expected[(size_t)token * 3 * hidden + i] = row[i] * cos(angle) + other * sin(angle);
      }
    op_run(&op, tiles, false);
    op_check(&op, expected, 1e-6, "rotated");
    free(expected);
    op_close(&op);
  }
}

void gates_are_those_of_double_precision(void **state) {
  (void)state;
  struct noise noise = {6};
  const uint32_t rows = 29, tiles = 2, width = 272;
  for (enum vit_activation i = VIT_GELU; i <= VIT_SILU; i++) {
    struct vit_step step = no_matrix;
    struct op op;
    step.op = VIT_OP_GATE;
    step.activation = i;
    step.push.gate = (struct vit_gate_push){rows, width};
    op_open(&op, KIND_GPU, &step);
    op_fill(&op, DESTINATION, (size_t)tiles * rows * 2 * width, 2, &noise);
    double *expected = copy_of(&op, DESTINATION);
    for (uint32_t row = 0; row < tiles * rows; row++)
      for (uint32_t k = 0; k < width; k++) {
        double *to = expected + (size_t)row * 2 * width + k;
        *to = activate(i, *to) * to[width];
      }
    op_run(&op, tiles, false);
    op_check(&op, expected, 1e-6, "gate");
    free(expected);
    op_close(&op);
  }
}

/* ---- Maps ---- */

static double convolve(const struct op *op, uint32_t across, uint32_t channels, uint32_t place, uint32_t channel) {
  const uint32_t tile = place / (across * across), y = place % (across * across) / across, x = place % across;
  double sum = op->values[VECTORS][channel];
  for (uint32_t dy = 0; dy < 7; dy++)
    for (uint32_t dx = 0; dx < 7; dx++) {
      const int64_t row = (int64_t)y + dy - 3, column = (int64_t)x + dx - 3;
      if (row >= 0 && row < across && column >= 0 && column < across)
        sum +=
            op->values[SOURCE][((size_t)(tile * across + (size_t)row) * across + (size_t)column) * channels + channel] *
            op->values[VECTORS][channels + (size_t)(dy * 7 + dx) * channels + channel];
    }
  return sum;
}

void convolutions_are_those_of_double_precision(void **state) {
  (void)state;
  struct noise noise = {7};
  static const uint32_t sides[] = {1, 3, 9};
  for (int n = 0; n < 3; n++) {
    const uint32_t across = sides[n], channels = 144, tiles = 2;
    struct vit_step step = no_matrix;
    struct op op;
    step.op = VIT_OP_DEPTHWISE;
    step.push.depthwise = (struct vit_depthwise_push){across, channels, channels, 0};
    op_open(&op, KIND_GPU, &step);
    op_fill(&op, SOURCE, (size_t)tiles * across * across * channels, 1, &noise);
    op_fill(&op, VECTORS, (size_t)50 * channels, 1, &noise);
    op_fill(&op, DESTINATION, (size_t)tiles * across * across * channels, 1, &noise);
    double *expected = copy_of(&op, DESTINATION);
    for (uint32_t place = 0; place < tiles * across * across; place++)
      for (uint32_t channel = 0; channel < channels; channel++)
        expected[(size_t)place * channels + channel] = convolve(&op, across, channels, place, channel);
    op_run(&op, tiles, false);
    op_check(&op, expected, 1e-6, "7 x 7");
    free(expected);
    op_close(&op);
  }
}

void maps_are_copied(void **state) {
  (void)state;
  struct noise noise = {8};
  for (enum kind kind = 0; kind < KIND_TEXELS; kind++) {
    const uint32_t tokens = 37, first = 3, stride = 41, channels = 72, tiles = 2;
    struct vit_step step = no_matrix;
    struct op op;
    step.op = VIT_OP_MAPS;
    step.push.maps = (struct vit_maps_push){tokens, channels, stride, first, 0};
    op_open(&op, kind, &step);
    op_fill(&op, SOURCE, (size_t)tiles * stride * channels, 1, &noise);
    op_fill(&op, DESTINATION, (size_t)tiles * tokens * channels, 1, &noise);
    double *expected = copy_of(&op, DESTINATION);
    for (uint32_t tile = 0; tile < tiles; tile++)
      for (uint32_t token = 0; token < tokens; token++)
        for (uint32_t channel = 0; channel < channels; channel++)
          expected[(size_t)(tile * channels + channel) * tokens + token] =
              op.values[SOURCE][(size_t)(tile * stride + first + token) * channels + channel];
    op_run(&op, tiles, false);
    op_check(&op, expected, 0, "copied");
    free(expected);
    op_close(&op);
  }
}
