// common/wire: values of C++ types as msgpack payloads and back, for the client and worker
// libraries: whatever msgpack-c can pack, MSGPACK_DEFINE types included. Header only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include <msgpack.hpp>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "common/model/limits.hpp"
#include "common/wire/msgpack_reader.hpp"
#include "common/wire/params.hpp"

namespace steward::wire {

template <class T>
[[nodiscard]] model::Payload pack_typed(const T& value) {
    msgpack::sbuffer buffer;
    msgpack::pack(buffer, value);
    return {model::Encoding::Msgpack, base::Blob::copy({buffer.data(), buffer.size()})};
}

/// Payloads in other structured encodings are converted first.
/// Errors: BadParams, when the bytes are broken or do not hold a T.
template <class T>
[[nodiscard]] base::Expected<T> unpack_typed(const model::Payload& payload) {
    const model::Payload packed = convert_params(payload, model::Encoding::Msgpack);
    const std::string_view bytes = packed.bytes.view();
    // The library believes a header and allocates for it, at every level of nesting; only bytes
    // that hold what their headers say may reach it.
    MsgpackReader reader(bytes);
    reader.skip();
    if (reader.failed() || !reader.rest().empty()) {
        return base::fail(base::Errc::BadParams, "the value is no msgpack");
    }
    try {
        const msgpack::unpack_limit limit(bytes.size(),
                                          bytes.size(),
                                          bytes.size(),
                                          bytes.size(),
                                          bytes.size(),
                                          model::kParamsDepthMax);
        std::size_t end = 0;
        const msgpack::object_handle handle =
            msgpack::unpack(bytes.data(), bytes.size(), end, nullptr, nullptr, limit);
        if (end == bytes.size()) {
            T value{};
            handle.get().convert(value);
            return value;
        }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): told below
    }
    return base::fail(base::Errc::BadParams, "the value is not of the type asked for");
}

}  // namespace steward::wire
