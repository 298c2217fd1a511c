// tests/unit/gateway_access: bearer tokens, from a text and from the disk.
#include "gateway/access/tokens.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "common/base/bytes.hpp"
#include "gateway/access/admission.hpp"
#include "gateway/access/file/token_file.hpp"

namespace steward::gateway {
namespace {

using base::Errc;

std::string hash_of(std::string_view secret) {
    const Digest digest = sha256_of(secret);
    return base::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string token(const std::string& name, const std::string& secret, const std::string& roles) {
    return "[[token]]\nname = \"" + name + "\"\nroles = [" + roles + "]\nsha256 = \"" +
           hash_of(secret) + "\"\n";
}

Tokens tokens_of(const std::string& text) {
    auto tokens = Tokens::parse(text, "tokens.toml");
    REQUIRE_MESSAGE(tokens, (tokens ? "" : tokens.error().message));
    return *tokens;
}

std::string fault_of(const std::string& text) {
    const auto tokens = Tokens::parse(text, "tokens.toml");
    REQUIRE_FALSE(tokens);
    CHECK(tokens.error().code == Errc::BadConfig);
    return tokens.error().message;
}

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

class Folder {
public:
    Folder() { REQUIRE(::mkdtemp(path_) != nullptr); }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() {
        ::unlink(file().c_str());
        ::rmdir(path_);
    }

    [[nodiscard]] std::string file() const { return std::string(path_) + "/tokens.toml"; }

    [[nodiscard]] std::string path() const { return path_; }

    void write(const std::string& text, mode_t mode) const {
        ::unlink(file().c_str());
        const int fd = ::open(file().c_str(), O_CREAT | O_WRONLY, 0600);
        REQUIRE(fd >= 0);
        CHECK(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        CHECK(::fchmod(fd, mode) == 0);
        ::close(fd);
    }

private:
    char path_[32] = "/tmp/steward-tokens-XXXXXX";
};

}  // namespace

TEST_CASE("SHA-256 is what it is elsewhere") {
    CHECK(hash_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hash_of("test") == "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    CHECK(same_digest(sha256_of("a"), sha256_of("a")));
    CHECK_FALSE(same_digest(sha256_of("a"), sha256_of("b")));
}

TEST_CASE("A secret is a visitor with its token's name and roles") {
    const Tokens tokens = tokens_of(token("ci", "one", R"("read", "submit", "read")") +
                                    token("ops", "two", R"("operate")"));
    CHECK(tokens.size() == 2);
    REQUIRE(tokens.find("one") != nullptr);
    CHECK(*tokens.find("one") == Visitor{"ci", kRead | kSubmit});
    CHECK(*tokens.find("two") == Visitor{"ops", kOperate});
    CHECK(*tokens.named("ops") == Visitor{"ops", kOperate});
    CHECK(tokens.named("x") == nullptr);
    CHECK(tokens.find("three") == nullptr);
    CHECK(tokens.find("on") == nullptr);
    CHECK(tokens.find("") == nullptr);
    CHECK(tokens.find(hash_of("one")) == nullptr);
    CHECK(tokens_of("").empty());
}

TEST_CASE("A secret is held to its length") {
    const std::string longest(kSecretBytesMax, 'x');
    const Tokens tokens =
        tokens_of(token("a", longest, R"("read")") + token("b", longest + "x", R"("read")"));
    CHECK(tokens.find(longest) != nullptr);
    CHECK(tokens.find(longest + "x") == nullptr);
}

TEST_CASE("A file of tokens is strict and tells the place") {
    CHECK(says(fault_of("[[token]]\nname = \"a\"\nroles = [\"read\"]\n"), "needs \"sha256\""));
    CHECK(says(fault_of(token("", "s", R"("read")")), "tokens.toml:2:"));
    CHECK(says(fault_of(token("a", "s", R"("reed")")), "read"));
    CHECK(says(fault_of(token("a", "s", "")), "one or more of read, submit, operate"));
    CHECK(says(fault_of(token("a", "s", R"("read")") + token("a", "t", R"("read")")),
               "tokens.toml: [[token]] \"a\": the name comes twice"));
    CHECK(says(fault_of(token("a", "s", R"("read")") + token("b", "s", R"("read")")),
               "\"b\": has the same secret as \"a\""));
    CHECK(says(fault_of("[token]\n"), "two brackets"));
    const std::string longest(kTokenNameBytesMax, 'n');
    CHECK(tokens_of(token(longest, "s", R"("read")")).size() == 1);
    CHECK(says(fault_of(token(longest + "n", "s", R"("read")")), "64"));
}

TEST_CASE("No error shows a secret or a hash") {
    for (const char* value : {"\"hunter2\"", "123456", "1.25", "[\"hunter2\"]", "true"}) {
        const std::string fault =
            fault_of("[[token]]\nname = \"a\"\nroles = [\"read\"]\nsha256 = " + std::string(value));
        CHECK_MESSAGE(says(fault, "(not shown)"), fault);
        CHECK_FALSE(says(fault, "hunter2"));
        CHECK_FALSE(says(fault, "123456"));
    }
    CHECK_FALSE(
        says(fault_of(token("a", "s", R"("read")") + token("a", "t", R"("read")")), hash_of("s")));
}

TEST_CASE("There are as many tokens as allowed, and not one more") {
    std::string text;
    for (std::size_t i = 0; i < kTokensMax; ++i) {
        text += token("t" + std::to_string(i), "s" + std::to_string(i), R"("read")");
    }
    const Tokens tokens = tokens_of(text);
    CHECK(tokens.size() == kTokensMax);
    CHECK(tokens.find("s999")->name == "t999");
    CHECK(says(fault_of(text + token("more", "more", R"("read")")), "at most 1000 times"));
}

TEST_CASE("A bearer's secret stands behind the word") {
    CHECK(bearer_of("Bearer abc") == "abc");
    CHECK(bearer_of("bearer  abc") == "abc");
    CHECK_FALSE(bearer_of("Bearer "));
    CHECK_FALSE(bearer_of("Bearer   "));
    CHECK_FALSE(bearer_of("Bearer"));
    CHECK_FALSE(bearer_of("Basic abc"));
    CHECK_FALSE(bearer_of(""));
}

TEST_CASE("Roles have names") {
    CHECK(role_named("submit") == kSubmit);
    CHECK_FALSE(role_named("all"));
    CHECK(names_of_roles(kAllRoles) == std::vector<std::string_view>{"read", "submit", "operate"});
    CHECK(names_of_roles(0).empty());
}

TEST_CASE("A file that nobody else may read is read") {
    const Folder folder;
    folder.write(token("ci", "one", R"("read")"), 0600);
    const auto tokens = read_token_file(folder.file());
    REQUIRE_MESSAGE(tokens, (tokens ? "" : tokens.error().message));
    CHECK(tokens->find("one") != nullptr);
    folder.write(token("ci", "one", R"("read")"), 0400);
    CHECK(read_token_file(folder.file()));
}

TEST_CASE("A file that others may read or write is refused with what to do") {
    const Folder folder;
    for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U}) {
        folder.write(token("ci", "one", R"("read")"), mode);
        const auto tokens = read_token_file(folder.file());
        REQUIRE_FALSE(tokens);
        CHECK(tokens.error().code == Errc::BadConfig);
        CHECK(says(tokens.error().message, "chmod 600 " + folder.file()));
    }
    folder.write(token("ci", "one", R"("read")"), 0640);
    CHECK(says(read_token_file(folder.file()).error().message, "mode 0640"));
}

TEST_CASE("What is no file of tokens is refused") {
    const Folder folder;
    CHECK(read_token_file(folder.file()).error().code == Errc::Io);
    CHECK(says(read_token_file(folder.path()).error().message, "plain file"));
    folder.write("x", 0600);
    CHECK(says(read_token_file(folder.file()).error().message, folder.file() + ":1:"));
    folder.write(std::string((1U << 20U) + 1, '#'), 0600);
    CHECK(says(read_token_file(folder.file()).error().message, "larger than 1048576 bytes"));
}

TEST_CASE("a token that is bound submits to its services, in its channels and groups") {
    const Tokens tokens =
        tokens_of(token("ci", "one", "\"submit\"") +
                  "submit = [\"mail.*\"]\nchannels = [\"eu\"]\npriority_max = 5000\n" +
                  token("free", "two", "\"submit\"") + token("grouped", "three", "\"submit\"") +
                  "groups = [\"acme\"]\n");
    model::JobOptions options;
    const Visitor& ci = *tokens.named("ci");
    CHECK(admit(kSubmit, ci.grants, ci.name, "mail.send", options));
    CHECK(options.channel == model::Label("eu"));
    const auto refused = admit(kSubmit, ci.grants, ci.name, "resize", options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::Forbidden);
    CHECK(says(refused.error().message, "submit = [\"resize\"]"));
    options.priority = 5001;
    CHECK_FALSE(admit(kSubmit, ci.grants, ci.name, "mail.send", options));

    model::JobOptions any;
    CHECK(tokens.named("free")->grants == nullptr);
    CHECK(admit(kSubmit, nullptr, "free", "resize", any));
    for (const char* question : {"SERVER-JOBS", "mmi.services"}) {
        CHECK_FALSE(admit(kSubmit | kOperate, nullptr, "free", question, any));
        CHECK(admit(kSubmit | kRead, nullptr, "free", question, any));
    }
    CHECK(any == model::JobOptions{});
    CHECK(admit(kSubmit, tokens.named("grouped")->grants, "grouped", "resize", any));
    CHECK(any.group == model::Label("acme"));
    CHECK(says(fault_of(token("ci", "one", "\"submit\"") + "submit = [\"a b\"]\n"), "submit"));
}

}  // namespace steward::gateway
