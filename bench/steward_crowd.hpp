// bench: many clients of the library in one thread, as a program with an event loop of its own has
// them: what each peer's many connections are too.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "client/client.hpp"
#include "common/base/time.hpp"

namespace steward::bench {

class StewardCrowd {
public:
    StewardCrowd(client::Options options, std::size_t clients);
    ~StewardCrowd();
    StewardCrowd(const StewardCrowd&) = delete;
    StewardCrowd& operator=(const StewardCrowd&) = delete;

    [[nodiscard]] std::size_t size() const { return clients_.size(); }

    /// To ask something of it, which leaves with flush().
    client::Client& client(std::size_t index);
    /// Sends what was asked of all clients since.
    void flush();
    /// Takes what has come for any of them; `waits` until something has.
    void step(bool waits);

private:
    struct Member {
        std::unique_ptr<client::Client> client;
        bool is_asked = false;
    };

    static void serve(Member& member);
    void serve_all();

    int epoll_;
    std::vector<Member> clients_;
    std::vector<Member*> asked_;
    base::MonoTime served_all_at_{};
};

}  // namespace steward::bench
