// common/wire: a submission of the native protocol that is written once, by whoever has the job in
// hand, and sent as often as it takes by somebody else.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/blob.hpp"
#include "common/model/job.hpp"
#include "common/wire/msgpack_writer.hpp"
#include "common/wire/native.hpp"

namespace steward::wire::native {

/// The fields of a Submit that say what the job is: all but its number and whether it was sent
/// before.
struct PackedJob {
    std::string_view bytes;       // of the fields, as they stand on the wire
    base::Blob owner;             // null: `bytes` are lent and somebody else keeps them
    base::Blob params;            // null, or those that travel as a frame of their own …
    std::uint32_t params_at = 0;  // … and where in `bytes` the number of that frame stands
    bool is_sync = false;
    bool takes_result = false;  // ends with a result, or may: sync, or with a wait
};

/// A Submit of it.
struct PackedSubmit {
    static constexpr Type kType = Type::Submit;
    std::uint64_t number = 0;
    bool again = false;
    const PackedJob& job;
};

/// Appends the job's fields to `out` and lends them: the bytes are what `out` got, valid until it
/// is written to again. Pre: names hold to their limits; params_at is below 2^32.
[[nodiscard]] PackedJob pack_job(MsgpackWriter& out,
                                 std::string_view service,
                                 const model::Payload& params,
                                 const model::JobOptions& options,
                                 bool is_sync);
/// The same with bytes of its own.
[[nodiscard]] PackedJob pack_job(const model::JobSpec& spec);
/// The same job with a copy of its bytes that belongs to it.
[[nodiscard]] PackedJob kept(PackedJob&& job);

}  // namespace steward::wire::native
