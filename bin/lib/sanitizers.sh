# Sourced by bin/test and bin/check from the project's root: configures a build under the sanitizers.

# configure_sanitizers DIRECTORY [CMAKE OPTION...]. Eight sources of a folder are compiled as one: headers and
# templates cost most of the time. What is released is not, for g++ then inlines less of what counts (a tenth
# more instructions a job).
configure_sanitizers() {
    local directory=$1 launcher=()
    shift
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    cmake -S . -B "$directory" -G Ninja --log-level=WARNING "${launcher[@]}" \
        -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DCMAKE_CXX_FLAGS_RELWITHDEBINFO='-O1 -g1' -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld \
        -DSTEWARD_SANITIZE=address,undefined -DSTEWARD_WERROR=ON -DSTEWARD_BENCH=OFF \
        -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=8 "$@"
}
