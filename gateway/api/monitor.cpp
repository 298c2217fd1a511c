#include "gateway/api/monitor.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/posix/clock.hpp"
#include "common/posix/process_figures.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/metrics/exposition.hpp"

namespace steward::gateway {

using nlohmann::json;

namespace {

constexpr base::Duration kPause = std::chrono::seconds(2);
constexpr std::array<std::string_view, 5> kReports = {
    "broker", "services", "workers", "groups", "limits"};

/// The reports of one page, until all have come.
struct Page {
    std::array<std::string, kReports.size()> texts;
    std::size_t missing = kReports.size();
};

std::optional<OwnProcess> own_process(base::WallTime started_at) {
    const auto figures = posix::process_figures();
    if (!figures) {
        return std::nullopt;
    }
    return OwnProcess{figures->resident_bytes,
                      figures->open_files,
                      figures->open_files_max,
                      figures->cpu,
                      started_at};
}

void answer_page(Desk& desk, Call& call, const Page& page) {
    GatewayCounters& counters = desk.monitor.counters;
    if (desk.monitor.refresh) {
        desk.monitor.refresh(counters);
    }
    Response response;
    response.content_type = kExpositionType;
    response.body = base::Blob::copy(
        exposition({page.texts[0], page.texts[1], page.texts[2], page.texts[3], page.texts[4]},
                   counters,
                   own_process(desk.monitor.started_at)));
    call.answer(std::move(response));
}

}  // namespace

Monitor::Monitor(Loop& loop, BrokerLink& broker) : loop_(loop), broker_(broker) {
    due_ = posix::read_mono();
    started_at = posix::read_clock().wall;
    tick();
}

void Monitor::tick() {
    const base::MonoTime now = posix::read_mono();
    late_ = now - due_;
    due_ = now + kPause;
    ask();
    tick_ = loop_.after(kPause, [this] { tick(); });
}

// One that was asked before the connection broke is asked again with the next.
void Monitor::ask() {
    if (std::exchange(is_asking_, true)) {
        return;
    }
    client::Query query;
    query.what = "broker";
    broker_.ask(query, [this](const base::Expected<json>& report) { on_report(report); });
}

void Monitor::on_report(const base::Expected<json>& report) {
    is_asking_ = false;
    if (report && report->is_object()) {
        heard_at_ = posix::read_mono();
        is_draining_ = report->value("draining", json(false)) == json(true);
        const json mode = report->value("mode", json(""));
        mode_ = mode.is_string() ? mode.get<std::string>() : "";
    }
    tell_waiting();
}

void Monitor::on_link() {
    heard_at_.reset();
    if (broker_.is_connected()) {
        ask();
    } else {
        tell_waiting();
    }
}

void Monitor::look(std::function<void()> done) {
    if (!broker_.is_connected()) {
        done();
        return;
    }
    waiting_.push_back(std::move(done));
    if (waiting_.size() == 1) {
        patience_ = loop_.after(kPatience, [this] { tell_waiting(); });
    }
    ask();
}

void Monitor::tell_waiting() {
    patience_.reset();
    for (const auto& done : std::exchange(waiting_, {})) {
        done();
    }
}

Standing Monitor::standing() const {
    Standing standing;
    standing.is_connected = broker_.is_connected();
    if (heard_at_) {
        standing.answer_age = posix::read_mono() - *heard_at_;
    }
    standing.is_draining = is_draining_;
    standing.mode = mode_;
    standing.is_ending = is_ending;
    return standing;
}

base::Duration Monitor::lateness() const {
    return std::max(late_, posix::read_mono() - due_);
}

void show_health(Desk& desk, std::shared_ptr<Call> call) {
    call->answer(healthz(desk.monitor.lateness()));
}

void show_readiness(Desk& desk, std::shared_ptr<Call> call) {
    desk.monitor.look([&desk, call = std::move(call)] {
        Standing standing = desk.monitor.standing();
        standing.wants_tokens = desk.gatekeeper.wants_tokens();
        standing.has_tokens = desk.gatekeeper.has_tokens();
        call->answer(readyz(standing));
    });
}

// What the broker does not answer is left out: the page says of itself whether it is up.
void show_metrics(Desk& desk, std::shared_ptr<Call> call) {
    const auto page = std::make_shared<Page>();
    if (!desk.broker.is_connected()) {
        answer_page(desk, *call, *page);
        return;
    }
    for (std::size_t i = 0; i < kReports.size(); ++i) {
        client::Query query;
        query.what = kReports[i];
        desk.broker.ask(query, [&desk, call, page, i](const base::Expected<json>& report) {
            page->texts[i] = report ? json_text(*report) : std::string();
            if (--page->missing == 0) {
                answer_page(desk, *call, *page);
            }
        });
    }
}

}  // namespace steward::gateway
