#!/bin/sh
# The whole test suite on 64-bit ARM, without an ARM machine: cross-built, and run by qemu.  Debian and Ubuntu:
#
#     apt install g++-aarch64-linux-gnu qemu-user-static && make test-arm64
#
# The libraries of that processor come from the same release's packages, unpacked into build/arm64/system; nothing is
# installed.  Tests start programs by name, which the kernel hands to qemu where binfmt_misc has been told to: installing
# qemu-user-static does that, but in a container root must do it, once a start of the machine:
#
#     mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
#     cat /usr/lib/binfmt.d/qemu-aarch64.conf >/proc/sys/fs/binfmt_misc/register
set -eu

target=aarch64-linux-gnu
build=${BUILD:-build}/arm64
system=$build/system

give_up() { echo "test-arm64: $1" >&2; exit 1; }
command -v $target-g++ >/dev/null || give_up "no $target-g++.  apt install g++-aarch64-linux-gnu qemu-user-static"

# apt with lists and a cache of its own, for that processor alone.
if [ ! -e "$system/complete" ]; then
    rm -rf "$system"
    mkdir -p "$system/apt/lists/partial" "$system/apt/cache/archives/partial"
    at=$(cd "$system/apt" && pwd)
    apt() {
        apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State::lists=$at/lists" \
            -o "Dir::Cache=$at/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root "$@"
    }
    apt update
    (cd "$at" && apt download libc6 libgcc-s1 libstdc++6 libgfortran5 libopenblas0-pthread libopenblas-pthread-dev \
        zlib1g zlib1g-dev libspng0 libspng-dev libturbojpeg0 libturbojpeg0-dev libgtest-dev)
    for package in "$at"/*.deb; do dpkg -x "$package" "$system"; done
    ln -s openblas-pthread/libopenblas.so.0 "$system/usr/lib/$target/libopenblas.so.0"
    [ -e "$system/lib" ] || ln -s usr/lib "$system/lib"
    rm -r "$at"
    touch "$system/complete"
fi

export QEMU_LD_PREFIX="$(cd "$system" && pwd)"
libraries=$QEMU_LD_PREFIX/usr/lib/$target
export PKG_CONFIG_SYSROOT_DIR="$QEMU_LD_PREFIX" PKG_CONFIG_LIBDIR="$libraries/pkgconfig:$libraries/openblas-pthread/pkgconfig"
on_arm64() {
    ${MAKE:-make} --no-print-directory CXX=$target-g++ AR=$target-ar ARCH=armv8-a BUILD="$build" \
        LDFLAGS="-L$libraries -L$QEMU_LD_PREFIX/lib/$target -Wl,-rpath-link,$libraries:$QEMU_LD_PREFIX/lib/$target" "$@"
}
on_arm64 "$build/train"
"$build/train" --version || give_up "this system does not run ARM programs: see the first lines of tests/arm64.sh."
on_arm64 test
