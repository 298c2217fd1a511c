// broker/core: the journal's facts as bytes and back. The form is the broker's own, versioned and
// little-endian, so that a file of this year is readable next year; it knows no journal and no
// policy.
//
// Every record: u8 version, u8 kind, then the fields in the order of broker/core/record.hpp.
// Integers have the width of their type; instants and durations are i64 microseconds; bytes are a
// u32 length and the bytes. Options: u32 bits that say which are set, then those.
#pragma once

#include <string>
#include <string_view>

#include "broker/core/record.hpp"

namespace steward::core {

/// Appends the fact's bytes to `out`; what stands there stays.
/// Pre: every string and payload is shorter than 4 GiB.
void encode_record(const Record& record, std::string& out);

/// The fact in `bytes`, which must end where the fact ends. Total on any bytes; allocates no more
/// than `bytes` is long. Payloads are copies.
/// Errors: UnsupportedVersion (written by another release); Malformed.
[[nodiscard]] base::Expected<Record> decode_record(std::string_view bytes);

}  // namespace steward::core
