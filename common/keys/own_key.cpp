#include "common/keys/own_key.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "common/keys/client_keys.hpp"
#include "common/keys/key_text.hpp"
#include "common/posix/append_file.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/secret_file.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::keys {
namespace {

constexpr std::size_t kSecretFileBytesMax = 65'536;

std::string or_environment(const std::string& given, const char* variable) {
    const char* text = given.empty() ? std::getenv(variable) : nullptr;
    return text == nullptr ? given : text;
}

base::Expected<net::KeyPair> read_pair(const std::string& file) {
    const auto text = posix::read_secret_file(file, "secret key", kSecretFileBytesMax);
    if (!text) {
        return base::Unexpected(text.error());
    }
    ClientKey client;
    net::KeyPair pair;
    config::Schema schema;
    schema.sections.push_back(key_section(client));
    schema.sections.front().fields.push_back({.key = "secret_key",
                                              .target = &pair.secret_key,
                                              .doc = "Its secret half.",
                                              .is_secret = true,
                                              .check = &check_key});
    if (auto read = schema.load(*text, file); !read) {
        return base::Unexpected(std::move(read.error()));
    }
    if (pair.secret_key.empty()) {
        return base::fail(base::Errc::BadConfig,
                          file +
                              ": there is no secret_key in it; the .key file has one, the .pub "
                              "file is for the other side");
    }
    auto derived = net::public_key_of(pair.secret_key);
    if (!derived || *derived != client.public_key) {
        return base::fail(base::Errc::BadConfig,
                          file + ": secret_key and public_key do not belong together");
    }
    pair.public_key = std::move(*derived);
    return pair;
}

base::Expected<void> write_new(const std::string& path, mode_t mode, std::string_view text) {
    const posix::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!file.is_open()) {
        return errno == EEXIST
                   ? base::Expected<void>(base::fail(
                         base::Errc::Io,
                         path + " is there already and is not overwritten; move it away first"))
                   : base::Expected<void>(posix::io_error("cannot write " + path, errno));
    }
    if (::fchmod(file.get(), mode) != 0 ||
        ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.get()) != 0) {
        return posix::io_error("cannot write " + path, errno);
    }
    return {};
}

std::string text_of(const std::string& name, const std::string& public_key) {
    return "[key]\nname = \"" + name + "\"\npublic_key = \"" + public_key + "\"\n";
}

}  // namespace

base::Expected<std::optional<net::CurveKeys>> client_keys(const KeyFiles& files) {
    const std::string own = or_environment(files.own, "STEWARD_KEY_FILE");
    const std::string server = or_environment(files.server, "STEWARD_SERVER_KEY_FILE");
    if (own.empty() && server.empty()) {
        return std::optional<net::CurveKeys>();
    }
    if (own.empty() || server.empty()) {
        return base::fail(base::Errc::BadConfig,
                          own.empty()
                              ? "the broker's key is named and no own one: STEWARD_KEY_FILE "
                                "is missing"
                              : "an own key is named and not the broker's: "
                                "STEWARD_SERVER_KEY_FILE is missing");
    }
    auto pair = read_pair(own);
    if (!pair) {
        return base::Unexpected(std::move(pair.error()));
    }
    auto server_key = read_public_file(server);
    if (!server_key) {
        return base::Unexpected(std::move(server_key.error()));
    }
    if (server_key->public_key.empty()) {
        return base::fail(base::Errc::BadConfig, server + ": a broker's file needs a public_key");
    }
    return std::optional(net::CurveKeys{std::move(*pair), std::move(server_key->public_key)});
}

base::Expected<net::CurveKeys> server_keys(const std::string& file) {
    return read_pair(file).map([](net::KeyPair&& pair) { return net::CurveKeys{std::move(pair)}; });
}

base::Expected<NewKey> make_key(const std::string& name, const std::string& folder) {
    if (auto checked = check_name(name); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    const auto pair = net::make_key_pair();
    if (!pair) {
        return base::Unexpected(pair.error());
    }
    if (auto made = posix::make_folders(folder); !made) {
        return base::Unexpected(std::move(made.error()));
    }
    NewKey key{pair->public_key, folder + "/" + name + ".key", folder + "/" + name + ".pub"};
    const std::string both = text_of(name, pair->public_key);
    auto written =
        write_new(key.secret_file,
                  0600,
                  "# The secret key of " + name + " for Steward. Who has it is " + name +
                      ": mode 0600.\n" + both + "secret_key = \"" + pair->secret_key + "\"\n");
    if (written) {
        written = write_new(key.public_file,
                            0644,
                            "# The public key of " + name +
                                " for Steward: for the other side, and no secret.\n" + both);
    }
    if (!written) {
        return base::Unexpected(std::move(written.error()));
    }
    return key;
}

}  // namespace steward::keys
