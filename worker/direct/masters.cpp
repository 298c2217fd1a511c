#include "worker/direct/masters.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "common/net/endpoint.hpp"
#include "common/net/roles.hpp"
#include "common/net/stream_address.hpp"
#include "common/net/stream_format.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::worker {
namespace {

constexpr std::string_view kIpc = "ipc://";
constexpr mode_t kOnlyOwner = 0077;
// Messages read in one turn from one socket: masters that send without end must not keep answers
// from leaving.
constexpr int kMessagesPerTurn = 256;
// Of messages that have begun and not ended, of all masters: who can reach an address without
// keys may send, too.
constexpr std::size_t kUnfinishedBytesMax = 256UL << 20U;
// Between two looks whether masters have gone, which ZeroMQ does not tell.
constexpr base::Duration kPartingPause = std::chrono::milliseconds(10);
constexpr std::size_t kScratchBytes = 64UL << 10U;

// What the system frees when its owner ends, however that is. The file stays: one that removed it
// would take it from under the next one's hands.
base::Expected<posix::UniqueFd> lock_of(const std::string& address) {
    const std::string path = address.substr(kIpc.size()) + ".lock";
    posix::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.is_open()) {
        return posix::io_error("cannot open " + path, errno);
    }
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? base::fail(base::Errc::Io, "another worker listens at " + address)
                   : posix::io_error("cannot lock " + path, errno);
    }
    return fd;
}

// ZeroMQ's own id, which no two connections share. One that a master chooses could be another's.
bool is_given(std::string_view routing_id) {
    return routing_id.size() == 5 && routing_id.front() == '\0';
}

// ZeroMQ makes an ipc socket with the permissions that the process's mask leaves.
base::Expected<std::string> bind_for_owner(net::Socket& router, const std::string& address) {
    const mode_t before = ::umask(kOnlyOwner);
    auto bound = router.bind(address);
    ::umask(before);
    return bound;
}

}  // namespace

struct Masters::Doors {
    Doors(std::unique_ptr<Admission> who, net::Socket its)
        : admission(std::move(who)), router(std::move(its)) {}

    Doors(const Doors&) = delete;
    Doors& operator=(const Doors&) = delete;

    // ZeroMQ leaves the socket of an ipc address where it is. While the lock is held it is ours.
    ~Doors() {
        if (!path.empty()) {
            ::unlink(path.c_str());
        }
    }

    posix::UniqueFd lock;
    std::string path;                      // of an ipc address
    std::unique_ptr<Admission> admission;  // null: whoever reaches the address
    net::Socket router;
    std::optional<net::MessageGuard> guard;      // of a tcp address; ends before the router
    std::unique_ptr<net::StreamServer> streams;  // null: none at this address
};

struct Masters::Channel {
    explicit Channel(int fd)
        : socket(posix::UniqueFd(fd),
                 std::make_unique<net::StreamFraming>(net::MessageBound{},
                                                      net::StreamFraming::End::Accepting)),
          scratch(kScratchBytes) {}

    net::StreamSocket socket;
    std::vector<char> scratch;
    mutable net::Poller::Slot slot = 0;
};

namespace {

// A channel has one master, and no name for it.
const std::string kOnlyMaster = "master";

}  // namespace

// As a broker would be: there from the first moment, and never gone.
class Masters::WorkersEnd final : public net::Connection {
public:
    explicit WorkersEnd(Masters& masters) : masters_(masters) {}

    [[nodiscard]] net::SendStatus send(const net::Frames& frames) override {
        masters_.front_.on_worker(posix::read_mono(), frames);
        masters_.write();
        return net::SendStatus::Sent;
    }

    [[nodiscard]] net::ReceiveStatus receive(net::Frames& frames) override {
        if (!masters_.front_.has_for_worker()) {
            frames.clear();
            return net::ReceiveStatus::Nothing;
        }
        frames = masters_.front_.take_for_worker();
        return net::ReceiveStatus::Received;
    }

    [[nodiscard]] std::optional<net::LinkEvent> next_link() override {
        return std::exchange(is_new_, false) ? std::optional(net::LinkEvent::Connected)
                                             : std::nullopt;
    }

    [[nodiscard]] bool is_connected() const override { return true; }

    [[nodiscard]] std::uint64_t moved_bytes() const override { return 0; }

    [[nodiscard]] std::string refusal() const override { return {}; }

    void add_to(net::Poller& poller) override { poller.add(masters_.wake_.fd()); }

    void watch(net::Poller& /*poller*/, bool /*is_blocked*/) override {
        if (is_new_ || masters_.front_.has_for_worker()) {
            masters_.wake_.wake();
        } else {
            masters_.wake_.clear();
        }
    }

private:
    Masters& masters_;
    bool is_new_ = true;
};

