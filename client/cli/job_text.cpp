#include "client/cli/job_text.hpp"

#include <utility>

#include "client/cli/params_words.hpp"
#include "client/client.hpp"
#include "common/wire/params.hpp"

namespace steward::cli {

base::Expected<client::JobText> job_text(const JobWords& words, std::istream& input) {
    auto params = params_from_words(words.params, input);
    if (!params) {
        return base::Unexpected(std::move(params.error()));
    }
    if (params->encoding == model::Encoding::Opaque) {
        return base::fail(base::Errc::BadParams, "the params of such a job have to be JSON");
    }
    auto names = words.flags.names();
    if (!names) {
        return base::Unexpected(std::move(names.error()));
    }
    if (auto options = client::job_options(*names); !options) {
        return base::Unexpected(std::move(options.error()));
    }
    return wire::decode_params(*params).map([&](nlohmann::json&& value) {
        return client::JobText{words.service, std::move(value), std::move(*names)};
    });
}

}  // namespace steward::cli
