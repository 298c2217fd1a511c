// tests: commands of the native protocol with random content, from a seed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/base/prng.hpp"
#include "common/model/limits.hpp"
#include "common/wire/msgpack_writer.hpp"
#include "common/wire/native.hpp"
#include "common/wire/options.hpp"

namespace steward::wire::native {

class Samples {
public:
    explicit Samples(std::uint64_t seed) : prng_(seed) {}

    /// One of the commands, each as likely as the others.
    Command command();
    Submit submit();
    model::JobOptions options();
    std::string bytes(std::size_t bytes_max);

    std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }

private:
    // Numbers of every length on the wire.
    std::uint64_t number() { return prng_.next() >> prng_.below(64); }

    std::uint32_t small() { return static_cast<std::uint32_t>(prng_.next() >> (32 + below(32))); }

    bool flag() { return prng_.chance(1, 2); }

    std::string name();
    std::string label();  // may be empty
    std::string text();
    model::ServiceName service();

    model::JobId job() { return {number(), number()}; }

    model::Attempt attempt() { return {job(), small()}; }

    model::SubmissionId submission() { return {number(), number()}; }

    model::Payload payload();
    base::Blob meta();
    base::Duration duration();
    void time_options(model::JobOptions& options);
    void group_options(model::JobOptions& options);
    void unique_options(model::JobOptions& options);
    std::vector<model::Attempt> attempts();
    Command worker_command(std::uint64_t which);
    Command client_command(std::uint64_t which);

    base::Prng prng_;
};

inline std::string Samples::bytes(std::size_t bytes_max) {
    // Mostly short ones, often ASCII, now and then at the limit.
    const std::uint64_t size =
        below(16) == 0 ? bytes_max : below(std::min<std::size_t>(bytes_max + 1, 48));
    const bool ascii = flag();
    std::string out(size, ' ');
    for (char& c : out) {
        c = static_cast<char>(ascii ? 'a' + static_cast<int>(below(26))
                                    : static_cast<int>(below(256)));
    }
    return out;
}

inline std::string Samples::name() {
    return bytes(model::kNameBytesMax);
}

inline std::string Samples::label() {
    std::string text = name();
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return text;
}

inline std::string Samples::text() {
    return bytes(model::kTextBytesMax);
}

inline model::ServiceName Samples::service() {
    std::string text = "s" + bytes(model::kNameBytesMax - 1);
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }, '_');
    return *model::ServiceName::parse(text);
}

inline model::Payload Samples::payload() {
    model::Payload payload;
    payload.encoding = static_cast<model::Encoding>(below(6));
    if (payload.encoding != model::Encoding::Absent) {
        const std::size_t bytes_max =
            flag() ? kInlinePayloadBytesMax + below(2) : kInlinePayloadBytesMax * 3;
        payload.bytes = base::Blob::copy(bytes(bytes_max));
    }
    return payload;
}

inline base::Blob Samples::meta() {
    MsgpackWriter out;
    const std::size_t entries = below(4);
    if (entries == 0) {
        return {};
    }
    out.map(entries);
    for (std::size_t i = 0; i < 2 * entries; ++i) {
        out.text(bytes(60));
    }
    return base::Blob::copy(out.view());
}

inline base::Duration Samples::duration() {
    const auto micros = static_cast<base::Duration::rep>(number() >> 1U);
    return std::min(base::Duration{micros}, model::kDurationMax);
}

inline std::vector<model::Attempt> Samples::attempts() {
    std::vector<model::Attempt> attempts(below(40));
    std::ranges::generate(attempts, [this] { return attempt(); });
    return attempts;
}

inline void Samples::time_options(model::JobOptions& options) {
    const auto maybe = [this](std::optional<base::Duration>& to, base::Duration least) {
        if (flag()) {
            to = std::max(duration(), least);
        }
    };
    maybe(options.expires_in, base::Duration{1});
    maybe(options.time_limit, base::Duration{1});
    maybe(options.backoff, base::Duration{1});
    maybe(options.backoff_max, base::Duration{1});
    maybe(options.result_ttl, base::Duration{0});
    if (!options.sync && flag()) {
        options.wait = std::min(duration(), kWaitMax);
    }
    if (flag()) {
        options.run_at = std::min(base::WallTime(duration() * 16), kRunAtMax);
    } else {
        maybe(options.delay, base::Duration{0});
    }
}

inline void Samples::group_options(model::JobOptions& options) {
    options.group = label();
    if (options.group.empty()) {
        return;
    }
    if (flag()) {
        options.group_limit = static_cast<std::uint32_t>(1 + below(kGroupLimitMax));
    }
    if (flag()) {
        options.group_rate = model::Rate{std::max(duration(), base::Duration{1})};
    }
    if (flag()) {
        options.group_weight = static_cast<std::uint32_t>(1 + below(model::kGroupWeightMax));
    }
}

inline void Samples::unique_options(model::JobOptions& options) {
    if (flag()) {
        options.unique_params = true;
    } else {
        options.unique = label();
    }
    if (options.is_unique() && flag()) {
        options.unique_scope = static_cast<model::UniqueScope>(below(2));
    }
    if (options.is_unique() && flag()) {
        options.on_duplicate = static_cast<model::OnDuplicate>(below(3));
    }
}

