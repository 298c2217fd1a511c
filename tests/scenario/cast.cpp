// tests/scenario: names to values and back.
#include "tests/scenario/cast.hpp"

#include <algorithm>

#include "common/base/whole_number.hpp"

namespace steward::scenario {
namespace {

std::uint64_t number_in(const Words& line, std::string_view text) {
    const auto value = base::parse_whole<std::uint64_t>(text);
    if (!value) {
        line.fail("\"" + std::string(text) + "\" is no number");
    }
    return *value;
}

}  // namespace

model::Peer Cast::peer(std::string_view name) {
    const auto found = std::find(peers_.begin(), peers_.end(), name);
    if (found != peers_.end()) {
        return {static_cast<std::uint64_t>(found - peers_.begin()) + 1};
    }
    peers_.emplace_back(name);
    return {peers_.size()};
}

std::string Cast::name_of(model::Peer peer) const {
    return peer.value == 0 || peer.value > peers_.size() ? "nobody" : peers_[peer.value - 1];
}

std::uint64_t Cast::session_of(std::string_view client) {
    std::uint64_t session = 1;
    for (const char letter : client.substr(0, client.find('\''))) {
        session = session * 256 + static_cast<unsigned char>(letter);
    }
    return session;
}

model::JobId Cast::job(const Words& line, std::string_view text) const {
    std::size_t run = 1;
    if (text.starts_with("run")) {
        const std::size_t hash = text.find('#');
        run = static_cast<std::size_t>(number_in(line, text.substr(3, hash - 3)));
        text.remove_prefix(std::min(hash, text.size()));
    }
    if (!text.starts_with("#") || run == 0 || run > epochs_.size()) {
        line.fail("\"" + std::string(text) + "\" names no job");
    }
    return {epochs_[run - 1], number_in(line, text.substr(1))};
}

std::string Cast::name_of(const model::JobId& job) const {
    const auto found = std::find(epochs_.begin(), epochs_.end(), job.epoch);
    const auto run = found - epochs_.begin() + 1;
    return (run == 1 ? "#" : "run" + std::to_string(run) + "#") + std::to_string(job.number);
}

model::Attempt Cast::attempt(const Words& line, std::string_view text) const {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
        return {job(line, text), 0};
    }
    return {job(line, text.substr(0, slash)),
            static_cast<std::uint32_t>(number_in(line, text.substr(slash + 1)))};
}

std::string Cast::name_of(const model::Attempt& attempt) const {
    return name_of(attempt.job) + "/" + std::to_string(attempt.number);
}

std::string Cast::with_names(std::string text) const {
    const std::size_t length = model::JobId{}.text().size();
    for (std::size_t at = 0; at + length <= text.size(); ++at) {
        const auto job = model::JobId::parse(std::string_view(text).substr(at, length));
        if (job && std::find(epochs_.begin(), epochs_.end(), job->epoch) != epochs_.end()) {
            text.replace(at, length, name_of(*job));
        }
    }
    return text;
}

}  // namespace steward::scenario