Masters::Masters(MastersOptions&& options, posix::WakeFd wake)
    : secret_(std::move(options.secret)),
      front_(std::move(options.front),
             {secret_ ? std::function<bool(std::string_view)>(
                            [this](std::string_view given) { return secret_->matches(given); })
                      : nullptr,
              std::move(options.complete)},
             posix::read_mono()),
      wake_(std::move(wake)) {}

Masters::~Masters() = default;

base::Expected<std::unique_ptr<Masters>> Masters::open(net::Context& context,
                                                       MastersOptions options) {
    auto wake = posix::WakeFd::open();
    if (!wake) {
        return base::Unexpected(std::move(wake.error()));
    }
    const std::string address = options.address;
    const int channel = options.channel;
    const std::optional<AdmissionFiles> admission = options.admission;
    std::unique_ptr<Masters> masters(new Masters(std::move(options), std::move(*wake)));
    if (channel >= 0) {
        masters->open_channel(channel);
    } else if (auto opened = masters->open_doors(context, address, admission); !opened) {
        return base::Unexpected(std::move(opened.error()));
    }
    return masters;
}

void Masters::open_channel(int fd) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    channel_ = std::make_unique<Channel>(fd);
}

base::Expected<void> Masters::open_doors(net::Context& context,
                                         const std::string& address,
                                         const std::optional<AdmissionFiles>& admission) {
    std::unique_ptr<Admission> who;
    net::SocketOptions options;
    if (admission) {
        auto opened = Admission::open(context, *admission);
        if (!opened) {
            return base::Unexpected(std::move(opened.error()));
        }
        who = std::move(*opened);
        options.curve = who->keys();
    }
    auto router = net::make_router(context, options);
    if (!router) {
        return base::Unexpected(std::move(router.error()));
    }
    auto doors = std::make_unique<Doors>(std::move(who), std::move(*router));
    if (address.starts_with(kIpc)) {
        auto lock = lock_of(address);
        if (!lock) {
            return base::Unexpected(std::move(lock.error()));
        }
        doors->lock = std::move(*lock);
    }
    // At an ipc address there is only the owner, and the system does not count what comes.
    if (!address.starts_with(kIpc)) {
        auto guard = net::MessageGuard::open(
            context,
            doors->router,
            {options.bound.bytes_max, kUnfinishedBytesMax, kUnfinishedBytesMax});
        if (!guard) {
            return base::Unexpected(std::move(guard.error()));
        }
        doors->guard.emplace(std::move(*guard));
    }
    auto bound = bind_for_owner(doors->router, address);
    if (!bound) {
        return base::Unexpected(std::move(bound.error()));
    }
    address_ = *bound;
    doors->path = address_.starts_with(kIpc) ? address_.substr(kIpc.size()) : std::string();
    if (const auto name = net::local_name_of(address_)) {
        auto listening = net::listen_locally(*name);
        if (!listening) {
            return base::Unexpected(std::move(listening.error()));
        }
        net::StreamServerOptions stream;
        stream.unfinished_bytes_max = kUnfinishedBytesMax;
        if (const Admission* const its = doors->admission.get()) {
            stream.admit = [its](std::uint32_t user) { return its->of_user(user); };
        }
        std::vector<net::StreamListener> listeners;
        listeners.push_back({std::move(*listening), net::StreamKind::Native});
        auto streams = net::StreamServer::open(std::move(listeners), stream);
        if (!streams) {
            return base::Unexpected(std::move(streams.error()));
        }
        doors->streams = std::move(*streams);
    }
    doors_ = std::move(doors);
    return {};
}

std::unique_ptr<net::Connection> Masters::connect() {
    return std::make_unique<WorkersEnd>(*this);
}

void Masters::add_to(net::Poller& poller) const {
    if (channel_ != nullptr) {
        channel_->slot = poller.add(channel_->socket.fd());
        return;
    }
    poller.add(doors_->router);
    if (doors_->guard) {
        poller.add(doors_->guard->events());
    }
    if (doors_->admission != nullptr) {
        poller.add(doors_->admission->socket());
    }
    if (doors_->streams != nullptr) {
        poller.add(doors_->streams->fd());
    }
}

void Masters::watch(net::Poller& poller) {
    if (channel_ != nullptr) {
        poller.watch(
            channel_->slot, !is_abandoned_, !is_abandoned_ && channel_->socket.has_unsent());
    }
}

void Masters::part(base::Duration patience) {
    const base::MonoTime until = posix::read_mono() + patience;
    front_.part();
    write();
    if (channel_ != nullptr) {
        channel_->socket.flush_until(until);  // the kernel keeps what was sent until it is read
        return;
    }
    net::Poller poller;
    add_to(poller);
    while (front_.has_masters() && posix::read_mono() < until) {
        if (!poller.wait(kPartingPause)) {
            return;
        }
        read_doors();
        front_.beat();
        write();
    }
}

