# Sourced by bin/test and bin/check from the project's root: the build under the sanitizers, which is
# also what clang-tidy reads its command lines from.

configure_sanitizers() {
    [[ ! -f build-asan/build.ninja ]] || return 0
    local launcher=()
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    cmake -S . -B build-asan -G Ninja --log-level=WARNING "${launcher[@]}" \
        -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DCMAKE_CXX_FLAGS_RELWITHDEBINFO='-O1 -g1' -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld \
        -DSTEWARD_SANITIZE=address,undefined -DSTEWARD_WERROR=ON -DSTEWARD_BENCH=OFF
}
