// gateway/access: whether a token's grants allow a job: the broker's own grants, asked before it
// is.
#pragma once

#include <string_view>

#include "common/base/expected.hpp"
#include "common/model/options.hpp"
#include "gateway/access/roles.hpp"

namespace steward::gateway {

/// Puts the job where the token is bound to. `grants` may be null: whatever the roles allow.
/// Errors: Forbidden, naming the token and the grant that is missing.
[[nodiscard]] base::Expected<void> admit(const TokenGrants& grants,
                                         std::string_view token,
                                         std::string_view service,
                                         model::JobOptions& options);

}  // namespace steward::gateway
