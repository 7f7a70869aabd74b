# Packages, which cpack makes in the build folder: a .tar.gz that can be unpacked anywhere, .deb packages as Debian
# splits them (library, -dev, tools), and a .zip for Windows. docs/releasing.md has the commands.
set(S2VK_PACKAGE_CONTACT "The s2vk authors <s2vk@packages.invalid>" CACHE STRING
  "Who maintains packages made here: NAME <ADDRESS>, in each .deb")

set(CPACK_PACKAGE_NAME s2vk)
set(CPACK_PACKAGE_VENDOR "The s2vk authors")
set(CPACK_PACKAGE_CONTACT ${S2VK_PACKAGE_CONTACT})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_FILE_NAME s2vk-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_ARCHIVE_COMPONENT_INSTALL OFF)
set(CPACK_COMPONENTS_ALL dev)
if(BUILD_SHARED_LIBS)
  list(APPEND CPACK_COMPONENTS_ALL runtime)
endif()
if(TARGET extract)
  list(APPEND CPACK_COMPONENTS_ALL tools)
endif()
if(WIN32)
  set(CPACK_GENERATOR ZIP)
else()
  set(CPACK_GENERATOR TGZ)
  find_program(S2VK_DPKG_SHLIBDEPS dpkg-shlibdeps)
  if(S2VK_DPKG_SHLIBDEPS)
    list(APPEND CPACK_GENERATOR DEB)
  endif()
endif()

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_CURRENT_BINARY_DIR}/src)
set(so_version ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(deb_version ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libs2vk${so_version})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "multi-scale vision features by Vulkan, library
 S2 runs a vision model over an image at several scales, tile by tile, and
 pools and concatenates what the model returns. s2vk is a C library of
 compute shaders for the work around the model.")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libs2vk-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libvulkan-dev")
if(BUILD_SHARED_LIBS)
  string(PREPEND CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libs2vk${so_version} (= ${deb_version}), ")
endif()
set(CPACK_COMPONENT_DEV_DESCRIPTION "multi-scale vision features by Vulkan, development files
 S2 runs a vision model over an image at several scales, tile by tile, and
 pools and concatenates what the model returns. This package has the header,
 the files for CMake and pkg-config, the documents and an example.")
set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME s2vk-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "libvulkan1, fonts-inter")
set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS "mesa-vulkan-drivers")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "multi-scale vision features by Vulkan, programs
 S2 runs a vision model over an image at several scales, tile by tile, and
 pools and concatenates what the model returns. This package has a program
 that writes such features of photographs to files, and one that shows them
 in a window.")

# The other files that Debian requires of a package. The date is that of SOURCE_DATE_EPOCH if it is set.
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${PROJECT_BINARY_DIR}/debian/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/debian/triggers)
configure_file(${CMAKE_CURRENT_LIST_DIR}/debian.cmake.in ${PROJECT_BINARY_DIR}/debian.cmake @ONLY)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_BINARY_DIR}/debian.cmake)
include(CPack)
