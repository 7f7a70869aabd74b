# Installs library, headers, licence, documents, example, CMake package and pkg-config file. The installed tree can be
# moved. samples/CMakeLists.txt installs the programs, their man pages and completions.
# The components of cmake --install --component and of the packages:
# - runtime: the shared library
# - dev: what programs are built with
# - tools: the programs
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/s2vk)
set(doc_dir ${CMAKE_INSTALL_DATADIR}/doc/s2vk)
install(TARGETS s2vk EXPORT s2vk INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  RUNTIME COMPONENT runtime
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT dev
  ARCHIVE COMPONENT dev)
install(DIRECTORY include/s2vk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev FILES_MATCHING PATTERN *.h)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${doc_dir} COMPONENT dev)
install(DIRECTORY docs/ DESTINATION ${doc_dir}/docs COMPONENT dev FILES_MATCHING PATTERN *.md PATTERN *.svg)
install(FILES samples/hello/CMakeLists.txt samples/hello/hello.c samples/hello/mean_colour.comp
  DESTINATION ${doc_dir}/examples/hello COMPONENT dev)
# The program of docs/integrating.md. It has the files of samples/common that it uses, in the same folders as here.
set(renderer CMakeLists.txt main.c renderer.c renderer.h drawing.c scene.frag features.frag)
list(TRANSFORM renderer PREPEND samples/renderer/)
install(FILES ${renderer} DESTINATION ${doc_dir}/examples/renderer COMPONENT dev)
set(common buffers.c buffers.h kernel.c kernel.h output.c output.h triangle.c triangle.h triangle.vert volk.c)
list(TRANSFORM common PREPEND samples/common/)
install(FILES ${common} DESTINATION ${doc_dir}/examples/common COMPONENT dev)

install(EXPORT s2vk NAMESPACE s2vk:: FILE s2vkTargets.cmake DESTINATION ${package_dir} COMPONENT dev)
configure_package_config_file(cmake/s2vkConfig.cmake.in ${PROJECT_BINARY_DIR}/s2vkConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/s2vkConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/s2vkConfig.cmake ${PROJECT_BINARY_DIR}/s2vkConfigVersion.cmake
  cmake/headers.cmake DESTINATION ${package_dir} COMPONENT dev)

# The prefix as seen from the file, and directories below it unless they were given as absolute paths.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
  OUTPUT_VARIABLE pc_up)
cmake_path(APPEND pc_libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
cmake_path(APPEND pc_includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR})
# A static library lists its dependencies in Libs, too, so that it links without pkg-config --static.
get_target_property(type s2vk TYPE)
set(pc_cflags "")
set(pc_libs "")
set(pc_math "")
if(NOT WIN32)
  set(pc_math " -lm")
endif()
if(type STREQUAL SHARED_LIBRARY)
  set(pc_cflags " -DS2VK_SHARED")
else()
  set(pc_libs "${pc_math}")
endif()
configure_file(cmake/s2vk.pc.in ${PROJECT_BINARY_DIR}/s2vk.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/s2vk.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

# Programs find the shared library beside them, wherever both are moved to.
if(BUILD_SHARED_LIBS AND NOT WIN32)
  file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set(CMAKE_INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
  if(APPLE)
    set(CMAKE_INSTALL_RPATH "@loader_path/${bin_to_lib}")
  endif()
endif()
