#include "faults.h"

struct s2_faults s2_faults_of(VkDriverId driver) {
  return (struct s2_faults){
      .loop_rounds = driver == VK_DRIVER_ID_MESA_LLVMPIPE ? 60000 : 0,
      .keeps_branches = driver == VK_DRIVER_ID_GOOGLE_SWIFTSHADER,
  };
}
