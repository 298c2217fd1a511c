// worker: reading params and meta, and speaking through the link.
#include "worker/job.hpp"

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/model/names.hpp"
#include "common/wire/params.hpp"

namespace steward::worker {

Job::Job(JobOrder order, JobLink& link, std::stop_token stop)
    : own_(std::make_unique<wire::native::Assign>(wire::native::Assign{order.attempt,
                                                                       std::move(order.service),
                                                                       std::move(order.params),
                                                                       {},
                                                                       {},
                                                                       std::move(order.meta),
                                                                       std::move(order.options)})),
      given_(*own_),
      deadline_(order.deadline),
      link_(link),
      token_(std::move(stop)) {}

void Job::refuse_params(const std::string& why) const {
    throw BadParams("the params of " + given_.service + " " + why + ": " +
                    base::printable(given_.params.bytes.view()));
}

const nlohmann::json& Job::params() const {
    if (!decoded_) {
        auto decoded = wire::decode_params(given_.params);
        if (!decoded) {
            throw BadParams(decoded.error().message);
        }
        decoded_ = std::move(*decoded);
    }
    return *decoded_;
}

// An opaque body is text to params(), but whoever asks by name means JSON inside it.
const nlohmann::json& Job::named_params() const {
    if (given_.params.encoding != model::Encoding::Opaque) {
        return params();
    }
    if (!named_) {
        auto inside =
            wire::decode_params(wire::convert_params(given_.params, model::Encoding::Json));
        named_ = inside ? std::move(*inside) : nlohmann::json();
    }
    return *named_;
}

model::Payload Job::packed_param(const nlohmann::json& value, bool is_number) {
    if (is_number && value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (auto inside = wire::decode_params({model::Encoding::Json, base::Blob::copy(text)})) {
            return wire::encode_params(*inside, model::Encoding::Msgpack);
        }
    }
    return wire::encode_params(value, model::Encoding::Msgpack);
}

const nlohmann::json* Job::find_param(std::string_view name) const {
    const nlohmann::json& all = named_params();
    if (!all.is_object()) {
        return nullptr;
    }
    const auto found = all.find(name);
    return found == all.end() || found->is_null() ? nullptr : &*found;
}

std::map<std::string, std::string> Job::meta() const {
    std::map<std::string, std::string> strings;
    const auto decoded = wire::decode_params({model::Encoding::Msgpack, given_.meta});
    if (given_.meta.empty() || !decoded || !decoded->is_object()) {
        return strings;
    }
    for (const auto& [name, value] : decoded->items()) {
        if (value.is_string() && strings.size() < model::kMetaEntriesMax) {
            strings.emplace(name, value.get_ref<const std::string&>());
        }
    }
    return strings;
}

void Job::partial(const Value& value) const {
    link_.partial(given_.attempt, value.encode(given_.params.encoding), stop_token());
}

void Job::progress(std::uint64_t done, std::uint64_t total, std::string text) const {
    link_.progress(given_.attempt, done, total, std::move(text));
}

base::Expected<model::JobId> Job::submit(std::string_view service,
                                         const Value& params,
                                         model::JobOptions options) const {
    auto name = model::ServiceName::parse(service);
    if (!name) {
        return base::Unexpected(std::move(name.error()));
    }
    if (options.context.empty()) {
        options.context = context();
    }
    return link_.submit(
        {std::move(*name), params.encode(model::Encoding::Json), std::move(options)});
}

}  // namespace steward::worker
