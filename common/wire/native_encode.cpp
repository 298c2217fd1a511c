// common/wire: commands of the native protocol to bytes.
#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>

#include "common/model/limits.hpp"
#include "common/wire/native.hpp"
#include "common/wire/native_job_id.hpp"
#include "common/wire/native_layout.hpp"
#include "common/wire/native_options.hpp"
#include "common/wire/native_packed.hpp"

namespace steward::wire::native {
namespace {

// What was written is copied, and the buffer kept for the next batch, unless it is far too large
// for the present one: a busy writer allocates once a batch, an idle one keeps little.
constexpr std::size_t kKeptBytesMax = 2UL << 20U;
constexpr std::size_t kKeptShare = 8;

// The whole characters at the front of `text` that fit into `bytes_max`.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) {
        return text;
    }
    std::size_t end = bytes_max;
    while (end > bytes_max - 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return text.substr(0, end);
}

// What the fields of a known size take at most: fewer than 16, none larger than a job's id.
constexpr std::size_t kFixedBytesMax = 16 * kJobIdBytes;

// Writes through a cursor that has always room for all fields of a known size: there is one check
// of it before each command and for each field that is longer.
class Encoder {
public:
    template <class C>
    using Ref = const C&;

    Encoder(MsgpackWriter& out, Frames& payloads)
        : out_(out), payloads_(payloads), head_(out.size()), to_(out.room(kFixedBytesMax)) {}

    // Every command has fewer than 16 fields, so its head is one byte, filled in when they are
    // known.
    void begin(Type type) {
        ++to_;
        count(static_cast<std::uint64_t>(type));
    }

    void end() {
        STEWARD_ASSERT(fields_ < 16);
        out_.end_at(to_);
        out_.patch(head_, static_cast<std::uint8_t>(0x90U | fields_));
    }

    [[nodiscard]] static bool more() { return true; }

    [[nodiscard]] std::size_t frame_bytes() const { return frame_bytes_; }

    void count(std::uint64_t value) {
        ++fields_;
        to_ = MsgpackWriter::put_unsigned(to_, value);
    }

    void number_to_refuse(std::uint64_t value) { count(value); }

    void small(std::uint32_t value) { count(value); }

    void sync(const model::JobOptions& options) { flag(options.sync); }

    void flag(bool value) { byte(value ? 0xC3 : 0xC2); }

    void name(std::string_view value) {
        ++fields_;
        make_room(value.size());
        to_ = MsgpackWriter::put_text(to_, value);
    }

    void label(std::string_view /*what*/, std::string_view value) { name(value); }

    void states(std::uint64_t value) { count(value); }

    void text(std::string_view value) { name(cut(value, model::kTextBytesMax)); }

    void service(const model::ServiceName& value) { name(value.view()); }

    void duration(base::Duration value) {
        const auto held = std::clamp(value, base::Duration{0}, model::kDurationMax).count();
        count(static_cast<std::uint64_t>(held));
    }

    void maybe_duration(const std::optional<base::Duration>& value) {
        value ? duration(*value) : nil();
    }

    void job(const model::JobId& id) {
        ++fields_;
        to_ = put_job_id(to_, id);
    }

    void maybe_job(const std::optional<model::JobId>& id) { id ? job(*id) : nil(); }

    void job_attempt(const model::Attempt& attempt) {
        job(attempt.job);
        small(attempt.number);
    }

    void submission(const model::SubmissionId& id) {
        count(id.session);
        count(id.number);
    }

    void verdict(model::Verdict value) { small(static_cast<std::uint32_t>(value)); }

    void final_state(model::JobState value) { small(static_cast<std::uint32_t>(value)); }

    void code(base::Errc value) { small(static_cast<std::uint32_t>(value)); }

    void payload(const model::Payload& value) {
        small(static_cast<std::uint32_t>(value.encoding));
        if (value.encoding == model::Encoding::Absent) {
            nil();
        } else {
            body(value.bytes);
        }
    }

    void body(const base::Blob& bytes) {
        ++fields_;
        const std::string_view view = bytes.view();
        if (view.size() <= kInlinePayloadBytesMax) {
            make_room(view.size());
            to_ = MsgpackWriter::put_bin(to_, view);
            return;
        }
        payloads_.push_back(bytes);
        frame_bytes_ += view.size();
        to_ = MsgpackWriter::put_unsigned(to_, payloads_.size());  // frame 0 is the control frame
    }

    void packed(const PackedJob& job) {
        constexpr std::size_t kFields = 5;  // sync, service, encoding, params, options
        if (job.params.empty()) {
            raw(job.bytes);
            fields_ += kFields;
            return;
        }
        raw(job.bytes.substr(0, job.params_at));
        body(job.params);
        raw(job.bytes.substr(job.params_at + 1));
        fields_ += kFields - 1;
    }

