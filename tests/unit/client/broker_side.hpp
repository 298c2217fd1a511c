// tests: the broker's end of a client session, by hand: reads its batches, makes answers.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "client/session.hpp"
#include "common/wire/native.hpp"

namespace steward::client::test {

namespace native = wire::native;
using namespace std::chrono_literals;

inline constexpr base::MonoTime kStart{1000s};
inline constexpr model::JobId kJob{5, 9};

template <class... C>
wire::Frames batch(C&&... commands) {
    native::BatchWriter writer;
    (writer.add(native::Command(std::forward<C>(commands))), ...);
    return writer.take();
}

inline std::vector<native::Command> commands_of(const wire::Frames& frames) {
    std::vector<native::Command> commands;
    REQUIRE(native::is_native(frames));
    native::BatchReader reader(frames);
    while (true) {
        auto command = reader.next();
        REQUIRE(command.has_value());
        if (!command->has_value()) {
            return commands;
        }
        commands.push_back(std::move(**command));
    }
}

inline model::JobSpec spec_of(std::string_view service, bool sync, std::string_view params = "1") {
    model::JobSpec spec;
    spec.service = model::ServiceName::parse(service).value();
    spec.params = {model::Encoding::Json, base::Blob::copy(params)};
    spec.options.sync = sync;
    return spec;
}

/// A session with the clock and the connection in a test's hand.
class Bench {
public:
    explicit Bench(SessionOptions options = {}) : session(std::move(options), kStart, 7) {}

    /// Connects and reads the hello.
    void connect() {
        drain();
        session.connected(now);
        const auto hello = session.take_batch(now);
        REQUIRE(hello);
        const auto commands = commands_of(*hello);
        REQUIRE(commands.size() == 1);
        REQUIRE(std::holds_alternative<native::ClientHello>(commands.front()));
    }

    /// Limits of 0: none is said.
    void welcome(std::uint64_t message_bytes_max = 0, std::uint64_t in_flight_max = 0) {
        hear(native::Welcome{native::kVersion, "test", 5s, message_bytes_max, in_flight_max});
        REQUIRE(session.is_welcome());
    }

    template <class... C>
    void hear(C&&... commands) {
        session.on_frames(now, batch(std::forward<C>(commands)...));
    }

    void pass(base::Duration time) {
        now += time;
        session.on_time(now);
    }

    std::uint64_t submit(std::string_view service, bool sync) {
        return session.submit(now, spec_of(service, sync)).value();
    }

    base::Expected<std::uint64_t> ask(std::string what,
                                      std::string service = {},
                                      std::optional<model::JobId> job = {},
                                      std::uint64_t tag = 0) {
        native::Query query;
        query.what = std::move(what);
        query.service = std::move(service);
        query.job = job;
        return session.ask(now, std::move(query), {tag});
    }

    /// All that gathered, message by message.
    std::vector<std::vector<native::Command>> sent() {
        std::vector<std::vector<native::Command>> batches;
        while (const auto frames = session.take_batch(now)) {
            batches.push_back(commands_of(*frames));
        }
        return batches;
    }

    /// The submissions among what gathered.
    std::vector<native::Submit> sent_submits() {
        std::vector<native::Submit> submits;
        for (auto& commands : sent()) {
            for (auto& command : commands) {
                if (auto* submit = std::get_if<native::Submit>(&command)) {
                    submits.push_back(std::move(*submit));
                }
            }
        }
        return submits;
    }

    std::vector<Happening> drain() {
        std::vector<Happening> all;
        while (auto happening = session.next_happening()) {
            all.push_back(std::move(*happening));
        }
        return all;
    }

    /// The happenings when all are of one kind.
    template <class T>
    std::vector<T> only() {
        std::vector<T> all;
        for (auto& happening : drain()) {
            REQUIRE(std::holds_alternative<T>(happening));
            all.push_back(std::get<T>(std::move(happening)));
        }
        return all;
    }

    base::MonoTime now = kStart;
    Session session;
};

inline const native::Session& session_of(const std::vector<native::Command>& commands) {
    REQUIRE(!commands.empty());
    REQUIRE(std::holds_alternative<native::Session>(commands.front()));
    return std::get<native::Session>(commands.front());
}

}  // namespace steward::client::test
