// common/wire: job options and meta as the native protocol carries them: a msgpack map by option
// name. The option frames of the old dialects are read in options.cpp, with people's units.
#pragma once

#include <optional>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "common/wire/msgpack_reader.hpp"
#include "common/wire/msgpack_writer.hpp"

namespace steward::wire::native {

/// nil when nothing but `sync`, which is not part of the map, is set.
void write_options(MsgpackWriter& out, const model::JobOptions& options);
/// Takes nil or the map and sets what it names; `sync` stays as it is. Where the bytes are no
/// msgpack the reader has failed and nothing is returned.
/// Errors: UnknownOption naming it and those there are; BadOption naming the rule, also one between
/// options (options_fault()).
[[nodiscard]] std::optional<base::Error> read_options(MsgpackReader& in,
                                                      model::JobOptions& options);

/// nil for empty bytes. Bytes that are no map of strings within the limits are written as bin,
/// which read_meta() refuses: a caller's mistake stays his and spoils no other command.
void write_meta(MsgpackWriter& out, const base::Blob& meta);
/// Takes nil or a map of strings and keeps its bytes; an empty map is as none.
/// Errors: BadOption, for what is no such map or beyond kMetaEntriesMax or kMetaBytesMax.
[[nodiscard]] std::optional<base::Error> read_meta(MsgpackReader& in, base::Blob& meta);

}  // namespace steward::wire::native
