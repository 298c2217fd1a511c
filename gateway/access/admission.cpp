#include "gateway/access/admission.hpp"

#include <string>

#include "common/base/bytes.hpp"
#include "common/model/names.hpp"

namespace steward::gateway {

namespace {

bool is_question(std::string_view service) {
    const auto name = model::ServiceName::parse(service);
    return name && name->is_reserved();
}

}  // namespace

base::Expected<void> admit(std::uint8_t roles,
                           const TokenGrants& grants,
                           std::string_view token,
                           std::string_view service,
                           model::JobOptions& options) {
    if ((roles & kRead) == 0 && is_question(service)) {
        return base::fail(base::Errc::Forbidden,
                          "the broker answers \"" + std::string(service) +
                              "\" itself: that needs the role read, which the token \"" +
                              base::printable(token) + "\" has not");
    }
    if (grants == nullptr) {
        return {};
    }
    std::string missing = grants->may_submit(service);
    if (missing.empty()) {
        missing = grants->bind(options);
    }
    return missing.empty() ? base::Expected<void>()
                           : base::fail(base::Errc::Forbidden,
                                        "the token \"" + base::printable(token) +
                                            "\" lacks the grant that this needs: " + missing);
}

}  // namespace steward::gateway
