// client: many jobs under one name, with the progress of the whole and a job that runs when all are
// done.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/control.hpp"
#include "client/params.hpp"
#include "client/spec.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"

namespace steward::client {

class Client;

/// A name for a batch that nobody else makes: 128 bits by chance. Errors: Io, without chance from
/// the system.
[[nodiscard]] base::Expected<std::string> new_batch_name();

/// Made by Client::open_batch(), or Client::batch() for one that somebody opened. Knows no more
/// than the name: ending this object does nothing to the batch.
///
/// Thread: any.  Errors: those of Client; UnknownName when there is no such batch (any more),
///         WrongState when it has been closed.
class Batch {
public:
    /// The client must outlive this.
    Batch(Client& client, std::string name) : client_(&client), name_(std::move(name)) {}

    [[nodiscard]] const std::string& name() const { return name_; }

    /// As Client::submit(); whatever batch the options name, the job belongs to this one.
    [[nodiscard]] base::Expected<model::JobId> submit(std::string_view service,
                                                      const Params& params = {},
                                                      model::JobOptions options = {});
    [[nodiscard]] std::vector<base::Expected<model::JobId>> submit_many(
        std::span<const Spec> specs, base::Duration timeout = {});
    /// No more jobs will come. What follows the batch is submitted when all its jobs have ended.
    [[nodiscard]] base::Expected<void> close();
    /// {"batch", "total", "succeeded", "failed", "closed", "ended", …}
    [[nodiscard]] base::Expected<nlohmann::json> status();

private:
    Client* client_;
    std::string name_;
};

}  // namespace steward::client