void Masters::turn() {
    front_.on_time(posix::read_mono());
    if (channel_ != nullptr) {
        read_channel();
    } else {
        read_doors();
    }
    write();
}

void Masters::read_channel() {
    wire::Frames frames;
    channel_->socket.flush();
    for (int i = 0; i < kMessagesPerTurn && !is_abandoned_; ++i) {
        switch (channel_->socket.receive(channel_->scratch, frames)) {
            case net::ReceiveStatus::Received:
                front_.on_master(posix::read_mono(), kOnlyMaster, frames, true);
                break;
            case net::ReceiveStatus::Nothing: return;
            case net::ReceiveStatus::TooLarge:
            case net::ReceiveStatus::Closed:
                is_abandoned_ = true;
                front_.lost(kOnlyMaster);
                break;
        }
    }
}

void Masters::read_doors() {
    const base::MonoTime now = posix::read_mono();
    if (doors_->admission != nullptr) {
        doors_->admission->answer();
    }
    read_router(now);
    cut_the_unfinished(now);
    if (doors_->streams != nullptr) {
        read_streams(now);
    }
}

std::optional<base::MonoTime> Masters::next_look() const {
    return doors_ != nullptr && doors_->guard && !doors_->guard->is_alone()
               ? std::optional(doors_->guard->next_look())
               : std::nullopt;
}

void Masters::cut_the_unfinished(base::MonoTime now) {
    if (doors_->guard) {
        std::ranges::move(doors_->guard->look(now), std::back_inserter(cuts_));
    }
    if (doors_->streams != nullptr) {
        std::ranges::move(doors_->streams->take_cuts(), std::back_inserter(cuts_));
    }
}

const MasterRights* Masters::rights_of(std::uint32_t number) const {
    return doors_->admission != nullptr ? doors_->admission->rights_of(number) : nullptr;
}

void Masters::read_router(base::MonoTime now) {
    const bool has_keys = doors_->admission != nullptr;
    std::string master;
    wire::Frames frames;
    net::Origin origin;
    for (int i = 0; i < kMessagesPerTurn; ++i) {
        const net::OriginWish wish{has_keys, doors_->guard && doors_->guard->is_asking()};
        const auto status = wish.any() ? doors_->router.receive_from(master, frames, wish, origin)
                                       : doors_->router.receive_from(master, frames);
        if (wish.fd) {
            doors_->guard->received(status, origin.fd);
        }
        if (status == net::ReceiveStatus::Received && has_keys && !is_given(master)) {
            front_.turn_away(now, master, "this worker gives routing ids itself");
        } else if (status == net::ReceiveStatus::Received) {
            front_.on_master(now, master, frames, false, rights_of(origin.number));
        } else if (status != net::ReceiveStatus::TooLarge) {
            return;
        }
    }
}

void Masters::read_streams(base::MonoTime now) {
    std::string master;
    wire::Frames frames;
    doors_->streams->look(now);
    for (int i = 0; i < kMessagesPerTurn; ++i) {
        switch (doors_->streams->receive(master, frames)) {
            case net::ReceiveStatus::Received:
                front_.on_master(now, master, frames, true, rights_of(doors_->streams->number()));
                break;
            case net::ReceiveStatus::Closed: front_.lost(master); break;
            case net::ReceiveStatus::TooLarge: break;  // Closed follows
            case net::ReceiveStatus::Nothing: return;
        }
    }
}

std::vector<net::ZapQuestion> Masters::take_refused_keys() {
    return doors_ != nullptr && doors_->admission != nullptr ? doors_->admission->take_refusals()
                                                             : std::vector<net::ZapQuestion>();
}

net::SendStatus Masters::send(const std::string& master, const wire::Frames& frames) {
    if (channel_ != nullptr) {
        return channel_->socket.send(frames);
    }
    if (doors_->streams != nullptr && net::is_given_name(master)) {
        return doors_->streams->send(master, frames);
    }
    return doors_->router.send_to(master, frames);
}

void Masters::write() {
    for (const std::string& master : front_.addressed()) {
        bool goes_on = true;
        while (goes_on) {
            const wire::Frames* message = front_.message_for(master);
            if (message == nullptr) {
                break;
            }
            switch (send(master, *message)) {
                case net::SendStatus::Sent: front_.sent(master); break;
                case net::SendStatus::WouldBlock: goes_on = false; break;
                case net::SendStatus::Unroutable:
                case net::SendStatus::Closed:
                    front_.lost(master);
                    goes_on = false;
                    break;
            }
        }
    }
}

}  // namespace steward::worker
