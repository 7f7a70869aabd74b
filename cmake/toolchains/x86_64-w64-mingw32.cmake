# 64-bit Windows, with mingw-w64. S2VK_SYSROOT has what the tests need (tests/cross/run.sh makes it), and wine runs
# them.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)

# Programs and DLLs need no DLL of the compiler.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static-libgcc)
set(CMAKE_SHARED_LINKER_FLAGS_INIT -static-libgcc)

set(CMAKE_FIND_ROOT_PATH ${S2VK_SYSROOT})
find_program(S2VK_WINE NAMES wine64 wine PATHS /usr/lib/wine)
if(S2VK_WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${S2VK_WINE})
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
