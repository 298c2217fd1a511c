#include "gateway/access/admission.hpp"

#include <string>

#include "common/base/bytes.hpp"

namespace steward::gateway {

base::Expected<void> admit(const TokenGrants& grants,
                           std::string_view token,
                           std::string_view service,
                           model::JobOptions& options) {
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