    void meta(const base::Blob& bytes) {
        if (bytes.empty()) {
            nil();
        } else {
            apart([&] { write_meta(out_, bytes); });
        }
    }

    void options(const model::JobOptions& value) {
        apart([&] { write_options(out_, value); });
    }

    void job_options(const model::JobOptions& value) { options(value); }

    // Of one who knows whether there are any.
    void options(const model::JobOptions* value) { value == nullptr ? nil() : options(*value); }

    void names(const std::vector<std::string>& values, std::size_t /*most*/) {
        apart([&] {
            out_.array(values.size());
            for (const std::string& value : values) {
                out_.text(value);
            }
        });
    }

    void attempts(std::span<const model::Attempt> values) {
        apart([&] {
            out_.array(values.size());
            for (const model::Attempt& value : values) {
                out_.array(2);
                write_job_id(out_, value.job);
                out_.unsigned_integer(value.number);
            }
        });
    }

    void running(const std::vector<WorkerReady::Running>& values) {
        apart([&] {
            out_.array(values.size());
            for (const WorkerReady::Running& value : values) {
                out_.array(5);
                write_job_id(out_, value.attempt.job);
                out_.unsigned_integer(value.attempt.number);
                out_.unsigned_integer(value.submission.session);
                out_.unsigned_integer(value.submission.number);
                out_.text(value.service);
            }
        });
    }

private:
    void byte(unsigned value) {
        ++fields_;
        *to_++ = static_cast<char>(value);
    }

    void nil() { byte(0xC0); }

    // For `bytes` of text or payload, and for what comes behind it.
    void make_room(std::size_t bytes) {
        out_.end_at(to_);
        to_ = out_.room(bytes + 5 + kFixedBytesMax);
    }

    void raw(std::string_view bytes) {
        make_room(bytes.size());
        to_ = MsgpackWriter::put_raw(to_, bytes);
    }

    // One field that the writer itself gets.
    template <class Write>
    void apart(Write write) {
        ++fields_;
        out_.end_at(to_);
        write();
        to_ = out_.room(kFixedBytesMax);
    }

    MsgpackWriter& out_;
    Frames& payloads_;
    std::size_t head_;  // where the command begins
    char* to_;
    std::size_t fields_ = 0;
    std::size_t frame_bytes_ = 0;
};

void lay_out(Encoder& io, const PackedSubmit& c) {
    io.number_to_refuse(c.number);
    io.flag(c.again);
    io.packed(c.job);
}

base::Blob take_control(MsgpackWriter& control) {
    base::Blob copy = base::Blob::copy(control.view());
    control.clear(std::min(copy.size() * kKeptShare, kKeptBytesMax));
    return copy;
}

}  // namespace

// Recursive by one step: begin() adds the Session that every batch needs to an empty one.
// NOLINTBEGIN(misc-no-recursion)
template <class C>
void BatchWriter::add_one(const C& command) {
    if (is_full()) {
        begin();
    }
    if (commands_ == 0) {
        control_.raw(kMagic);
        if constexpr (std::is_same_v<C, Session>) {
            session_ = command;
        }
    }
    Encoder out(control_, payloads_);
    out.begin(C::kType);
    lay_out(out, command);
    out.end();
    payload_bytes_ += out.frame_bytes();
    ++commands_;
}

template <class C>
void BatchWriter::add_split(const C& command) {
    if (command.attempts.size() <= model::kRunningPerReadyMax) {
        add_one(command);
        return;
    }
    std::span<const model::Attempt> rest = command.attempts;
    while (!rest.empty()) {
        const auto part = rest.first(std::min(rest.size(), model::kRunningPerReadyMax));
        add_one(C{{part.begin(), part.end()}});
        rest = rest.subspan(part.size());
    }
}

void BatchWriter::add(const Command& command) {
    std::visit([this](const auto& c) { add(c); }, command);
}

template <class C>
requires requires {
    C::kType;
}

void BatchWriter::add(const C& command) {
    if constexpr (std::is_same_v<C, Return> || std::is_same_v<C, Recall>) {
        add_split(command);
    } else {
        add_one(command);
    }
}

