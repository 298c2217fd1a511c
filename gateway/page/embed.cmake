# gateway/page: writes FOLDER's files as a C++ source OUTPUT: their bytes, types and hashes. Run by
# `cmake -P` at build time, so that nothing but CMake is needed for it.
#
# What a browser may keep for ever has a path that changes with the content: /ui/HASH/NAME, with one
# hash over all files, so that the modules find each other by relative names. index.html is served as
# "/" and names the hash where it says @HASH@.
cmake_minimum_required(VERSION 3.25)

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

file(GLOB files "${FOLDER}/*")
list(SORT files)

set(hashes "")
foreach(file IN LISTS files)
  file(SHA256 "${file}" hash)
  string(APPEND hashes "${hash}")
endforeach()
string(SHA256 hash_of_all "${hashes}")
string(SUBSTRING "${hash_of_all}" 0 12 hash_of_all)

# as_literal(RESULT HEX): "3c68" as "\x3c\x68", in lines of 25 bytes.
function(as_literal result hex)
  string(REGEX REPLACE "(..)" "\\\\x\\1" escaped "${hex}")
  string(REPEAT "...." 25 line)
  string(REGEX REPLACE "(${line})" "\\1\"\n    \"" escaped "${escaped}")
  set(${result} "\"${escaped}\"" PARENT_SCOPE)
endfunction()

set(rows "")
set(count 0)
foreach(file IN LISTS files)
  cmake_path(GET file FILENAME name)
  cmake_path(GET file EXTENSION LAST_ONLY extension)
  string(SUBSTRING "${extension}" 1 -1 extension)
  if(NOT DEFINED type_${extension})
    message(FATAL_ERROR "${file}: no content type is known for .${extension}")
  endif()
  if(name STREQUAL "index.html")
    set(path "/")
    set(immutable false)
    file(READ "${file}" text)
    string(REPLACE "@HASH@" "${hash_of_all}" text "${text}")
    string(SHA256 hash "${text}")
    string(HEX "${text}" hex)
  else()
    set(path "/ui/${hash_of_all}/${name}")
    set(immutable true)
    file(SHA256 "${file}" hash)
    file(READ "${file}" hex HEX)
  endif()
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(SUBSTRING "${hash}" 0 16 hash)
  as_literal(literal "${hex}")
  string(APPEND rows "    Asset{\"${path}\", \"${type_${extension}}\", \"\\\"${hash}\\\"\", ${immutable},\n"
    "    std::string_view(${literal}, ${bytes})},\n")
  math(EXPR count "${count} + 1")
endforeach()

set(source "// Made from gateway/page/assets by gateway/page/embed.cmake.
#include \"gateway/page/asset.hpp\"

#include <array>

namespace steward::gateway {
namespace {

constexpr std::array<Asset, ${count}> kAssets = {
${rows}};

}  // namespace

std::span<const Asset> assets() {
    return kAssets;
}

}  // namespace steward::gateway
")
file(WRITE "${OUTPUT}" "${source}")
