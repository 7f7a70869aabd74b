#!/bin/sh
# readme.sh SRC [CC]: the README has at most 7 KB, its C compiles against the public header as it stands, and its
# version is the project's.
set -eu
src=$1
cc=${2:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bytes=$(wc -c <"$src/README.md")
[ "$bytes" -le 7168 ] || {
  echo "README.md has $bytes bytes, and 7168 at most are wanted" >&2
  exit 1
}
{
  cat <<'END'
#include <vulkan/vulkan_core.h>
extern PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr_;
#define vkGetInstanceProcAddr vkGetInstanceProcAddr_
#include <s2vk/s2vk.h>
extern VkInstance instance;
extern VkPhysicalDevice physical_device;
extern VkDevice device;
extern VkCommandBuffer commands;
extern uint32_t queue_family;
extern void *engine;
extern s2vk_context *context;
extern s2vk_plan *plan;
extern s2vk_binding *binding;
s2vk_result record_engine(void *user, VkCommandBuffer commands, const s2vk_model_call *call);
END
  awk '
    /^```c$/ { inside = 1; print "void block_" ++count "(void) {"; next }
    /^```$/ { if (inside) print "}"; inside = 0 }
    inside' "$src/README.md"
} >"$work/readme.c"
[ "$(grep -c '^void block_' "$work/readme.c")" -ge 2 ]
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror -Wno-unused-variable -DVK_NO_PROTOTYPES -I"$src/include" \
  -fsyntax-only "$work/readme.c"
version=$(sed -n 's/^project(s2vk VERSION \([0-9]*\.[0-9]*\).*/\1/p' "$src/CMakeLists.txt")
grep -qF "find_package(s2vk $version REQUIRED)" "$src/README.md"
grep -qF "find_package(s2vk $version REQUIRED)" "$src/docs/linking.md"
