// common/keys: which key or user is which client at present. Reads no files: read_client_keys()
// does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/access/principal.hpp"
#include "common/keys/client_keys.hpp"

namespace steward::keys {

using access::kAnonymous;
using access::kOwner;
using access::PrincipalId;

/// Changes in one step when the folder has been read again. What is found here stays where it is
/// until the next set().
///
/// Thread: one.  Bound: as many numbers as there have been keys and users since the start.
class Principals {
public:
    /// Without security: everybody is kAnonymous.
    Principals() = default;

    /// From now on these, and nobody else. `owner`: the user the broker runs as.
    /// Errors: BadConfig for a user whom this machine does not know or who is two clients; then
    ///         nothing has changed.
    [[nodiscard]] base::Expected<void> set(std::vector<ClientKey> clients, std::uint32_t owner);

    [[nodiscard]] bool is_secure() const { return is_secure_; }

    /// Goes up with each set(): what was derived from find() is to be derived anew.
    [[nodiscard]] std::uint32_t version() const { return version_; }

    [[nodiscard]] std::optional<PrincipalId> of_key(std::string_view public_key) const;
    /// The user at the other end of a local stream. Nothing: it has to show a key.
    [[nodiscard]] std::optional<PrincipalId> of_user(std::uint32_t user) const;

    /// Whether a peer with this number may still speak.
    [[nodiscard]] bool is_allowed(PrincipalId id) const {
        return id == kAnonymous ? !is_secure_ : find(id) != nullptr;
    }

    /// Null for a number whose key or user has been removed; for kAnonymous, and for kOwner
    /// without a file, a client with this one's name ("anonymous", "owner") and no grants written.
    [[nodiscard]] const ClientKey* find(PrincipalId id) const;

    /// Everybody who may speak, with what his file says; kOwner too.
    template <class Visit>
    void visit(Visit&& visit) const {
        for (std::uint32_t id = kOwner.value; id < kOwner.value + 1 + proofs_.size(); ++id) {
            if (const ClientKey* client = find({id}); client != nullptr && is_secure_) {
                visit(PrincipalId{id}, *client);
            }
        }
    }

    /// For logs: the client's name, or that of its last file when it has been removed.
    [[nodiscard]] std::string_view name_of(PrincipalId id) const;

    [[nodiscard]] const std::vector<ClientKey>& clients() const { return clients_; }

private:
    static constexpr std::size_t kNone = SIZE_MAX;

    // One for each number.
    struct Proof {
        std::string last_name;
        std::size_t client = kNone;  // in clients_
    };

    using Numbers = std::map<std::string, std::uint32_t, std::less<>>;

    [[nodiscard]] std::uint32_t number_of(const std::string& proof);

    bool is_secure_ = false;
    std::uint32_t version_ = 0;
    std::vector<ClientKey> clients_;
    Numbers numbers_;  // by "key:…" and "user:…"
    std::vector<Proof> proofs_;
    std::uint32_t owner_ = 0;
};

}  // namespace steward::keys
