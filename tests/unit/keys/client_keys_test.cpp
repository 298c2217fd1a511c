// common/keys: the folder of clients, and who is who after it was read again.
#include "common/keys/client_keys.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include <doctest/doctest.h>

#include "common/keys/principals.hpp"

namespace {

using namespace steward;
using namespace steward::keys;

const std::string kKeyA(40, 'a');
const std::string kKeyB(40, 'b');

class Folder {
public:
    Folder() {
        char name[] = "/tmp/steward-keys-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path_ = name;
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() { std::filesystem::remove_all(path_); }

    void write(const std::string& file, const std::string& text) const {
        std::ofstream(path_ + "/" + file) << text;
    }

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

std::string text_of(const std::string& name, const std::string& key, const std::string& more = {}) {
    return "[key]\nname = \"" + name + "\"\npublic_key = \"" + key + "\"\n" + more;
}

bool says(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

std::string error_of(const Folder& folder) {
    const auto read = read_client_keys(folder.path());
    REQUIRE_FALSE(read.has_value());
    return read.error().message;
}

ClientKey client(const std::string& name, const std::string& key) {
    return {.name = name, .public_key = key, .local_users = {}, .grants = {}, .file = name};
}

}  // namespace

TEST_CASE("Each public file of the folder is a client, and other files are none") {
    const Folder folder;
    folder.write("web.pub", text_of("web", kKeyA, "grants = [\"submit mail.*\"]\n"));
    folder.write("batch.pub", text_of("batch", kKeyB));
    folder.write("README", "what this is");
    folder.write(".web.pub.swp", "an editor's");
    const auto read = read_client_keys(folder.path());
    REQUIRE(read.has_value());
    REQUIRE(read->size() == 2);
    CHECK((*read)[0].name == "batch");
    CHECK((*read)[1].name == "web");
    CHECK((*read)[1].public_key == kKeyA);
    CHECK((*read)[1].grants == std::vector<std::string>{"submit mail.*"});
}

TEST_CASE("What cannot be understood in the folder is named, and nobody is let in by half") {
    const Folder folder;
    folder.write("web.pub", text_of("web", "short"));
    CHECK(says(error_of(folder), "web.pub:3:14: public_key"));
    folder.write("web.pub", text_of("web", kKeyA, "grant = []\n"));
    CHECK(says(error_of(folder), "did you mean \"grants\"?"));
    folder.write("web.pub", "[key]\nname = \"web\"\n");
    CHECK(says(error_of(folder), "needs \"public_key\""));
    folder.write("web.pub", text_of("../web", kKeyA));
    CHECK(says(error_of(folder), "letters, digits"));
    folder.write("web.pub", text_of("owner", kKeyA));
    CHECK(says(error_of(folder), "belong to the broker"));
    folder.write("web.pub", text_of("web", kKeyA));
    folder.write("web2.pub", text_of("web", kKeyB));
    CHECK(says(error_of(folder), "the name \"web\" is also that of"));
    folder.write("web2.pub", text_of("web2", kKeyA));
    CHECK(says(error_of(folder), "the key " + kKeyA + " is also that of"));
    std::filesystem::remove(folder.path() + "/web2.pub");
    std::filesystem::permissions(folder.path() + "/web.pub", std::filesystem::perms(0666));
    CHECK(says(error_of(folder), "chmod o-w"));
    CHECK(read_client_keys(folder.path() + "/none").error().code == base::Errc::Io);
}

TEST_CASE("Names, grants, users and clients are as long and as many as they may be, and no more") {
    const Folder folder;
    const auto written = [&](const std::string& text) {
        folder.write("web.pub", text);
        return read_client_keys(folder.path()).has_value();
    };
    CHECK(written(text_of(std::string(64, 'n'), kKeyA)));
    CHECK_FALSE(written(text_of(std::string(65, 'n'), kKeyA)));
    const auto granted = [](std::size_t bytes) {
        return text_of("web", kKeyA, "grants = [\"" + std::string(bytes, 'g') + "\"]\n");
    };
    CHECK(written(granted(1024)));
    CHECK_FALSE(written(granted(1025)));
    const auto of_users = [](std::size_t count) {
        std::string users;
        for (std::size_t i = 0; i < count; ++i) {
            users += "\"u" + std::to_string(i) + "\",";
        }
        return text_of("web", kKeyA, "local_users = [" + users + "]\n");
    };
    CHECK(written(of_users(kUsersPerClientMax)));
    CHECK_FALSE(written(of_users(kUsersPerClientMax + 1)));
    CHECK(says(error_of(folder), "local_users names 65 users, 64 are allowed"));

    for (std::size_t i = 1; i < kClientsMax; ++i) {  // none of them is read: the first is wrong
        folder.write("x" + std::to_string(i) + ".pub", "");
    }
    CHECK(says(error_of(folder), "web.pub"));
    folder.write("y.pub", "");
    CHECK(says(error_of(folder), "more than 10000 files"));
}

TEST_CASE("Without security everybody is anonymous, with it nobody is") {
    Principals who;
    CHECK(who.is_allowed(kAnonymous));
    CHECK(who.of_user(12345) == kAnonymous);
    CHECK_FALSE(who.of_key(kKeyA).has_value());
    REQUIRE(who.set({client("web", kKeyA)}, 77).has_value());
    CHECK_FALSE(who.is_allowed(kAnonymous));
    CHECK_FALSE(who.of_user(12345).has_value());
    CHECK(who.of_user(0) == kOwner);
    CHECK(who.of_user(77) == kOwner);
    CHECK_FALSE(who.of_key(kKeyB).has_value());
    const auto web = who.of_key(kKeyA);
    REQUIRE(web.has_value());
    CHECK(who.find(*web)->name == "web");
}

TEST_CASE("A key that was removed keeps its number, and is itself when it comes back") {
    Principals who;
    REQUIRE(who.set({client("web", kKeyA)}, 77).has_value());
    const PrincipalId web = who.of_key(kKeyA).value();
    REQUIRE(who.set({client("batch", kKeyB)}, 77).has_value());
    const PrincipalId batch = who.of_key(kKeyB).value();
    CHECK(batch != web);
    CHECK_FALSE(who.is_allowed(web));
    CHECK_FALSE(who.of_key(kKeyA).has_value());
    CHECK(who.name_of(web) == "web");
    REQUIRE(who.set({client("front", kKeyA), client("batch", kKeyB)}, 77).has_value());
    CHECK(who.of_key(kKeyA) == web);
    CHECK(who.of_key(kKeyB) == batch);
    CHECK(who.find(web)->name == "front");
}

TEST_CASE("A client's local users are it, and no two clients share one") {
    Principals who;
    ClientKey web = client("web", {});
    web.local_users = {"4711", "root"};
    REQUIRE(who.set({web}, 77).has_value());
    CHECK(who.name_of(who.of_user(4711).value()) == "web");
    CHECK(who.name_of(who.of_user(0).value()) == "web");
    CHECK(who.of_user(77) == kOwner);
    ClientKey other = client("other", {});
    other.local_users = {"4711"};
    CHECK(says(who.set({web, other}, 77).error().message, "4711 is also in web"));
    other.local_users = {"nobody-of-this-name"};
    CHECK(says(who.set({web, other}, 77).error().message, "no user nobody-of-this-name"));
    CHECK(who.clients().size() == 1);
}
