// gateway/http: a request as its handler has it. Private to this folder.
#pragma once

#include <memory>
#include <utility>

#include "gateway/http/connection.hpp"

namespace steward::gateway {

class Turn : public Exchange {
public:
    Turn(std::shared_ptr<Connection> connection,
         std::uint64_t number_given,
         Request&& request,
         unsigned version_given);
    ~Turn() override;

    [[nodiscard]] const Request& request() const override { return request_; }

    [[nodiscard]] Request& request() override { return request_; }

    void answer(Response&& response) override;
    void stream(Response&& head, const MakeListener& make) override;
    void upgrade(MakeListener make) override;
    [[nodiscard]] bool wants_upgrade() const override;

    const std::uint64_t number;
    const unsigned version;
    const base::MonoTime asked_at;

private:
    [[nodiscard]] std::shared_ptr<Connection> let_go();

    std::shared_ptr<Connection> connection_;  // null: answered
    Request request_;
};

}  // namespace steward::gateway
