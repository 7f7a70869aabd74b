# Sourced by the scripts that run on a fresh machine: need PACKAGE... installs the Debian packages that are missing,
# or without root prints how to and exits.

# What images and archives are read by; samples/common/image/README.md says why these.
S2VK_FORMAT_PACKAGES="libarchive-dev libgif-dev libheif-dev libjpeg62-turbo-dev liblcms2-dev libpng-dev libtiff-dev
  libwebp-dev libxxhash-dev"

# Compiler, shader compiler, Vulkan's headers, loader and lavapipe: what library and samples are built and run with.
S2VK_PACKAGES="ca-certificates clang cmake gcc libc6-dev ninja-build pkg-config glslc libcjson-dev libstb-dev
  libvulkan-dev libvulkan-volk-dev mesa-vulkan-drivers $S2VK_FORMAT_PACKAGES"

# What samples/viewer needs beside them; without it everything else is built.
S2VK_VIEWER_PACKAGES="fonts-inter libglfw3-dev"

need() {
  if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian system: going on as if it had these packages: $*" >&2
    return 0
  fi
  missing=
  for package in "$@"; do
    case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
    "install ok installed") ;;
    *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "Packages are missing. As root: apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    exit 1
  fi
  echo "Installing$missing"
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of names
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# there_are PACKAGE...: those of the packages that this Debian has; after need, which updates the lists.
there_are() {
  for package in "$@"; do
    ! apt-cache show "$package" >/dev/null 2>&1 || echo "$package"
  done
}
