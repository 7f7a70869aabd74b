# Library, headers, license, CMake package and pkg-config file. All of it can be moved once installed.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/s2vk)
install(TARGETS s2vk EXPORT s2vk INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/s2vk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/s2vk)

install(EXPORT s2vk NAMESPACE s2vk:: FILE s2vkTargets.cmake DESTINATION ${package_dir})
configure_package_config_file(cmake/s2vkConfig.cmake.in ${PROJECT_BINARY_DIR}/s2vkConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/s2vkConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/s2vkConfig.cmake ${PROJECT_BINARY_DIR}/s2vkConfigVersion.cmake
  cmake/headers.cmake DESTINATION ${package_dir})

# The prefix as seen from the file, and directories below it unless they were given as absolute paths.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
  OUTPUT_VARIABLE pc_up)
cmake_path(APPEND pc_libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
cmake_path(APPEND pc_includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR})
# A static library names what it needs in Libs too, so that it links without pkg-config --static.
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
install(FILES ${PROJECT_BINARY_DIR}/s2vk.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
