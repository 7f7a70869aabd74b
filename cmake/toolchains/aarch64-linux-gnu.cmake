# Linux on 64-bit ARM, with Debian's cross compiler. With S2VK_SYSROOT, a folder with arm64 packages unpacked
# (tests/cross/run.sh), the tests are built against these and run by qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES S2VK_SYSROOT)
if(S2VK_SYSROOT)
  set(CMAKE_SYSROOT ${S2VK_SYSROOT})
  set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${S2VK_SYSROOT})
endif()
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
