// worker: one attempt at a job, as work() sees it: what was asked, and the ways to speak while at
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "common/wire/native.hpp"
#include "common/wire/typed.hpp"
#include "worker/stop.hpp"
#include "worker/value.hpp"

namespace steward::worker {

/// The params are not what the worker asked for. Thrown out of work(), it fails the job for good
/// with this text: trying again would not help.
class BadParams : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What a job needs of the process around it. A test may put its own in place.
///
/// Thread: any; calls for one attempt come from one thread.
class JobLink {
public:
    virtual ~JobLink() = default;
    /// Blocks: while too much waits for the broker, until the attempt is stopped.
    virtual void partial(const model::Attempt&, model::Payload, const std::stop_token&) = 0;
    virtual void progress(const model::Attempt&,
                          std::uint64_t done,
                          std::uint64_t total,
                          std::string text) = 0;
    virtual base::Expected<model::JobId> submit(model::JobSpec spec) = 0;
};

/// What the broker gave.
struct JobOrder {
    model::Attempt attempt;
    std::string service;
    model::Payload params;
    base::Blob meta;  // msgpack map of strings, or empty
    std::optional<std::chrono::steady_clock::time_point> deadline;
    model::JobOptions options;  // priority, channel, context, group, batch, memory_limit as set
};

/// Thread: the one that runs work(), but for stop_token(). Lives as long as that call.
class Job {
public:
    /// Pre: `link` outlives the job.
    Job(JobOrder order, JobLink& link, std::stop_token stop);

    /// What the runtime does for each job: nothing is copied.
    /// Pre: all outlive the job.
    Job(const wire::native::Assign& given,
        std::optional<std::chrono::steady_clock::time_point> deadline,
        JobLink& link,
        Stop& stop)
        : given_(given), deadline_(deadline), link_(link), stop_(&stop) {}

    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    // ---- what was asked ----
    /// The same for every attempt, for ever; id().text() is what clients see.
    [[nodiscard]] const model::JobId& id() const { return given_.attempt.job; }

    /// 1 for the first.
    [[nodiscard]] std::uint32_t attempt() const { return given_.attempt.number; }

    [[nodiscard]] std::string_view service() const { return given_.service; }

    /// Larger runs first.
    [[nodiscard]] std::int32_t priority() const {
        return given_.options.priority.value_or(model::kPriorityNormal);
    }

    /// The channel it came on; "default" when it was given none.
    [[nodiscard]] std::string_view channel() const {
        return given_.options.channel.empty() ? model::kDefaultChannel
                                              : given_.options.channel.view();
    }

    /// What it is part of: given by its submitter, inherited from the job that submitted it, or its
    /// own id as text.
    [[nodiscard]] std::string context() const {
        return given_.options.context.empty() ? id().text()
                                              : std::string(given_.options.context.view());
    }

    /// Empty: none.
    [[nodiscard]] std::string_view group() const { return given_.options.group.view(); }

    /// Empty: none.
    [[nodiscard]] std::string_view batch() const { return given_.options.batch.view(); }

    /// Bytes that this process may hold during the job; nothing: as many as it likes.
    [[nodiscard]] std::optional<std::uint64_t> memory_limit() const {
        return given_.options.memory_limit;
    }

    /// The params as a dynamic value, whatever encoding they came in; null when there are none.
    /// Throws BadParams when they cannot be decoded.
    [[nodiscard]] const nlohmann::json& params() const;

    /// The params as a T: any type msgpack-c converts, such as one with MSGPACK_DEFINE_MAP,
    /// numbers, std::string, std::vector, std::map. Throws BadParams.
    template <class T>
    [[nodiscard]] T params() const {
        static_cast<void>(params());  // what cannot be decoded is said more clearly there
        auto value = wire::unpack_typed<T>(given_.params);
        if (!value) {
            refuse_params("are not of the type that this worker reads");
        }
        return std::move(*value);
    }

    // One of the params by name. In an opaque body (Majordomo) that is a JSON object they are found
    // too, and a number may be written as text ("5": query strings know nothing else).

    /// The param, or `otherwise` when it is not given or null. Throws BadParams.
    template <class T>
    [[nodiscard]] T param(std::string_view name, T otherwise) const {
        const nlohmann::json* value = find_param(name);
        return value == nullptr ? std::move(otherwise) : read_param<T>(name, *value);
    }

    /// The param, which must be given. Throws BadParams.
    template <class T>
    [[nodiscard]] T param(std::string_view name) const {
        const nlohmann::json* value = find_param(name);
        if (value == nullptr) {
            refuse_params("lack \"" + std::string(name) + '"');
        }
        return read_param<T>(name, *value);
    }

    /// The params as they came, undecoded.
    [[nodiscard]] const model::Payload& raw_params() const { return given_.params; }

    /// Strings that the submitter attached, such as trace headers.
    [[nodiscard]] std::map<std::string, std::string> meta() const;

    /// When the time limit ends: the stop token fires, and the attempt has failed. Nothing: there
    /// is no limit.
    [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline() const {
        return deadline_;
    }

    /// Fires when the result is no longer wanted: the time or memory limit has passed, the job was
    /// cancelled. What work() returns after that is thrown away, and if it goes on for the broker's
    /// stop_grace the process is ended. Callbacks run on another thread: keep them short.
    [[nodiscard]] const std::stop_token& stop_token() const {
        return stop_ != nullptr ? stop_->token() : token_;
    }

    [[nodiscard]] bool stop_requested() const {
        return stop_ != nullptr ? stop_->is_requested() : token_.stop_requested();
    }

    // ---- what can be said meanwhile ----
    /// A piece of the answer, sent at once to a client that waits.
    void partial(const Value& value) const;
    /// For status questions; total 0 means unknown. The latest counts; some may be left out.
    void progress(std::uint64_t done, std::uint64_t total, std::string text = {}) const;
    /// Submits another job and waits only until the broker has taken it. It inherits the context,
    /// unless `options` names one.
    /// Errors: BadName, those of the broker, Timeout, Disconnected.
    base::Expected<model::JobId> submit(std::string_view service,
                                        const Value& params = {},
                                        model::JobOptions options = {}) const;

private:
    [[nodiscard]] static model::Payload packed_param(const nlohmann::json& value, bool is_number);
    [[nodiscard]] const nlohmann::json& named_params() const;
    [[nodiscard]] const nlohmann::json* find_param(std::string_view name) const;
    [[noreturn]] void refuse_params(const std::string& why) const;

    template <class T>
    [[nodiscard]] T read_param(std::string_view name, const nlohmann::json& value) const {
        if constexpr (std::is_same_v<T, nlohmann::json>) {
            return value;
        } else {
            auto read = wire::unpack_typed<T>(packed_param(value, std::is_arithmetic_v<T>));
            if (!read) {
                refuse_params("have \"" + std::string(name) +
                              "\" in another type than this worker reads");
            }
            return std::move(*read);
        }
    }

    std::unique_ptr<const wire::native::Assign> own_;  // where a JobOrder was given
    const wire::native::Assign& given_;
    std::optional<std::chrono::steady_clock::time_point> deadline_;
    JobLink& link_;
    Stop* stop_ = nullptr;  // null: token_ it is
    std::stop_token token_;
    mutable std::optional<nlohmann::json> decoded_;
    mutable std::optional<nlohmann::json> named_;  // what param() looks into
};

}  // namespace steward::worker
