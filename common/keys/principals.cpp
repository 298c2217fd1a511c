#include "common/keys/principals.hpp"

#include <utility>

#include "common/posix/user.hpp"

namespace steward::keys {
namespace {

const ClientKey kNobody{
    .name = "anonymous", .public_key = {}, .local_users = {}, .grants = {}, .file = {}};
const ClientKey kTheOwner{
    .name = "owner", .public_key = {}, .local_users = {}, .grants = {}, .file = {}};

// After kAnonymous and kOwner.
constexpr std::uint32_t kFirst = 2;

std::string key_proof(std::string_view key) {
    return "key:" + std::string(key);
}

std::string user_proof(std::uint32_t user) {
    return "user:" + std::to_string(user);
}

}  // namespace

std::uint32_t Principals::number_of(const std::string& proof) {
    const auto [found, is_new] =
        numbers_.emplace(proof, kFirst + static_cast<std::uint32_t>(proofs_.size()));
    if (is_new) {
        proofs_.emplace_back();
    }
    return found->second;
}

base::Expected<void> Principals::set(std::vector<ClientKey> clients, std::uint32_t owner) {
    std::map<std::string, std::size_t> present;
    for (std::size_t i = 0; i < clients.size(); ++i) {
        const ClientKey& client = clients[i];
        if (!client.public_key.empty()) {
            present.emplace(key_proof(client.public_key), i);
        }
        for (const std::string& name : client.local_users) {
            const auto user = posix::user_id(name);
            if (!user) {
                return base::fail(base::Errc::BadConfig,
                                  client.file + ": local_users: this machine has no user " + name);
            }
            const auto [before, is_new] = present.emplace(user_proof(*user), i);
            if (!is_new) {
                return base::fail(base::Errc::BadConfig,
                                  client.file + ": local_users: " + name + " is also in " +
                                      clients[before->second].file);
            }
        }
    }
    for (Proof& proof : proofs_) {
        proof.client = kNone;
    }
    for (const auto& [text, client] : present) {
        Proof& proof = proofs_[number_of(text) - kFirst];
        proof = {clients[client].name, client};
    }
    clients_ = std::move(clients);
    owner_ = owner;
    is_secure_ = true;
    ++version_;
    return {};
}

std::optional<PrincipalId> Principals::of_key(std::string_view public_key) const {
    const auto found = numbers_.find(key_proof(public_key));
    const PrincipalId id{found == numbers_.end() ? 0 : found->second};
    return id.value != 0 && is_allowed(id) ? std::optional(id) : std::nullopt;
}

std::optional<PrincipalId> Principals::of_user(std::uint32_t user) const {
    if (!is_secure_) {
        return kAnonymous;
    }
    const auto found = numbers_.find(user_proof(user));
    if (found != numbers_.end() && is_allowed({found->second})) {
        return PrincipalId{found->second};
    }
    return user == 0 || user == owner_ ? std::optional(kOwner) : std::nullopt;
}

const ClientKey* Principals::find(PrincipalId id) const {
    if (id == kAnonymous) {
        return &kNobody;
    }
    if (id == kOwner) {
        return &kTheOwner;
    }
    const std::size_t place = id.value - kFirst;
    return place < proofs_.size() && proofs_[place].client != kNone
               ? &clients_[proofs_[place].client]
               : nullptr;
}

std::string_view Principals::name_of(PrincipalId id) const {
    if (const ClientKey* client = find(id)) {
        return client->name;
    }
    const std::size_t place = id.value - kFirst;
    return place < proofs_.size() ? std::string_view(proofs_[place].last_name) : "nobody";
}

}  // namespace steward::keys
