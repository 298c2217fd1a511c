#include "broker/app/key_grants.hpp"

#include <utility>

namespace steward::app {
namespace {

// What cannot be understood grants nothing.
access::Grants grants_in(access::PrincipalId who, const keys::ClientKey& client) {
    return who == access::kOwner ? access::Grants::all()
                                 : access::Grants::from(client.grants).value_or(access::Grants());
}

}  // namespace

base::Expected<void> check_grants(const std::vector<keys::ClientKey>& clients) {
    for (const keys::ClientKey& client : clients) {
        if (auto grants = access::Grants::from(client.grants); !grants) {
            grants.error().message = client.file + ": " + grants.error().message;
            return base::Unexpected(std::move(grants.error()));
        }
    }
    return {};
}

std::vector<KeyGrants> grants_of(const keys::Principals& principals) {
    std::vector<KeyGrants> all;
    principals.visit([&](access::PrincipalId who, const keys::ClientKey& client) {
        all.push_back({who, client.name, grants_in(who, client)});
    });
    return all;
}

bool may_hear_news(const keys::Principals& principals, access::PrincipalId who) {
    const keys::ClientKey* client = principals.find(who);
    return client != nullptr && grants_in(who, *client).reads_all();
}

}  // namespace steward::app
