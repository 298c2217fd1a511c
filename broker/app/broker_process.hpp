// broker/app: one whole broker with everything it owns, built in the order in which it is needed
// and taken down in reverse.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "broker/app/broker_loop.hpp"
#include "broker/app/options.hpp"
#include "broker/store/log_files.hpp"
#include "common/net/context.hpp"
#include "common/posix/notify.hpp"

namespace steward::app {

/// Thread: the main one, before any other has been started.
class BrokerProcess {
public:
    /// Opens log, journal and sockets. `sources` is read again on SIGHUP. `repair`: what is damaged
    /// in the journal is told and left out.
    /// Errors: Io, saying what could not be opened and which setting names it; Malformed, when the
    ///         journal is damaged.
    [[nodiscard]] static base::Expected<std::unique_ptr<BrokerProcess>> open(
        std::unique_ptr<BrokerOptions> options, OptionSources sources, bool repair = false);
    ~BrokerProcess();
    BrokerProcess(const BrokerProcess&) = delete;
    BrokerProcess& operator=(const BrokerProcess&) = delete;

    /// One line that scripts and tests wait for, without its line end:
    /// "steward-broker ready: clients ENDPOINT workers ENDPOINT news ENDPOINT pid PID version X".
    [[nodiscard]] std::string ready_line() const;
    /// Runs until told to end; returns whether it ended as it should.
    [[nodiscard]] bool run();

private:
    BrokerProcess(std::unique_ptr<BrokerOptions> options, OptionSources sources);
    [[nodiscard]] base::Expected<void> open_parts(bool repair);
    [[nodiscard]] base::Expected<void> open_journal(bool repair);
    [[nodiscard]] base::Expected<void> open_node();
    void tell_of_journal(base::MonoTime began) const;
    void add_figures(model::BrokerReport& report) const;
    /// The broker's own key, and who may come in. Nothing without security.
    [[nodiscard]] base::Expected<std::optional<net::CurveKeys>> open_keys();
    [[nodiscard]] base::Expected<std::optional<LifecycleLog>> open_lines(
        const LineLogSettings& settings, const std::string& setting) const;
    [[nodiscard]] base::Expected<void> read_clients();
    void reload();
    void reload_clients();

    std::unique_ptr<BrokerOptions> options_;
    OptionSources sources_;
    base::Now started_;
    std::optional<posix::SignalFd> signals_;
    std::unique_ptr<log::Log> log_;
    std::optional<ShellSink> sink_;
    std::unique_ptr<store::Journal> journal_;
    const store::ReadReport* journal_report_ = nullptr;  // null: it is in memory
    std::optional<net::Context> context_;
    keys::Principals principals_;
    std::unique_ptr<BrokerSockets> sockets_;
    std::unique_ptr<Node> node_;
    posix::Notify notify_;
};

}  // namespace steward::app
