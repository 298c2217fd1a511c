// common/keys: pairs that are made, and read only when nobody else may read them.
#include "common/keys/own_key.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "common/keys/client_keys.hpp"
#include "common/posix/secret_file.hpp"

namespace {

namespace fs = std::filesystem;
using steward::base::Errc;
using steward::keys::client_keys;
using steward::keys::KeyFiles;
using steward::keys::make_key;
using steward::keys::server_keys;

class PairFolder {
public:
    PairFolder() {
        char name[] = "/tmp/steward-pair-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path_ = name;
        REQUIRE(make_key("server", path_).has_value());
        REQUIRE(make_key("web", path_).has_value());
    }

    PairFolder(const PairFolder&) = delete;
    PairFolder& operator=(const PairFolder&) = delete;

    ~PairFolder() { fs::remove_all(path_); }

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

bool tells(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("What keygen writes is what a client and a server read") {
    const PairFolder folder;
    const auto keys = client_keys({folder.file("web.key"), folder.file("server.pub")});
    REQUIRE(keys.has_value());
    REQUIRE(keys->has_value());
    const auto server = server_keys(folder.file("server.key"));
    REQUIRE(server.has_value());
    CHECK((*keys)->server_key == server->own.public_key);
    CHECK((*keys)->own.secret_key != server->own.secret_key);
    CHECK(server->server_key.empty());
    CHECK(steward::keys::read_public_file(folder.file("web.pub"))->name == "web");
    CHECK(fs::status(folder.file("web.key")).permissions() == fs::perms(0600));
}

TEST_CASE("Nothing is overwritten, and a name that is no file's is refused") {
    const PairFolder folder;
    const auto again = make_key("web", folder.path());
    REQUIRE_FALSE(again.has_value());
    CHECK(tells(again.error().message, "web.key is there already"));
    for (const char* name : {"", "../web", ".web", "-web", "a b", "owner"}) {
        CAPTURE(name);
        CHECK(make_key(name, folder.path()).error().code == Errc::BadConfig);
    }
    CHECK(make_key(std::string(64, 'n'), folder.path()).has_value());
    CHECK(make_key(std::string(65, 'n'), folder.path()).error().code == Errc::BadConfig);
}

TEST_CASE("A secret file that the group or others may touch is refused with what mends it") {
    const PairFolder folder;
    for (const unsigned mode : {0640U, 0604U, 0620U, 0601U, 0660U}) {
        CAPTURE(mode);
        fs::permissions(folder.file("web.key"), fs::perms(mode));
        const auto keys = client_keys({folder.file("web.key"), folder.file("server.pub")});
        REQUIRE_FALSE(keys.has_value());
        CHECK(tells(keys.error().message, "chmod 600 " + folder.file("web.key")));
    }
    fs::permissions(folder.file("web.key"), fs::perms(0400));
    CHECK(client_keys({folder.file("web.key"), folder.file("server.pub")}).has_value());
}

TEST_CASE("One key without the other, halves that are not a pair, and a public file for a secret") {
    const PairFolder folder;
    CHECK(tells(client_keys({folder.file("web.key"), {}}).error().message,
                "STEWARD_SERVER_KEY_FILE is missing"));
    CHECK(tells(client_keys({{}, folder.file("server.pub")}).error().message,
                "STEWARD_KEY_FILE is missing"));
    CHECK_FALSE(client_keys({}).value().has_value());
    fs::permissions(folder.file("web.pub"), fs::perms(0600));
    CHECK(tells(server_keys(folder.file("web.pub")).error().message, "there is no secret_key"));
    std::string text;
    {
        std::ifstream file(folder.file("web.key"));
        text.assign(std::istreambuf_iterator<char>(file), {});
    }
    const std::string mine = steward::keys::read_public_file(folder.file("web.pub"))->public_key;
    const std::string other =
        steward::keys::read_public_file(folder.file("server.pub"))->public_key;
    text.replace(text.find(mine), mine.size(), other);
    std::ofstream(folder.file("web.key")) << text;
    const auto mixed = server_keys(folder.file("web.key"));
    REQUIRE_FALSE(mixed.has_value());
    CHECK(tells(mixed.error().message, "do not belong together"));
    CHECK_FALSE(tells(mixed.error().message, text.substr(text.find("secret_key") + 14, 40)));
}

TEST_CASE("A credential is a name in the folder that the system gave, and nothing else") {
    using steward::posix::secret_path;
    ::unsetenv("CREDENTIALS_DIRECTORY");
    CHECK(secret_path("/a/path").value() == "/a/path");
    CHECK(tells(secret_path("credential:web").error().message, "LoadCredential=web:"));
    ::setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
    CHECK(secret_path("credential:web").value() == "/run/credentials/x/web");
    CHECK(secret_path("credential:../web").error().code == Errc::BadConfig);
    CHECK(secret_path("credential:").error().code == Errc::BadConfig);
    ::unsetenv("CREDENTIALS_DIRECTORY");
}
