"""s2vk for Conan 2: `conan create packaging/conan` in the repository. Vulkan's headers and glslc come from packages of
the system."""
import os

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy
from conan.tools.system.package_manager import Apt, Dnf, PacMan


class S2vk(ConanFile):
    name = "s2vk"
    version = "0.2.0"
    license = "MIT"
    description = "Multi-scale vision features on any Vulkan device"
    topics = ("vulkan", "vision", "compute")
    package_type = "library"
    settings = "os", "compiler", "build_type", "arch"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    languages = "C"

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def export_sources(self):
        for name in ("CMakeLists.txt", "LICENSE", "README.md", "CHANGELOG.md"):
            copy(self, name, self._root, self.export_sources_folder)
        for folder in ("cmake", "docs", "include", "samples/hello", "shaders", "src"):
            copy(self, f"{folder}/*", self._root, self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def system_requirements(self):
        Apt(self).install(["glslc", "libvulkan-dev"])
        Dnf(self).install(["glslc", "vulkan-headers"])
        PacMan(self).install(["shaderc", "vulkan-headers"])

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["S2VK_BUILD_TESTS"] = False
        toolchain.cache_variables["S2VK_BUILD_SAMPLES"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.set_property("cmake_find_mode", "none")  # s2vk brings its own files for CMake
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "s2vk")]
        self.cpp_info.libs = ["s2vk"]
        if self.options.shared:
            self.cpp_info.defines = ["S2VK_SHARED"]
        if self.settings.os in ("Linux", "FreeBSD", "Android"):
            self.cpp_info.system_libs = ["m"]
