// common/wire: bytes to commands of the native protocol. Total on any bytes.
#include <array>
#include <cstring>
#include <utility>

#include "common/model/limits.hpp"
#include "common/wire/big_endian.hpp"
#include "common/wire/msgpack_reader.hpp"
#include "common/wire/native.hpp"
#include "common/wire/native_job_id.hpp"
#include "common/wire/native_layout.hpp"
#include "common/wire/native_options.hpp"

namespace steward::wire::native {

using base::Errc;
using base::Error;

namespace {

/// Reads the fields of one command. The first fault sticks: what comes after it is zero.
class Decoder {
public:
    template <class C>
    using Ref = C&;

    /// `fields` of them follow in `in`.
    Decoder(const MsgpackReader& in, std::size_t fields, const Frames& frames, Remembered& before)
        : in_(in), frames_(frames), last_(before), fields_(fields) {}

    /// Skips the fields that a later version has added.
    void end() {
        for (; fields_ > 0 && !failed(); --fields_) {
            in_.skip();
        }
    }

    /// Fields that a later version added may be missing.
    [[nodiscard]] bool more() const { return fields_ > 0; }

    [[nodiscard]] bool failed() const { return in_.failed() || error_.has_value(); }

    [[nodiscard]] const MsgpackReader& in() const { return in_; }

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

    [[nodiscard]] std::optional<std::uint64_t> number_to_refuse() const { return number_; }

    void count(std::uint64_t& value) { value = one().unsigned_integer(); }

    void number_to_refuse(std::uint64_t& value) {
        count(value);
        number_ = value;
        last_.submit = in_.rest().data();
    }

    void small(std::uint32_t& value) {
        value = static_cast<std::uint32_t>(one().unsigned_integer(UINT32_MAX));
    }

    void flag(bool& value) { value = one().boolean(); }

    void name(std::string& value) { value = one().bytes(model::kNameBytesMax); }

    /// A name that refuses its command alone when it is none: `what` it is, for people.
    void label(std::string_view what, std::string& value);

    /// Likewise, for bits of states that there are not.
    void states(std::uint64_t& value);

    void text(std::string& value) {
        const std::string_view text = one().bytes(model::kTextBytesMax);
        if (text.empty()) {
            value.clear();
        } else {
            value = text;
        }
    }

    void service(model::ServiceName& value);

    void duration(base::Duration& value) {
        constexpr auto kMost = static_cast<std::uint64_t>(model::kDurationMax.count());
        value = base::Duration{one().unsigned_integer(kMost)};
    }

    void maybe_duration(std::optional<base::Duration>& value) {
        if (!one().nil()) {
            value = base::Duration{in_.integer(0, model::kDurationMax.count())};
        }
    }

    void job(model::JobId& id) { read_job_id(one(), id); }

    void maybe_job(std::optional<model::JobId>& id) {
        if (!one().nil()) {
            read_job_id(in_, id.emplace());
        }
    }

    void job_attempt(model::Attempt& attempt) {
        job(attempt.job);
        small(attempt.number);
    }

    void submission(model::SubmissionId& id) {
        count(id.session);
        count(id.number);
    }

    void verdict(model::Verdict& value) {
        constexpr auto kLast = static_cast<std::uint64_t>(model::Verdict::Snoozed);
        value = static_cast<model::Verdict>(one().unsigned_integer(kLast));
    }

    void final_state(model::JobState& value) {
        value = static_cast<model::JobState>(one().unsigned_integer(model::kJobStates - 1));
        if (!model::is_final(value)) {
            in_.fail(MsgpackFault::OutOfRange);
        }
    }

    // A code of a later version keeps its number; the registry gives it the class Caller.
    void code(base::Errc& value) {
        value = static_cast<base::Errc>(one().unsigned_integer(UINT16_MAX));
    }

    void payload(model::Payload& value);

    void body(base::Blob& bytes) { take_bytes(one(), bytes); }

    void meta(base::Blob& bytes) { note(read_meta(one(), bytes)); }

    void sync(model::JobOptions& options) { flag(options.sync); }

    void options(model::JobOptions& value) { note(read_options(one(), value)); }

    /// The same of a submission: into a place that may have been used before, and much like the
    /// one before.
    void job_options(model::JobOptions& value);

