# Sourced by bin/setup, bin/test and bin/check from the project's root: checkouts in different folders share
# what ccache has compiled.
export CCACHE_BASEDIR=$PWD
export CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,locale}
