#include "client/batch.hpp"

#include <utility>

#include "client/client.hpp"
#include "common/base/bytes.hpp"
#include "common/posix/random_seed.hpp"

namespace steward::client {

base::Expected<std::string> new_batch_name() {
    const auto high = posix::random_seed();
    const auto low = posix::random_seed();
    if (!high || !low) {
        return base::Unexpected(high ? low.error() : high.error());
    }
    std::string bits;
    base::put_le(bits, *high);
    base::put_le(bits, *low);
    return base::to_hex(bits);
}

Expected<JobId> Batch::submit(std::string_view service, const Params& params, JobOptions options) {
    options.batch = name_;
    return client_->submit(service, params, options);
}

std::vector<Expected<JobId>> Batch::submit_many(std::span<const Spec> specs,
                                                base::Duration timeout) {
    std::vector<Spec> mine(specs.begin(), specs.end());
    const model::Label label(name_);
    for (Spec& spec : mine) {
        spec.options.batch = label;
    }
    return client_->submit_many(mine, timeout);
}

Expected<void> Batch::close() {
    return client_->operate("batch-close", {{"batch", name_}}).map([](const nlohmann::json&) {});
}

// Asked for one batch a broker may tell of all it has, in pages.
Expected<nlohmann::json> Batch::status() {
    Query query;
    query.what = "batches";
    query.which.batch = name_;
    Pages pages = client_->pages(std::move(query));
    while (true) {
        auto rows = pages.next();
        if (!rows) {
            return base::Unexpected(std::move(rows.error()));
        }
        if (!*rows) {
            return base::fail(Errc::UnknownName, "there is no batch named " + name_);
        }
        for (nlohmann::json& row : **rows) {
            const auto name = row.is_object() ? row.find("batch") : row.end();
            if (name != row.end() && *name == name_) {
                return std::move(row);
            }
        }
    }
}

}  // namespace steward::client
