// gateway/access: whether a token's grants allow a job: the broker's own grants, asked before it
// is.
#pragma once

#include <string_view>

#include "common/base/expected.hpp"
#include "common/model/options.hpp"
#include "gateway/access/roles.hpp"

namespace steward::gateway {

/// Puts the job where the token is bound to. `grants` may be null: whatever the roles allow. The
/// names that the broker answers itself (SERVER-JOBS, mmi.services) are questions: they need the
/// role read.
/// Errors: Forbidden, naming the token and the grant or role that is missing.
[[nodiscard]] base::Expected<void> admit(std::uint8_t roles,
                                         const TokenGrants& grants,
                                         std::string_view token,
                                         std::string_view service,
                                         model::JobOptions& options);

}  // namespace steward::gateway
