// common/wire: a job's id in the native protocol: 16 bytes, epoch and number, big-endian.
#pragma once

#include "common/model/ids.hpp"
#include "common/wire/big_endian.hpp"
#include "common/wire/msgpack_reader.hpp"
#include "common/wire/msgpack_writer.hpp"

namespace steward::wire::native {

inline void write_job_id(MsgpackWriter& out, const model::JobId& id) {
    char bytes[16];
    store_be(bytes, id.epoch);
    store_be(bytes + 8, id.number);
    out.bin({bytes, sizeof bytes});
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
