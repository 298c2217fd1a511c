// broker/app: a strict reader of one JSON object: the arguments of a request. Each is asked for by
// its name, type and range; what was not asked for is refused. Knows no verb.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"
#include "common/model/job.hpp"

namespace steward::app {

/// Remembers the first fault and goes on, so that whoever reads need not look after each argument:
/// what could not be read is given as if it were absent. Only with_arguments() makes one.
///
/// Faults: BadParams: a needed argument is absent; BadOption: a wrong type or range; BadName;
///         TooLarge: too many; UnknownOption: nobody asked for it.
class Arguments {
public:
    [[nodiscard]] bool has(std::string_view name);
    /// Makes it a fault that the argument is absent.
    void need(std::string_view name);
    /// Makes `rule` a fault.
    void refuse(base::Errc code, std::string_view rule);
    /// The same of a fault that came from elsewhere and says itself what it is about.
    void refuse(const base::Error& error);

    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name,
                                                      std::uint64_t min,
                                                      std::uint64_t max);
    [[nodiscard]] std::optional<std::string> text(std::string_view name);
    /// One of `words`: its place among them.
    [[nodiscard]] std::optional<std::size_t> word(std::string_view name,
                                                  const std::vector<std::string_view>& words);
    /// The places of one or more different `words`.
    [[nodiscard]] std::vector<std::size_t> words(std::string_view name,
                                                 const std::vector<std::string_view>& words);
    /// Not empty when it is there.
    [[nodiscard]] model::Label label(std::string_view name);
    [[nodiscard]] model::ServiceName service(std::string_view name);
    [[nodiscard]] std::vector<model::ServiceName> services(std::string_view name, std::size_t most);
    [[nodiscard]] std::optional<model::JobId> job(std::string_view name);
    [[nodiscard]] std::vector<model::JobId> jobs(std::string_view name, std::size_t most);
    /// The time between two; 0 where the rate is "0" or 0: none.
    [[nodiscard]] std::optional<base::Duration> spacing(std::string_view name);
    /// Any value, as a job's params.
    [[nodiscard]] model::Payload params(std::string_view name);
    /// A map of job options.
    [[nodiscard]] model::JobOptions options(std::string_view name);
    /// Arguments that are job options of the same names.
    [[nodiscard]] model::JobOptions as_options(const std::vector<std::string_view>& names);

    using Read = std::function<void(Arguments&)>;
    /// Reads an object within this one, if it is there; whatever else it holds is a fault.
    void within(std::string_view name, const Read& read);
    /// The same of each object of a list of one to `most`.
    void each(std::string_view name, std::size_t most, const Read& read);

private:
    friend base::Expected<void> with_arguments(std::string_view about,
                                               const base::Blob& text,
                                               const Read& read);

    Arguments(std::string about, const nlohmann::json& object)
        : about_(std::move(about)), object_(&object) {}

    [[nodiscard]] const nlohmann::json* find(std::string_view name);
    void refuse_value(std::string_view name, const nlohmann::json& value, std::string_view rule);
    [[nodiscard]] const nlohmann::json* list(std::string_view name, std::size_t most);
    [[nodiscard]] model::ServiceName service_of(std::string_view name, const nlohmann::json& value);
    void read_object(const std::string& about, const nlohmann::json& object, const Read& read);
    [[nodiscard]] std::optional<base::Error> verdict() const;

    std::string about_;  // what faults begin with
    const nlohmann::json* object_;
    std::vector<std::string_view> known_;  // names that were asked for
    std::optional<base::Error> fault_;
};

/// Gives `read` the arguments in `text`, a JSON object or nothing at all. Faults begin with
/// `about`. Errors: BadParams: no JSON object; an argument that nobody asked for, else the first
/// fault.
[[nodiscard]] base::Expected<void> with_arguments(std::string_view about,
                                                  const base::Blob& text,
                                                  const Arguments::Read& read);

}  // namespace steward::app
