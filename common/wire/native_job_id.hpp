// common/wire: a job's id in the native protocol: 16 bytes, epoch and number, big-endian.
#pragma once

#include "common/model/ids.hpp"
#include "common/wire/big_endian.hpp"
#include "common/wire/msgpack_reader.hpp"
#include "common/wire/msgpack_writer.hpp"

namespace steward::wire::native {

inline constexpr std::size_t kJobIdBytes = 18;

/// Where there is room for kJobIdBytes.
inline char* put_job_id(char* to, const model::JobId& id) {
    to[0] = static_cast<char>(0xC4);  // bin of
    to[1] = 16;                       // bytes
    store_be(to + 2, id.epoch);
    store_be(to + 10, id.number);
    return to + kJobIdBytes;
}

inline void write_job_id(MsgpackWriter& out, const model::JobId& id) {
    out.end_at(put_job_id(out.room(kJobIdBytes), id));
}

/// The reader has failed where there is none.
inline void read_job_id(MsgpackReader& in, model::JobId& id) {
    const std::string_view bytes = in.bytes(16);
    if (bytes.size() != 16) {
        in.fail(MsgpackFault::OutOfRange);
        return;
    }
    id.epoch = load_be<std::uint64_t>(bytes.data());
    id.number = load_be<std::uint64_t>(bytes.data() + 8);
}

}  // namespace steward::wire::native