    void names(std::vector<std::string>& values, std::size_t most);
    void attempts(std::vector<model::Attempt>& values);
    void running(std::vector<WorkerReady::Running>& values);

private:
    MsgpackReader& one() {
        if (fields_ == 0) {
            in_.fail(MsgpackFault::Missing);
        } else {
            --fields_;
        }
        return in_;
    }

    void note(std::optional<Error> error) {
        if (error && !error_) {
            error_ = std::move(error);
        }
    }

    void take_bytes(MsgpackReader& in, base::Blob& bytes);
    /// A list of at most `most` arrays: `read` takes `fields` values of each, the rest is skipped.
    template <class Element, class Read>
    void list(std::vector<Element>& to, std::size_t most, std::size_t fields, Read read);

    MsgpackReader in_;
    const Frames& frames_;
    Remembered& last_;
    std::size_t fields_;  // not read yet
    std::optional<Error> error_;
    std::optional<std::uint64_t> number_;
};

void Decoder::service(model::ServiceName& value) {
    const std::string_view text = one().bytes(SIZE_MAX);
    last_.head = {};
    if (failed()) {
        return;
    }
    last_.head = {last_.submit, static_cast<std::size_t>(in_.rest().data() - last_.submit)};
    if (text.empty() || text != last_.service.view()) {
        base::Expected<model::ServiceName> name = model::ServiceName::parse(text);
        if (!name) {
            error_ = std::move(name.error());
            return;
        }
        last_.service = std::move(*name);
    }
    value = last_.service;
}

void Decoder::label(std::string_view what, std::string& value) {
    const std::string_view text = one().bytes(SIZE_MAX);
    std::string fault = model::label_fault(text);
    if (fault.empty()) {
        value = text;
        return;
    }
    note(Error{Errc::BadName, "the " + std::string(what) + " " + std::move(fault)});
}

void Decoder::states(std::uint64_t& value) {
    count(value);
    if (value >> model::kJobStates != 0) {
        note(Error{Errc::Malformed,
                   "states has a bit for each of " + std::to_string(model::kJobStates) +
                       " states; this is " + std::to_string(value)});
    }
}

void Decoder::payload(model::Payload& value) {
    constexpr auto kLast = static_cast<std::uint64_t>(model::Encoding::Php);
    value.encoding = static_cast<model::Encoding>(one().unsigned_integer(kLast));
    const bool nil = one().nil();
    if (nil != (value.encoding == model::Encoding::Absent)) {
        in_.fail(MsgpackFault::WrongType);
    }
    if (nil) {
        value.bytes = {};
    } else {
        take_bytes(in_, value.bytes);
    }
}

// One value begins like another only when it is the same: msgpack says where each ends. Whether it
// may stand there depends on `sync` alone. A place
// whose bytes are as they were when the same options had been put there still has them: neither
// names nor meta can change behind a pointer, and lists are not remembered.
void Decoder::job_options(model::JobOptions& value) {
    MsgpackReader& in = one();
    const bool sync = value.sync;
    if (!last_.options.empty() && sync == last_.decoded.sync &&
        in.rest().starts_with(last_.options)) {
        in.pass(last_.options.size());
        // Different padding costs a copy, no more.
        // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
        if (std::memcmp(&value, last_.place.data(), sizeof value) != 0) {
            value = last_.decoded;
            last_.keep(value);
        }
        return;
    }
    value = {};
    value.sync = sync;
    last_.options = {};
    const std::string_view rest = in.rest();
    note(read_options(in, value));
    if (!failed() && value.after.empty()) {
        last_.options = rest.substr(0, rest.size() - in.rest().size());
        last_.decoded = value;
        last_.keep(value);
    }
}

// Bytes within the batch are copied, however many: a part that is shared would keep the whole
// message alive behind the back of those who count memory.
void Decoder::take_bytes(MsgpackReader& in, base::Blob& bytes) {
    if (in.next_is_bytes()) {
        bytes = base::Blob::copy(in.bytes(SIZE_MAX));
        return;
    }
    const std::uint64_t index = in.unsigned_integer(frames_.size() - 1);
    if (index == 0) {
        in.fail(MsgpackFault::OutOfRange);
    }
    if (!in.failed()) {
        bytes = frames_[index];
    }
}

template <class Element, class Read>
void Decoder::list(std::vector<Element>& to, std::size_t most, std::size_t fields, Read read) {
    const std::size_t elements = one().array(most);
    to.reserve(elements);
    for (std::size_t i = 0; i < elements && !failed(); ++i) {
        const std::size_t present = in_.array();
        if (present < fields) {
            in_.fail(MsgpackFault::Missing);
        }
        read(to.emplace_back());
        for (std::size_t extra = fields; extra < present && !failed(); ++extra) {
            in_.skip();
        }
    }
}

void Decoder::attempts(std::vector<model::Attempt>& values) {
    list(values, model::kRunningPerReadyMax, 2, [this](model::Attempt& value) {
        read_job_id(in_, value.job);
        value.number = static_cast<std::uint32_t>(in_.unsigned_integer(UINT32_MAX));
    });
}

void Decoder::running(std::vector<WorkerReady::Running>& values) {
    list(values, model::kRunningPerReadyMax, 5, [this](WorkerReady::Running& value) {
        read_job_id(in_, value.attempt.job);
        value.attempt.number = static_cast<std::uint32_t>(in_.unsigned_integer(UINT32_MAX));
        value.submission.session = in_.unsigned_integer();
        value.submission.number = in_.unsigned_integer();
        value.service = in_.bytes(model::kNameBytesMax);
    });
}

void Decoder::names(std::vector<std::string>& values, std::size_t most) {
    const std::size_t elements = one().array(most);
    values.reserve(elements);
    for (std::size_t i = 0; i < elements && !failed(); ++i) {
        values.emplace_back(in_.bytes(model::kNameBytesMax));
    }
}

template <class C>
void decode_as(Decoder& in, Command& to) {
    lay_out(in, to.emplace<C>());
}

// Pre: the type is known.
void decode(Decoder& in, Type type, Command& to) {
    switch (type) {
        case Type::Session: return decode_as<Session>(in, to);
        case Type::ClientHello: return decode_as<ClientHello>(in, to);
        case Type::Submit: return decode_as<Submit>(in, to);
        case Type::Query: return decode_as<Query>(in, to);
        case Type::Await: return decode_as<Await>(in, to);
        case Type::Operate: return decode_as<Operate>(in, to);
        case Type::WorkerReady: return decode_as<WorkerReady>(in, to);
        case Type::Finish: return decode_as<Finish>(in, to);
        case Type::Return: return decode_as<Return>(in, to);
        case Type::Goodbye: return decode_as<Goodbye>(in, to);
        case Type::Told: return decode_as<Told>(in, to);
        case Type::Heartbeat: return decode_as<Heartbeat>(in, to);
        case Type::Partial: return decode_as<Partial>(in, to);
        case Type::Progress: return decode_as<Progress>(in, to);
        case Type::Welcome: return decode_as<Welcome>(in, to);
        case Type::Disconnect: return decode_as<Disconnect>(in, to);
        case Type::Accepted: return decode_as<Accepted>(in, to);
        case Type::Refused: return decode_as<Refused>(in, to);
        case Type::JobPartial: return decode_as<JobPartial>(in, to);
        case Type::JobProgress: return decode_as<JobProgress>(in, to);
        case Type::Result: return decode_as<Result>(in, to);
        case Type::Report: return decode_as<Report>(in, to);
        case Type::Assign: return decode_as<Assign>(in, to);
        case Type::StopAttempt: return decode_as<StopAttempt>(in, to);
        case Type::Recall: return decode_as<Recall>(in, to);
        case Type::RegisterAgain: return decode_as<RegisterAgain>(in, to);
        case Type::Ask: return decode_as<Ask>(in, to);
    }
}

// Places that are used again: what may be missing is set first.
void decode(Decoder& in, Type /*type*/, const SubmitPlace& to) {
    lay_out_submit(in, to.number, to.again, to.spec);
}

void decode(Decoder& in, Type /*type*/, const FinishPlace& to) {
    to.outcome.again_in = {};
    lay_out_finish(in, to.attempt, to.outcome, to.run_time);
}

bool is_known(std::uint64_t number) {
    static constexpr auto kKnown = [] {
        std::array<bool, 256> known{};
        for (const Type type :
             {Type::Session,       Type::ClientHello, Type::Submit,      Type::Query,
              Type::Await,         Type::Operate,     Type::WorkerReady, Type::Finish,
              Type::Return,        Type::Goodbye,     Type::Heartbeat,   Type::Partial,
              Type::Progress,      Type::Welcome,     Type::Disconnect,  Type::Accepted,
              Type::Refused,       Type::JobPartial,  Type::JobProgress, Type::Result,
              Type::Report,        Type::Assign,      Type::StopAttempt, Type::Recall,
              Type::RegisterAgain, Type::Ask,         Type::Told}) {
            known[static_cast<std::size_t>(type)] = true;
        }
        return known;
    }();
    return number < kKnown.size() && kKnown[number];
}

std::string_view text_of(MsgpackFault fault) {
    switch (fault) {
        case MsgpackFault::None: return "";
        case MsgpackFault::Truncated: return "the bytes end within a value";
        case MsgpackFault::WrongType: return "a value is of another type than its field";
        case MsgpackFault::OutOfRange: return "a value is out of its field's range";
        case MsgpackFault::TooLong: return "a value is longer than its field may be";
        case MsgpackFault::Reserved: return "0xC1 is not msgpack";
        case MsgpackFault::Missing: return "a field is missing";
    }
    return "";
}

}  // namespace

bool is_native(const Frames& frames) {
    return !frames.empty() && frames.front().view().starts_with(kMagic);
}

BatchReader::BatchReader(const Frames& frames)
    : frames_(&frames), rest_(frames.front().view().substr(kMagic.size())), fields_(rest_) {}

BatchReader::Step BatchReader::begin() {
    refused_number_.reset();
    while (!rest_.empty()) {
        if (++commands_ > model::kCommandsPerBatchMax) {
            rest_ = {};
            error_ = {
                Errc::TooLarge,
                "a batch has at most " + std::to_string(model::kCommandsPerBatchMax) + " commands",
                {}};
            return Step::Fault;
        }
        fields_ = MsgpackReader(rest_);
        fields_left_ = fields_.array();
        if (fields_left_ == 0) {
            fields_.fail(MsgpackFault::Missing);
        }
        const std::uint64_t number = fields_.unsigned_integer(UINT32_MAX);
        if (is_known(number)) [[likely]] {
            --fields_left_;
            type_ = static_cast<Type>(number);
            return Step::Next;
        }
        for (; fields_left_ > 1 && !fields_.failed(); --fields_left_) {
            fields_.skip();
        }
        if (fields_.failed()) {
            type_ = Type{};
            note_fault(fields_, std::nullopt);
            rest_ = {};
            return Step::Fault;
        }
        rest_ = fields_.rest();
    }
    return Step::End;
}

template <class Place>
bool BatchReader::take_as(Place& to) {
    Decoder in(fields_, fields_left_, *frames_, last_);
    decode(in, type_, to);
    in.end();
    if (!in.failed()) [[likely]] {
        rest_ = in.in().rest();
        return true;
    }
    note_fault(in.in(), in.error());
    // Only a command whose end can be found is refused alone.
    MsgpackReader whole(rest_);
    whole.skip();
    if (in.error() && in.number_to_refuse() && !whole.failed()) {
        refused_number_ = in.number_to_refuse();
        rest_ = whole.rest();
    } else {
        rest_ = {};
    }
    return false;
}

bool BatchReader::take(Command& to) {
    return take_as(to);
}

bool BatchReader::take(const SubmitPlace& to) {
    return take_as(to);
}

bool BatchReader::take(const FinishPlace& to) {
    return take_as(to);
}

// `rule`: that was broken, where the msgpack itself is well-formed.
void BatchReader::note_fault(const MsgpackReader& in, const std::optional<Error>& rule) {
    const MsgpackFault fault = in.fault();
    error_ = rule ? *rule
                  : Error{fault == MsgpackFault::TooLong ? Errc::TooLarge : Errc::Malformed,
                          std::string(text_of(fault)),
                          {}};
    const std::size_t at = frames_->front().size() - rest_.size() + in.position();
    error_.message = "command " + std::to_string(commands_) + " (" + std::string(name_of(type_)) +
                     "), byte " + std::to_string(at) + ": " + error_.message;
}

base::Expected<std::optional<Command>> BatchReader::next() {
    base::Expected<std::optional<Command>> result;
    const Step step = begin();
    if (step == Step::End || (step == Step::Next && take(result->emplace()))) {
        return result;
    }
    result = base::Unexpected(std::move(error_));
    return result;
}

}  // namespace steward::wire::native
