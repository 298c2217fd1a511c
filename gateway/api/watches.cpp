#include "gateway/api/watches.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "common/posix/clock.hpp"
#include "gateway/api/asking.hpp"

namespace steward::gateway {

using base::Errc;
using nlohmann::json;

base::Expected<std::uint64_t> Watches::add(const std::string& what,
                                           base::Duration every,
                                           Sink sink) {
    if (what != "services" && what != "workers" && what != "broker") {
        return base::fail(Errc::BadParams, "what can be watched is services, workers and broker");
    }
    if (watchers_.size() >= kWatchersMax) {
        return base::fail(Errc::TooManyWaiters,
                          std::to_string(watchers_.size()) + " watch already, as many as may");
    }
    const std::uint64_t id = next_++;
    watchers_.emplace(
        id, Watcher{what, std::max(every, kShortest), posix::read_mono(), std::move(sink)});
    look();
    return id;
}

void Watches::remove(std::uint64_t watcher) {
    watchers_.erase(watcher);
    if (watchers_.empty()) {
        timer_.reset();
    }
}

void Watches::on_link() {
    const base::MonoTime now = posix::read_mono();
    std::set<std::string> watched;
    for (auto& [id, watcher] : watchers_) {
        watcher.due = now;
        watched.insert(watcher.what);
    }
    if (broker_.is_connected()) {
        look();
        return;
    }
    for (const std::string& what : watched) {
        tell(what, base::fail(Errc::Disconnected, "there is no connection with a broker"));
    }
}

void Watches::look() {
    const base::MonoTime now = posix::read_mono();
    for (const auto& [id, watcher] : watchers_) {
        if (watcher.due > now || std::exchange(asked_[watcher.what], true)) {
            continue;
        }
        client::Query query;
        query.what = watcher.what;
        broker_.ask(query, [this, what = watcher.what](base::Expected<json> report) {
            asked_[what] = false;
            if (report) {
                *report = named_rows(what, std::move(*report));
            }
            tell(what, report);
        });
    }
    look_later();
}

void Watches::look_later() {
    if (!watchers_.empty()) {
        timer_ = loop_.after(kShortest, [this] { look(); });
    }
}

void Watches::tell(const std::string& what, const base::Expected<json>& report) {
    const base::MonoTime now = posix::read_mono();
    // A sink may remove its watcher, or another one.
    std::vector<std::uint64_t> due;
    for (auto& [id, watcher] : watchers_) {
        if (watcher.what == what && watcher.due <= now) {
            watcher.due = now + watcher.every;
            due.push_back(id);
        }
    }
    for (const std::uint64_t id : due) {
        if (const auto watcher = watchers_.find(id); watcher != watchers_.end()) {
            const Sink sink = watcher->second.sink;
            sink(report);
        }
    }
}

}  // namespace steward::gateway