inline model::JobOptions Samples::options() {
    model::JobOptions options;
    options.sync = flag();
    if (flag()) {
        options.durable = flag();
    }
    if (flag()) {
        options.priority = static_cast<std::int32_t>(small());
    }
    if (flag()) {
        options.memory_limit = kMemoryLimitMin + below(kMemoryLimitMax - kMemoryLimitMin + 1);
    }
    if (flag()) {
        options.max_attempts = static_cast<std::uint32_t>(1 + below(1000));
    }
    if (flag()) {
        time_options(options);
    }
    if (flag()) {
        group_options(options);
    }
    if (flag()) {
        unique_options(options);
    }
    if (flag()) {
        options.channel = label();
        options.context = label();
        options.batch = label();
    }
    if (flag()) {
        options.after.resize(below(8));
        std::ranges::generate(options.after, [this] { return job(); });
    }
    if (flag()) {
        options.meta = meta();
    }
    return options;
}

inline Submit Samples::submit() {
    Submit submit;
    submit.number = number();
    submit.again = flag();
    submit.spec = {service(), payload(), flag() ? options() : model::JobOptions{}};
    return submit;
}

inline Command Samples::client_command(std::uint64_t which) {
    switch (which) {
        case 0: return Session{number(), number()};
        case 1: return ClientHello{small(), name(), duration()};
        case 2: return submit();
        case 3: {
            const auto of = flag() ? std::optional(job()) : std::nullopt;
            const std::uint64_t states = below(1U << model::kJobStates);
            return Query{number(),
                         label(),
                         label(),
                         of,
                         states,
                         label(),
                         label(),
                         label(),
                         number(),
                         number()};
        }
        case 4: return Accepted{number(), job(), flag()};
        case 5: {
            const auto code = static_cast<base::Errc>(1 + below(UINT16_MAX));
            const auto retry_after = flag() ? std::optional(duration()) : std::nullopt;
            return Refused{number(), {code, text(), retry_after}};
        }
        case 6: return JobPartial{number(), job(), payload(), {number(), number()}};
        case 7: return JobProgress{number(), job(), number(), number(), text()};
        case 8: {
            const auto state = static_cast<model::JobState>(3 + below(5));
            return Result{number(), job(), state, text(), payload()};
        }
        case 9: return Report{number(), payload().bytes};
        case 10: return Welcome{small(), name(), duration(), number(), number(), duration()};
        case 11: return Await{number(), job(), duration(), flag()};
        case 12: return Operate{number(), label(), payload().bytes};
        default: return Disconnect{text()};
    }
}

inline Command Samples::worker_command(std::uint64_t which) {
    switch (which) {
        case 0: {
            WorkerReady ready{small(), name(), duration(), small(), small(), {}, {}, {}};
            ready.services.resize(below(20));
            std::ranges::generate(ready.services, [this] { return name(); });
            ready.channels.resize(below(5));
            std::ranges::generate(ready.channels, [this] { return name(); });
            ready.running.resize(below(20));
            for (auto& running : ready.running) {
                running = {attempt(), submission(), name()};
            }
            return ready;
        }
        case 1: {
            const auto verdict = static_cast<model::Verdict>(below(4));
            return Finish{attempt(), {verdict, text(), payload(), duration()}, duration()};
        }
        case 2: return Return{attempts()};
        case 3: return Goodbye{flag()};
        case 4: return Heartbeat{};
        case 5: return Partial{attempt(), payload()};
        case 6: return Progress{attempt(), number(), number(), text()};
        case 7: {
            model::JobOptions seen = flag() ? options() : model::JobOptions{};
            seen.sync = false;  // does not travel to workers
            return Assign{
                attempt(), name(), payload(), duration(), submission(), meta(), std::move(seen)};
        }
        case 8: return StopAttempt{attempt(), text()};
        case 9: return Recall{attempts()};
        case 10: return Told{number(), base::Blob::copy(bytes(kInlinePayloadBytesMax))};
        case 11: return Ask{number(), name(), flag()};
        default: return RegisterAgain{};
    }
}

inline Command Samples::command() {
    const std::uint64_t which = below(std::variant_size_v<Command>);
    return which < 14 ? client_command(which) : worker_command(which - 14);
}

/// The commands of a batch; empty when the reader refuses any of them.
inline std::vector<Command> decode_all(const Frames& frames) {
    std::vector<Command> commands;
    BatchReader reader(frames);
    for (;;) {
        auto next = reader.next();
        if (!next) {
            return {};
        }
        if (!next->has_value()) {
            return commands;
        }
        commands.push_back(std::move(**next));
    }
}

/// The batch of these commands. Pre: they fit into one.
inline Frames encode_all(const std::vector<Command>& commands) {
    BatchWriter writer;
    for (const Command& command : commands) {
        writer.add(command);
    }
    return writer.take();
}

}  // namespace steward::wire::native
