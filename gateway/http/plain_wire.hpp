// gateway/http: a connection without TLS: a socket that is read when it is known that there is
// something, and written at once. Private to this folder.
#pragma once

#include "common/posix/unique_fd.hpp"
#include "gateway/http/readiness.hpp"
#include "gateway/http/wire.hpp"

namespace steward::gateway {

class PlainWire : public Wire, public Readiness::Watcher {
public:
    PlainWire(std::shared_ptr<Site> site, Socket socket);
    ~PlainWire() override;

    void open(std::shared_ptr<User> user) override;
    void read(beast::flat_buffer& to, std::size_t bytes_max) override;
    [[nodiscard]] std::size_t write_some(const Pieces& pieces) override;
    void write(const Pieces& pieces) override;

    [[nodiscard]] bool is_half_closed() const override { return is_half_closed_; }

    void shut() override;
    void close() override;

    [[nodiscard]] bool is_secure() const override { return false; }

    void become_stream(std::string head,
                       bool is_chunked,
                       const Exchange::MakeListener& make) override;
    void become_web_socket(const Message& message, Exchange::MakeListener make) override;

    void on_edges(const Readiness::Edges& edges) override;

private:
    void read_soon();
    void read_now();
    void write_on();
    [[nodiscard]] PlainStream library_stream();

    std::shared_ptr<Site> site_;
    Socket::executor_type executor_;
    asio::ip::tcp protocol_;
    posix::UniqueFd fd_;
    std::weak_ptr<User> user_;
    beast::flat_buffer* to_ = nullptr;  // set: a read is wanted
    std::size_t read_max_ = 0;
    Pieces rest_{};
    bool is_writing_ = false;
    bool may_read_ = false;  // there may be something
    bool is_half_closed_ = false;
};

}  // namespace steward::gateway
