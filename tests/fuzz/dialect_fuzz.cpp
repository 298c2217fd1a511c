// tests: the old dialects on any frames. The input is frames, each as one byte of length and its
// bytes. Every codec sees every message, and what is understood is said on in every other dialect.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/assert.hpp"
#include "common/wire/dialect.hpp"
#include "common/wire/params.hpp"

namespace {

using namespace steward;
using namespace steward::wire;

constexpr std::array<DialectId, 4> kOld = {
    DialectId::Zmws1, DialectId::Zmws2, DialectId::Mdp01, DialectId::Mdp02};
constexpr model::Attempt kAttempt{{1, 2}, 3};

Frames frames_of(std::string_view input) {
    Frames frames;
    while (!input.empty()) {
        const std::size_t length = static_cast<unsigned char>(input.front());
        frames.push_back(base::Blob::copy(input.substr(1, length)));
        input.remove_prefix(std::min(1 + length, input.size()));
    }
    return frames;
}

bool is_mdp(DialectId id) {
    return id == DialectId::Mdp01 || id == DialectId::Mdp02;
}

bool ends_with(const Frames& frames, std::span<const base::Blob> body) {
    return frames.size() >= body.size() && std::equal(body.rbegin(), body.rend(), frames.rbegin());
}

// A body that came through one Majordomo dialect leaves through the other as it was.
void relay(const model::Payload& payload, bool opaque) {
    for (const DialectId id : kOld) {
        const Form form{id, id == DialectId::Mdp01};
        const Frames job = dialect(id).encode_job(form, kAttempt, payload);
        const Frames partial = dialect(id).encode_partial(form, "S", kAttempt.job, payload);
        const Frames done = dialect(id).encode_result(form, {"S", kAttempt.job, true, "", payload});
        const Frames failed =
            dialect(id).encode_result(form, {"S", kAttempt.job, false, "why", payload});
        STEWARD_ASSERT(!job.empty() && !done.empty() && !failed.empty());
        STEWARD_ASSERT(partial.empty() == (id == DialectId::Mdp01));
        if (opaque && is_mdp(id)) {
            const auto body = unpack_frames(payload);
            STEWARD_ASSERT(ends_with(job, body) && ends_with(done, body));
        }
    }
}

void hear_client(const Frames& frames) {
    const auto form = detect_client(frames);
    STEWARD_ASSERT(!form || form->dialect <= DialectId::Mdp02);
    for (const DialectId id : kOld) {
        const auto request = dialect(id).decode_request(frames);
        if (!request) {
            STEWARD_ASSERT(!request.error().message.empty());
            (void)dialect(id).encode_refusal({id, false}, "", request.error().message);
            continue;
        }
        STEWARD_ASSERT(!request->service.empty());
        STEWARD_ASSERT(request->sync == request->options.sync);
        STEWARD_ASSERT(form.has_value());
        relay(request->params, is_mdp(id));
    }
}

void hear_worker(const Frames& frames) {
    (void)detect_worker(frames);
    for (const DialectId id : kOld) {
        const auto said = dialect(id).decode_worker(frames);
        if (!said) {
            STEWARD_ASSERT(!said.error().message.empty());
        } else if (const auto* done = std::get_if<WorkerDone>(&*said)) {
            STEWARD_ASSERT((done->attempt.number != 0) == is_mdp(id));
            relay(done->result, is_mdp(id));
        } else if (const auto* partial = std::get_if<WorkerPartial>(&*said)) {
            relay(partial->data, is_mdp(id));
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Frames frames = frames_of({reinterpret_cast<const char*>(data), size});
    hear_client(frames);
    hear_worker(frames);
    return 0;
}
