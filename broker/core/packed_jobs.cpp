#include "broker/core/packed_jobs.hpp"

#include "broker/core/record_io.hpp"

namespace steward::core {
namespace {

// What the first byte of a job says.
constexpr std::uint8_t kIsDurable = 1;
constexpr std::uint8_t kOtherSession = 2;  // than the first's
constexpr std::uint8_t kHasMore = 4;       // than a job that asks for nothing and never ran
constexpr unsigned kEncodingShift = 4;

// What stands before a job's params, but for what few jobs have.
// Filled up to its size. NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
class Head {
public:
    void byte(std::uint8_t value) { bytes_[size_++] = static_cast<char>(value); }

    // Seven bits a byte, the lowest first; the highest bit says that more follow.
    void number(std::uint64_t value) {
        while (value >= 0x80U) {
            byte(static_cast<std::uint8_t>(value | 0x80U));
            value >>= 7U;
        }
        byte(static_cast<std::uint8_t>(value));
    }

    // A difference modulo 2^64: small ones of either sign are short.
    void step(std::uint64_t from, std::uint64_t to) {
        const std::uint64_t step = to - from;
        number((step << 1U) ^ (0 - (step >> 63U)));
    }

    [[nodiscard]] std::string_view view() const { return {bytes_, size_}; }

private:
    static constexpr std::size_t kNumberMax = 10;  // bytes

    char bytes_[1 + 6 * kNumberMax];
    std::size_t size_ = 0;
};

std::uint64_t take_number(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        STEWARD_ASSERT(!bytes.empty() && shift < 64);
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value |= std::uint64_t{byte & 0x7FU} << shift;
        if (byte < 0x80U) {
            return value;
        }
    }
}

std::uint64_t take_step(std::string_view& bytes, std::uint64_t from) {
    const std::uint64_t value = take_number(bytes);
    return from + ((value >> 1U) ^ (0 - (value & 1U)));
}

template <class Instant>
std::uint64_t count_of(Instant instant) {
    return static_cast<std::uint64_t>(instant.time_since_epoch().count());
}

template <class Instant>
Instant instant_of(std::uint64_t count) {
    return Instant{base::Duration{static_cast<std::int64_t>(count)}};
}

// ---- what few jobs have, once for both directions ----
template <class Io>
void lay_out(Io& io, typename Io::template Ref<JobExtras> extras) {
    const auto duration = [&](auto& value) { io.duration(value); };
    io.label(extras.context);
    io.integer(extras.batch.slot);
    io.integer(extras.batch.generation);
    io.integer(extras.memory_limit);
    io.maybe(extras.backoff, duration);
    io.maybe(extras.backoff_max, duration);
    io.maybe(extras.run_at, [&](auto& value) { io.instant(value); });
}

template <class Io>
void lay_out(Io& io, typename Io::template Ref<Job> job) {
    io.blob(job.meta);
    io.instant(job.started_at);
    io.duration(job.time_limit);
    io.duration(job.result_ttl);
    io.integer(job.attempt);
    io.byte(job.fate);
    io.integer(job.failures);
    io.integer(job.losses);
    io.integer(job.failures_max);
    io.integer(job.losses_max);
    io.text(job.text);
}

bool is_plain(const JobExtras& extras) {
    return extras.context.empty() && !extras.batch.names_something() && extras.memory_limit == 0 &&
           !extras.backoff && !extras.backoff_max && !extras.run_at;
}

bool is_plain(const Job& job) {
    return job.meta.empty() && job.attempt == 0 && job.fate == AttemptFate::Open &&
           job.failures == 0 && job.losses == 0 && job.text.empty() &&
           job.started_at == base::WallTime{} && (job.extras == nullptr || is_plain(*job.extras));
}

void put_more(std::string& out, const Job& job) {
    std::string more;
    {
        RecordWriter writer(more);
        lay_out<RecordWriter>(writer, job);
        if (job.extras != nullptr) {
            lay_out<RecordWriter>(writer, *job.extras);
        }
    }
    Head size;
    size.number(more.size());
    out += size.view();
    out += more;
}

void take_more(std::string_view& bytes, Job& job) {
    const std::size_t size = take_number(bytes);
    RecordReader reader(bytes.substr(0, size));
    bytes.remove_prefix(size);
    lay_out<RecordReader>(reader, job);
    if (!reader.at_end()) {
        lay_out<RecordReader>(reader, job.more());
    }
    STEWARD_ASSERT(reader.ok() && reader.at_end());
}

}  // namespace

PackedJobs::PackedJobs(const Job& first)
    : terms_(terms_of(first)),
      submission_(first.submission),
      accepted_seq_(first.accepted_seq),
      ready_at_(first.ready_at),
      accepted_at_(first.accepted_at) {}

PackedJobs::Terms PackedJobs::terms_of(const Job& job) {
    return {job.time_limit, job.result_ttl, job.failures_max, job.losses_max};
}

void PackedJobs::put(const Job& job, std::string& out) const {
    const bool is_other_session = job.submission.session != submission_.session;
    const bool has_more = !is_plain(job) || terms_of(job) != terms_;
    Head head;
    head.byte(static_cast<std::uint8_t>(
        (job.durable ? kIsDurable : 0U) | (is_other_session ? kOtherSession : 0U) |
        (has_more ? kHasMore : 0U) | static_cast<unsigned>(job.params.encoding) << kEncodingShift));
    if (is_other_session) {
        head.number(job.submission.session);
    }
    head.step(submission_.number, job.submission.number);
    // Most are ready when they are accepted: the clocks go on together.
    const std::uint64_t waits_from = count_of(job.ready_at);
    head.step(count_of(ready_at_), waits_from);
    head.step(waits_from, count_of(job.due));
    head.step(count_of(accepted_at_) + (waits_from - count_of(ready_at_)),
              count_of(job.accepted_at));
    if (job.durable) {
        head.step(accepted_seq_, job.accepted_seq);
    }
    out += head.view();
    if (has_more) {
        put_more(out, job);
    }
    out += job.params.bytes.view();
}

bool PackedJobs::is_durable(std::string_view bytes) {
    return (static_cast<unsigned char>(bytes.front()) & kIsDurable) != 0;
}

Job PackedJobs::get(std::string_view from) const {
    Job job;
    const auto first = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    job.state = model::JobState::Ready;
    job.durable = (first & kIsDurable) != 0;
    job.params.encoding = static_cast<model::Encoding>(first >> kEncodingShift);
    job.submission.session = (first & kOtherSession) != 0 ? take_number(from) : submission_.session;
    job.submission.number = take_step(from, submission_.number);
    const std::uint64_t waits_from = take_step(from, count_of(ready_at_));
    job.ready_at = instant_of<base::MonoTime>(waits_from);
    job.due = instant_of<base::MonoTime>(take_step(from, waits_from));
    job.accepted_at = instant_of<base::WallTime>(
        take_step(from, count_of(accepted_at_) + (waits_from - count_of(ready_at_))));
    job.accepted_seq = job.durable ? take_step(from, accepted_seq_) : 0;
    job.expires = base::MonoTime::max();
    job.time_limit = terms_.time_limit;
    job.result_ttl = terms_.result_ttl;
    job.failures_max = terms_.failures_max;
    job.losses_max = terms_.losses_max;
    if ((first & kHasMore) != 0) {
        take_more(from, job);
    }
    job.params.bytes = base::Blob::copy(from);
    return job;
}

}  // namespace steward::core
