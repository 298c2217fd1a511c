// bench: many clients of the library in one thread, as a program with an event loop of its own has
// them: what each peer's many connections are too.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "client/client.hpp"
#include "common/base/time.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::bench {

class StewardCrowd {
public:
    StewardCrowd(client::Options options, std::size_t clients);

    [[nodiscard]] std::size_t size() const { return clients_.size(); }

    /// To ask something of it, which leaves with step().
    client::Client& client(std::size_t index);
    /// Sends what was asked of all clients since, waits until something comes for any of them, and
    /// takes it.
    void step();

private:
    struct Member {
        std::unique_ptr<client::Client> client;
        bool is_asked = false;
    };

    static void serve(Member& member);
    void serve_all();

    posix::UniqueFd epoll_;
    std::vector<Member> clients_;
    std::vector<Member*> asked_;
    base::MonoTime served_all_at_{};
};

}  // namespace steward::bench