// Nothing leaves the broker as often. The same bytes as field by field, with one look for room.
void BatchWriter::add(const AssignView& command) {
    const std::string_view params = command.params.bytes.view();
    if (!command.meta.empty() || command.options != nullptr ||
        params.size() > kInlinePayloadBytesMax) {
        add_one(command);
        return;
    }
    constexpr std::string_view kHead = "\x9B\x60";     // eleven fields, the first of them the type
    constexpr std::string_view kNeither = "\xC0\xC0";  // meta, options
    if (is_full()) {
        begin();
    }
    if (commands_ == 0) {
        control_.raw(kMagic);
    }
    char* to = control_.room(kFixedBytesMax + command.service.size() + params.size());
    to = MsgpackWriter::put_raw(to, kHead);
    to = put_job_id(to, command.attempt.job);
    to = MsgpackWriter::put_unsigned(to, command.attempt.number);
    to = MsgpackWriter::put_text(to, command.service);
    *to++ = static_cast<char>(command.params.encoding);
    if (command.params.encoding == model::Encoding::Absent) {
        *to++ = static_cast<char>(0xC0);
    } else {
        to = MsgpackWriter::put_bin(to, params);
    }
    const auto time_limit = std::clamp(command.time_limit, base::Duration{0}, model::kDurationMax);
    to = MsgpackWriter::put_unsigned(to, static_cast<std::uint64_t>(time_limit.count()));
    to = MsgpackWriter::put_unsigned(to, command.submission.session);
    to = MsgpackWriter::put_unsigned(to, command.submission.number);
    control_.end_at(MsgpackWriter::put_raw(to, kNeither));
    ++commands_;
}

bool BatchWriter::is_full() const {
    return commands_ >= model::kCommandsPerBatchMax ||
           payloads_.size() + 1 >= model::kFramesPerMessageMax ||
           control_.size() + payload_bytes_ >= kBatchBytesMax;
}

void BatchWriter::begin() {
    const std::size_t commands = commands_;
    const std::size_t bytes = control_.size() + payload_bytes_;
    const std::optional<Session> session = session_;
    full_.push_back({seal(), commands, bytes});
    full_commands_ += commands;
    full_bytes_ += bytes;
    if (session) {
        add_one(*session);
    }
}

// NOLINTEND(misc-no-recursion)

Frames BatchWriter::seal() {
    Frames frames;
    frames.reserve(1 + payloads_.size());
    frames.push_back(take_control(control_));
    std::ranges::move(payloads_, std::back_inserter(frames));
    payloads_.clear();
    payload_bytes_ = 0;
    commands_ = 0;
    session_.reset();
    return frames;
}

Frames BatchWriter::take() {
    if (full_.empty()) {
        return commands_ == 0 ? Frames() : seal();
    }
    Full oldest = std::move(full_.front());
    full_.erase(full_.begin());
    full_commands_ -= oldest.commands;
    full_bytes_ -= oldest.bytes;
    return std::move(oldest.frames);
}

PackedJob pack_job(MsgpackWriter& out,
                   std::string_view service,
                   const model::Payload& params,
                   const model::JobOptions& options,
                   bool is_sync) {
    const std::size_t begin = out.size();
    PackedJob job;
    out.boolean(is_sync);
    out.text(service);
    out.unsigned_integer(static_cast<std::uint64_t>(params.encoding));
    if (params.encoding == model::Encoding::Absent) {
        out.nil();
    } else if (params.bytes.size() <= kInlinePayloadBytesMax) {
        out.bin(params.bytes.view());
    } else {
        job.params = params.bytes;
        job.params_at = static_cast<std::uint32_t>(out.size() - begin);
        out.nil();  // holds the place of the frame's number
    }
    write_options(out, options);
    job.bytes = out.view().substr(begin);
    job.is_sync = is_sync;
    job.takes_result = is_sync || options.wait.has_value();
    return job;
}

PackedJob pack_job(const model::JobSpec& spec) {
    MsgpackWriter out;
    return kept(pack_job(out, spec.service.view(), spec.params, spec.options, spec.options.sync));
}

PackedJob kept(PackedJob&& job) {
    job.owner = base::Blob::copy(job.bytes);
    job.bytes = job.owner.view();
    return std::move(job);
}

template void BatchWriter::add(const PackedSubmit&);
template void BatchWriter::add(const Session&);
template void BatchWriter::add(const ClientHello&);
template void BatchWriter::add(const Submit&);
template void BatchWriter::add(const Query&);
template void BatchWriter::add(const Await&);
template void BatchWriter::add(const Operate&);
template void BatchWriter::add(const WorkerReady&);
template void BatchWriter::add(const Finish&);
template void BatchWriter::add(const Return&);
template void BatchWriter::add(const Goodbye&);
template void BatchWriter::add(const Told&);
template void BatchWriter::add(const Heartbeat&);
template void BatchWriter::add(const Partial&);
template void BatchWriter::add(const Progress&);
template void BatchWriter::add(const Welcome&);
template void BatchWriter::add(const Disconnect&);
template void BatchWriter::add(const Accepted&);
template void BatchWriter::add(const Refused&);
template void BatchWriter::add(const JobPartial&);
template void BatchWriter::add(const JobProgress&);
template void BatchWriter::add(const Result&);
template void BatchWriter::add(const Report&);
template void BatchWriter::add(const Assign&);
template void BatchWriter::add(const StopAttempt&);
template void BatchWriter::add(const Recall&);
template void BatchWriter::add(const RegisterAgain&);
template void BatchWriter::add(const Ask&);

}  // namespace steward::wire::native
