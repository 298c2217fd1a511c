#include "gateway/access/tokens.hpp"

#include <algorithm>
#include <utility>

#include "common/base/assert.hpp"
#include "common/base/bytes.hpp"
#include "common/config/schema.hpp"
#include "gateway/message/message.hpp"

namespace steward::gateway {

namespace {

struct Row {
    std::string name;
    std::vector<std::string> roles;
    std::string sha256;
    access::GrantLines lines;

    [[nodiscard]] bool is_bound() const {
        return !lines.submit.empty() || !lines.channels.empty() || !lines.groups.empty() ||
               lines.priority_max.has_value();
    }
};

base::Expected<void> check_sha256(std::string_view hex) {
    const auto bytes = base::from_hex(hex);
    return bytes && bytes->size() == Digest{}.size()
               ? base::Expected<void>()
               : base::fail(base::Errc::BadConfig,
                            "sha256 is 64 hex digits, the SHA-256 of the secret and not the secret "
                            "itself: printf %s SECRET | sha256sum");
}

// The hash is not shown, for it may be a secret that was put there by mistake.
config::RowTable table_of(Row& scratch, std::vector<Row>& rows) {
    return {.name = "token",
            .doc = {},
            .fields = {{.key = "name",
                        .target = &scratch.name,
                        .doc = {},
                        .is_required = true,
                        .min = 1,
                        .max = kTokenNameBytesMax},
                       {.key = "roles",
                        .target = &scratch.roles,
                        .doc = {},
                        .is_required = true,
                        .words = {"read", "submit", "operate"}},
                       {.key = "sha256",
                        .target = &scratch.sha256,
                        .doc = {},
                        .takes_numbers = true,
                        .is_required = true,
                        .is_secret = true,
                        .check = &check_sha256},
                       {.key = "submit", .target = &scratch.lines.submit, .doc = {}},
                       {.key = "channels", .target = &scratch.lines.channels, .doc = {}},
                       {.key = "groups", .target = &scratch.lines.groups, .doc = {}},
                       {.key = "priority_max",
                        .target = &scratch.lines.priority_max,
                        .doc = {},
                        .max = INT32_MAX}},
            .rows_max = kTokensMax,
            .clear =
                [&] {
                    rows.clear();
                    scratch = {};
                },
            .take = [&] { rows.push_back(std::exchange(scratch, {})); },
            .show = [](std::size_t) { return false; }};
}

base::Unexpected bad_token(const std::string& name, std::string_view why) {
    std::string message = "[[token]] \"" + base::printable(name) + "\": ";
    message += why;
    return base::fail(base::Errc::BadConfig, std::move(message));
}

base::Expected<TokenGrants> grants_of(Row& row) {
    if (!row.is_bound()) {
        return nullptr;
    }
    if (row.lines.submit.empty()) {
        row.lines.submit = {"*"};
    }
    return access::Grants::from(row.lines).map([](access::Grants&& grants) {
        return std::make_shared<const access::Grants>(std::move(grants));
    });
}

}  // namespace

base::Expected<Tokens> Tokens::parse(std::string_view text, const std::string& name) {
    Row scratch;
    std::vector<Row> rows;
    config::Schema schema;
    schema.tables.push_back(table_of(scratch, rows));
    if (auto loaded = schema.load(text, name); !loaded) {
        return base::Unexpected(std::move(loaded.error()));
    }
    Tokens tokens;
    for (Row& row : rows) {
        auto grants = grants_of(row);
        if (!grants) {
            grants.error().message =
                name + ": " + bad_token(row.name, grants.error().message).value().message;
            return base::Unexpected(std::move(grants.error()));
        }
        Visitor visitor{std::move(row.name), 0, *std::move(grants)};
        if (auto added = tokens.add(std::move(visitor), row.roles, row.sha256); !added) {
            added.error().message = name + ": " + added.error().message;
            return base::Unexpected(std::move(added.error()));
        }
    }
    return tokens;
}

base::Expected<void> Tokens::add(Visitor visitor,
                                 const std::vector<std::string>& roles,
                                 std::string_view hex) {
    for (const std::string& role : roles) {
        visitor.roles |= role_named(role).value_or(Role{});
    }
    Token token{std::move(visitor), {}};
    const std::string& name = token.visitor.name;
    if (token.visitor.roles == 0) {
        return bad_token(name, "roles is a list of one or more of read, submit, operate");
    }
    if (named(name) != nullptr) {
        return bad_token(name, "the name comes twice");
    }
    const std::string bytes = base::from_hex(hex).value_or("");
    STEWARD_ASSERT(bytes.size() == token.digest.size());  // the schema has checked it
    std::ranges::copy(bytes, token.digest.begin());
    const auto twin = std::ranges::find(tokens_, token.digest, &Token::digest);
    if (twin != tokens_.end()) {
        return bad_token(name,
                         "has the same secret as \"" + base::printable(twin->visitor.name) + "\"");
    }
    tokens_.push_back(std::move(token));
    return {};
}

const Visitor* Tokens::find(std::string_view secret) const {
    if (secret.empty() || secret.size() > kSecretBytesMax) {
        return nullptr;
    }
    const Digest digest = sha256_of(secret);
    const Visitor* found = nullptr;
    for (const Token& token : tokens_) {
        if (same_digest(token.digest, digest)) {
            found = &token.visitor;  // and on, as for those who have none
        }
    }
    return found;
}

const Visitor* Tokens::named(std::string_view name) const {
    const auto found = std::ranges::find_if(
        tokens_, [&](const Token& token) { return token.visitor.name == name; });
    return found == tokens_.end() ? nullptr : &found->visitor;
}

std::optional<std::string_view> bearer_of(std::string_view authorization) {
    constexpr std::string_view kScheme = "Bearer ";
    if (authorization.size() <= kScheme.size() ||
        !same_name(authorization.substr(0, kScheme.size()), kScheme)) {
        return std::nullopt;
    }
    const std::string_view secret = authorization.substr(kScheme.size());
    const std::size_t from = secret.find_first_not_of(' ');
    return from == std::string_view::npos ? std::nullopt : std::optional(secret.substr(from));
}

}  // namespace steward::gateway
