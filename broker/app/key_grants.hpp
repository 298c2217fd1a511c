// broker/app: from the clients' folder to what each of its keys may do. Reads no files.
#pragma once

#include <vector>

#include "broker/app/rights.hpp"
#include "common/keys/principals.hpp"

namespace steward::app {

/// Whether the grants of all files can be understood.
/// Errors: BadConfig naming the file and the line.
[[nodiscard]] base::Expected<void> check_grants(const std::vector<keys::ClientKey>& clients);

/// What everybody who may speak may do. The broker's own user and root may do everything, unless a
/// file names them. Pre: check_grants() of the clients.
[[nodiscard]] std::vector<KeyGrants> grants_of(const keys::Principals& principals);

/// Whether this one may hear the news, which are of everybody's jobs.
[[nodiscard]] bool may_hear_news(const keys::Principals& principals, access::PrincipalId who);

}  // namespace steward::app
