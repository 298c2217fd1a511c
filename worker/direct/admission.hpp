// worker/direct: who may come to a worker that listens: its own key, those of its masters, and what
// each of them may do, in the words that a broker has for it. Sends nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/keys/principals.hpp"
#include "common/net/curve.hpp"
#include "common/net/zap.hpp"
#include "worker/direct/front.hpp"

namespace steward::worker {

struct AdmissionFiles {
    std::string key;      // NAME.key, or credential:NAME
    std::string clients;  // the folder of those who may come, a file NAME.pub each
};

/// Read once, at the start.
///
/// Thread: one.  Bound: as Principals.
class Admission {
public:
    /// Opens the context's handler of keys: before the first socket with keys, and outlives them.
    /// Errors: BadConfig for a file that cannot be understood, Io.
    [[nodiscard]] static base::Expected<std::unique_ptr<Admission>> open(
        net::Context& context, const AdmissionFiles& files);

    [[nodiscard]] const net::CurveKeys& keys() const { return keys_; }

    /// Answers those who shake hands. Each turn.
    void answer();

    [[nodiscard]] const net::Socket& socket() const { return zap_.socket(); }

    /// The number that the messages of this user of the machine have; nothing: he must show a key.
    [[nodiscard]] std::optional<std::uint32_t> of_user(std::uint32_t user) const;

    /// Null: nobody with this number may come.
    [[nodiscard]] const MasterRights* rights_of(std::uint32_t number) const;

    /// Who was turned away since the last call, at most kRefusalsMax of them, for the log.
    [[nodiscard]] std::vector<net::ZapQuestion> take_refusals();

    static constexpr std::size_t kRefusalsMax = 20;

private:
    Admission(net::CurveKeys keys, net::ZapHandler zap)
        : keys_(std::move(keys)), zap_(std::move(zap)) {}

    [[nodiscard]] base::Expected<void> read(const std::string& folder);

    net::CurveKeys keys_;
    net::ZapHandler zap_;
    keys::Principals principals_;
    std::vector<std::optional<MasterRights>> rights_;  // by number
    std::vector<net::ZapQuestion> refusals_;
};

}  // namespace steward::worker
