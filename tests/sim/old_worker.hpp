// tests/sim: workers of the old dialects, frame by frame as docs/protocol.md has them: one job at a
// time, silent while it runs.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/old_client.hpp"

namespace steward::sim {

class OldWorker final : public Actor {
public:
    OldWorker(Stage& stage, std::string name, OldDialect dialect, std::string service)
        : Actor(stage, std::move(name)), dialect_(dialect), service_(std::move(service)) {}

    void start() override;

private:
    void connected() override;
    void disconnected() override;
    void take(const wire::Frames& frames) override;
    void on_death() override;

    void reconnect();
    void beat();
    void begin(const wire::Frames& frames);
    void end(Uid uid, const std::string& token, LinkId asked_on);

    [[nodiscard]] bool is_zmws() const {
        return dialect_ == OldDialect::Zmws1 || dialect_ == OldDialect::Zmws2;
    }

    [[nodiscard]] wire::Frames make_ready() const;
    [[nodiscard]] wire::Frames make_heartbeat() const;
    [[nodiscard]] wire::Frames make_partial(const std::string& token) const;
    [[nodiscard]] wire::Frames make_done(const std::string& token, bool succeeded, Uid uid) const;

    OldDialect dialect_;
    std::string service_;
    bool is_busy_ = false;
    bool is_connected_ = false;
    MonoTime heard_at_{};
    std::uint64_t beats_ = 0;
    std::vector<wire::Frames> unread_;  // a single thread reads nothing while it works
};

}  // namespace steward::sim
