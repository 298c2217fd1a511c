#include "gateway/api/news_reader.hpp"

#include <chrono>
#include <utility>

namespace steward::gateway {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration kLongest = 1s;  // between two looks at whether this is to end
constexpr auto kPauseAfterFault = 100ms;

}  // namespace

base::Expected<std::unique_ptr<NewsReader>> NewsReader::start(
    Loop& loop,
    const std::vector<std::string>& endpoints,
    const keys::KeyFiles& keys,
    Take take,
    std::function<void()> on_gap) {
    auto news = client::News::open_silent(endpoints, keys);
    auto wake = posix::WakeFd::open();
    if (!news || !wake) {
        return base::Unexpected(news ? wake.error() : news.error());
    }
    std::unique_ptr<NewsReader> reader(
        new NewsReader(loop, std::move(*news), std::move(*wake), std::move(take)));
    reader->on_gap_ = std::move(on_gap);
    reader->thread_ = std::thread([self = reader.get()] { self->run(); });
    return reader;
}

NewsReader::NewsReader(Loop& loop, client::News news, posix::WakeFd wake, Take take)
    : loop_(loop), news_(std::move(news)), wake_(std::move(wake)), take_(std::move(take)) {}

NewsReader::~NewsReader() {
    is_ending_ = true;
    wake_.wake();
    thread_.join();
}

void NewsReader::add(std::string topic, std::function<void()> told) {
    tell({std::move(topic), true, std::move(told)});
}

void NewsReader::remove(std::string topic) {
    tell({std::move(topic), false, {}});
}

void NewsReader::tell(Change change) {
    {
        const std::lock_guard lock(mutex_);
        changes_.push_back(std::move(change));
    }
    wake_.wake();
}

void NewsReader::apply_changes() {
    std::vector<Change> changes;
    {
        const std::lock_guard lock(mutex_);
        changes.swap(changes_);
    }
    for (Change& change : changes) {
        // A topic beyond the bounds is not heard; whoever follows it still hears the end of jobs.
        if (change.is_added) {
            static_cast<void>(news_.add(change.topic));
            if (change.told) {
                loop_.post(std::move(change.told));
            }
        } else {
            static_cast<void>(news_.remove(change.topic));
        }
    }
}

// Who is away misses what happens meanwhile, however short that is. The gap is behind what was
// taken already; while there may be more from before it, it comes again behind that.
void NewsReader::look_at_connections(bool is_all_taken) {
    const std::uint64_t connections = news_.connections();
    if (connections == connections_) {
        return;
    }
    loop_.post([this] { on_gap_(); });
    if (is_all_taken) {
        connections_ = connections;
    }
}

void NewsReader::run() {
    while (!is_ending_) {
        wake_.clear();
        apply_changes();
        auto events = news_.next_batch(kLongest, wake_.fd(), kEventsAtOnce);
        const bool is_all_taken = !events || events->size() < kEventsAtOnce;
        if (!events) {
            std::this_thread::sleep_for(kPauseAfterFault);
        } else if (!events->empty()) {
            loop_.post([this, batch = std::move(*events)]() mutable { take_(std::move(batch)); });
        }
        look_at_connections(is_all_taken);
    }
}

}  // namespace steward::gateway
