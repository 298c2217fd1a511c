// client: a listing that comes in pages: jobs, groups, schedules, batches, limits.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "client/control.hpp"
#include "common/base/expected.hpp"

namespace steward::client {

class Client;

/// A job that is there from the first page to the last is on exactly one of them; within a page the
/// oldest comes first.
///
/// Thread: one at a time.  Bound: one page in memory.
class Pages {
public:
    /// The client must outlive this.
    Pages(Client& client, Query query) : client_(&client), query_(std::move(query)) {}

    /// The next rows, an array that may be empty; nothing when all have been told. After an error
    /// the same page can be asked for again. Errors: those of Client::query().
    [[nodiscard]] base::Expected<std::optional<nlohmann::json>> next();

private:
    Client* client_;
    Query query_;
    bool is_done_ = false;
};

}  // namespace steward::client
