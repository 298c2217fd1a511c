#include "broker/core/spilled_jobs.hpp"

#include <algorithm>

#include "broker/core/record_codec.hpp"
#include "common/base/bytes.hpp"

namespace steward::core {
namespace {

void put_sized(std::string& out, const Record& fact) {
    const std::size_t at = out.size();
    base::put_le(out, std::uint32_t{0});
    encode_record(fact, out);
    std::string size;
    base::put_le(size, static_cast<std::uint32_t>(out.size() - at - sizeof(std::uint32_t)));
    out.replace(at, size.size(), size);
}

// Takes one fact off the front of `bytes`.
template <class Fact>
base::Expected<Fact> get_sized(std::string_view& bytes) {
    std::uint32_t size = 0;
    if (!base::get_le(bytes, size) || size > bytes.size()) {
        return base::fail(base::Errc::Malformed, "a spilled job ends in the middle");
    }
    auto record = decode_record(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (!record) {
        return base::Unexpected(std::move(record.error()));
    }
    if (auto* fact = std::get_if<Fact>(&*record)) {
        return std::move(*fact);
    }
    return base::fail(base::Errc::Malformed, "a spilled job does not hold its facts");
}

}  // namespace

void put_spilled(std::string& out, JobAccepted&& accepted, JobStands&& stands) {
    put_sized(out, std::move(accepted));
    put_sized(out, std::move(stands));
}

base::Expected<SpilledJob> get_spilled(std::string_view bytes) {
    auto accepted = get_sized<JobAccepted>(bytes);
    if (!accepted) {
        return base::Unexpected(std::move(accepted.error()));
    }
    auto stands = get_sized<JobStands>(bytes);
    if (!stands) {
        return base::Unexpected(std::move(stands.error()));
    }
    if (!bytes.empty() || accepted->id != stands->id) {
        return base::fail(base::Errc::Malformed, "a spilled job is not one job");
    }
    return SpilledJob{*std::move(accepted), *std::move(stands)};
}

base::Expected<void> each_spilled(SpillStore& store,
                                  const JobsSpilled& fact,
                                  std::span<const SpillEntry> entries,
                                  const std::function<base::Expected<void>(SpilledJob&&)>& take) {
    std::uint32_t begin = 0;
    for (std::size_t i = 0; i < entries.size(); begin = entries[i++].end) {
        if (std::ranges::find(fact.gone, i) != fact.gone.end()) {
            continue;
        }
        auto job = store.read(fact.spill, begin, entries.subspan(i, 1)).and_then(get_spilled);
        if (!job) {
            return base::Unexpected(std::move(job.error()));
        }
        // What its group has been told since.
        model::JobOptions& options = job->accepted.spec.options;
        options.group_weight = fact.options.group_weight;
        options.group_limit = fact.options.group_limit;
        options.group_rate = fact.options.group_rate;
        if (auto taken = take(*std::move(job)); !taken) {
            return taken;
        }
    }
    return {};
}

}  // namespace steward::core
