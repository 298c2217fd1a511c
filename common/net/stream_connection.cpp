#include "common/net/stream_connection.hpp"

#include <utility>

#include "common/net/stream_format.hpp"
#include "common/posix/clock.hpp"

namespace steward::net {
namespace {

constexpr std::size_t kReadBytes = 64UL << 10U;

}  // namespace

StreamConnection::StreamConnection(posix::UniqueFd fd,
                                   const SocketOptions& options,
                                   std::shared_ptr<Context::TurnedAway> turned_away,
                                   std::string name)
    : socket_(std::move(fd),
              std::make_unique<StreamFraming>(options.bound, StreamFraming::End::Connecting)),
      linger_(options.linger),
      scratch_(kReadBytes),
      turned_away_(std::move(turned_away)),
      name_(std::move(name)) {}

StreamConnection::~StreamConnection() {
    socket_.flush_until(posix::read_mono() + linger_);
}

SendStatus StreamConnection::send(const Frames& frames) {
    if (link_ != Link::Standing) {
        return SendStatus::WouldBlock;
    }
    const SendStatus status = socket_.send(frames);
    return status == SendStatus::Closed ? SendStatus::WouldBlock : status;
}

ReceiveStatus StreamConnection::receive(Frames& frames) {
    if (link_ != Link::Standing) {
        frames.clear();
        return ReceiveStatus::Nothing;
    }
    socket_.flush();
    ReceiveStatus status = socket_.receive(scratch_, frames);
    // Only the first message can be such a word.
    if (status == ReceiveStatus::Received && !std::exchange(has_heard_, true) &&
        frames.size() == 2 && frames[0].view() == kStreamRefusal) {
        refusal_ = frames[1].view();
        if (turned_away_ != nullptr) {
            const std::scoped_lock lock(turned_away_->mutex);
            turned_away_->names.insert(name_);
        }
        status = ReceiveStatus::Closed;
    }
    if (status == ReceiveStatus::Closed || status == ReceiveStatus::TooLarge) {
        link_ = Link::Lost;
    }
    return status == ReceiveStatus::Closed ? ReceiveStatus::Nothing : status;
}

std::optional<LinkEvent> StreamConnection::next_link() {
    switch (link_) {
        case Link::New: link_ = Link::Standing; return LinkEvent::Connected;
        case Link::Lost: link_ = Link::Told; return LinkEvent::Disconnected;
        case Link::Standing:
        case Link::Told: break;
    }
    return std::nullopt;
}

bool StreamConnection::is_connected() const {
    return link_ == Link::Standing;
}

void StreamConnection::add_to(Poller& poller) {
    slot_ = poller.add(socket_.fd());
}

// While next_link() has something to tell, the wait ends at once: there is always room to write to
// a socket that has just been connected, or cut.
void StreamConnection::watch(Poller& poller, bool is_blocked) {
    const bool stands = link_ == Link::Standing;
    poller.watch(slot_, stands, !stands || is_blocked || socket_.has_unsent());
}

}  // namespace steward::net
