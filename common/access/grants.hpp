// common/access: what a key may do: its grants. Broker and gateway ask the same questions of the
// same object. Knows no keys, reads no file, and decides nothing about single jobs: whose a job is
// the broker's core knows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/access/patterns.hpp"
#include "common/base/expected.hpp"
#include "common/config/field.hpp"
#include "common/model/job.hpp"
#include "common/model/quota.hpp"

namespace steward::access {

/// The grants as the lines of a key's file give them. What is not given is not granted.
struct GrantLines {
    std::vector<std::string> submit;
    std::vector<std::string> work;
    std::string read = "own";
    bool operate = false;
    std::vector<std::string> channels;
    std::vector<std::string> groups;
    std::optional<std::uint32_t> priority_max;
    model::Quota quota;
};

/// The settings of a file that fill in `lines`, which must stay where it is.
[[nodiscard]] std::vector<config::Field> fields_of(GrantLines& lines);

/// What one key may do. Deny by default: one that was made by nobody may look at its own jobs, of
/// which it has none.
///
/// Each may_…() is empty when the key may, else it is the grant that is missing, in the words of
/// the key's file: `submit = ["resize"]`.
class Grants {
public:
    Grants() = default;

    /// Errors: BadConfig naming the line.
    [[nodiscard]] static base::Expected<Grants> from(const GrantLines& lines);
    /// The same from TOML lines, one setting each: `submit = ["mail*"]`.
    [[nodiscard]] static base::Expected<Grants> from(const std::vector<std::string>& text);
    /// Everything, without quotas.
    [[nodiscard]] static Grants all();

    // ---- by what is asked ----
    [[nodiscard]] std::string may_submit(std::string_view service) const;
    [[nodiscard]] std::string may_work(std::string_view service) const;
    /// Whether it may know that a service is there at all.
    [[nodiscard]] std::string may_ask_about(std::string_view service) const;
    /// Jobs, parts and results of others too, and what the broker tells of itself.
    [[nodiscard]] std::string may_read_all() const;
    [[nodiscard]] std::string may_operate() const;

    /// Puts a job that names none into the channel and group that the key is bound to.
    /// Gives the missing grant: another channel or group, or a priority above priority_max.
    [[nodiscard]] std::string bind(model::JobOptions& options) const;
    /// The same of the channels that a worker joins.
    [[nodiscard]] std::string bind(std::vector<model::Label>& channels) const;

    [[nodiscard]] bool reads_all() const { return reads_all_ || operates_; }

    [[nodiscard]] bool operates() const { return operates_; }

    [[nodiscard]] const model::Quota& quota() const { return quota_; }

    bool operator==(const Grants&) const = default;

private:
    [[nodiscard]] static std::string bind(const Patterns& bound,
                                          std::string_view grant,
                                          std::string_view otherwise,
                                          model::Label& label);

    Patterns submit_;
    Patterns work_;
    Patterns channels_;  // empty: the key is not bound
    Patterns groups_;    // likewise
    bool reads_all_ = false;
    bool operates_ = false;
    std::optional<std::uint32_t> priority_max_;
    model::Quota quota_;
};

/// The refusal of what needs `grant`, which the key of this name does not have: Forbidden.
[[nodiscard]] base::Error lacks(std::string_view key, std::string_view grant);

}  // namespace steward::access
