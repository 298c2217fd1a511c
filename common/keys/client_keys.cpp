#include "common/keys/client_keys.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <map>
#include <memory>
#include <sys/stat.h>

#include "common/config/schema.hpp"
#include "common/keys/key_text.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::keys {
namespace {

constexpr std::string_view kEnding = ".pub";

base::Unexpected refused(const std::string& path, std::string_view why) {
    std::string message = path + ": ";
    message += why;
    return base::fail(base::Errc::BadConfig, std::move(message));
}

base::Expected<void> check_writers(const std::string& path) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) {
        return posix::io_error("cannot read " + path, errno);
    }
    if ((status.st_mode & S_IWOTH) != 0) {
        return refused(path, "everybody may write here and so let himself in; chmod o-w " + path);
    }
    return {};
}

base::Expected<std::vector<std::string>> files_in(const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), &::closedir);
    if (open == nullptr) {
        return posix::io_error("cannot read the folder " + folder, errno);
    }
    std::vector<std::string> files;
    while (const dirent* entry = ::readdir(open.get())) {
        const std::string_view name = entry->d_name;
        if (name.ends_with(kEnding) && !name.starts_with('.')) {
            files.push_back(folder + "/" + std::string(name));
        }
        if (files.size() > kClientsMax) {
            return refused(folder,
                           "more than " + std::to_string(kClientsMax) + " files end in .pub");
        }
    }
    std::ranges::sort(files);
    return files;
}

// By what must be there once.
class Seen {
public:
    base::Expected<void> add(const std::string& what, const ClientKey& client) {
        const auto [before, is_new] = files_.emplace(what, client.file);
        return is_new ? base::Expected<void>()
                      : refused(client.file, what + " is also that of " + before->second);
    }

private:
    std::map<std::string, std::string> files_;
};

}  // namespace

base::Expected<ClientKey> read_public_file(const std::string& path) {
    ClientKey client;
    client.file = path;
    config::Schema schema;
    schema.sections.push_back(key_section(client));
    if (auto read = schema.load_file(path); !read) {
        return base::Unexpected(std::move(read.error()));
    }
    if (client.name.empty()) {
        return refused(path, "[key] needs \"name\"");
    }
    if (client.public_key.empty() && client.local_users.empty()) {
        return refused(path, "[key] needs \"public_key\", or \"local_users\"");
    }
    if (client.local_users.size() > kUsersPerClientMax) {
        return refused(path,
                       "local_users names " + std::to_string(client.local_users.size()) +
                           " users, " + std::to_string(kUsersPerClientMax) + " are allowed");
    }
    return client;
}

base::Expected<std::vector<ClientKey>> read_client_keys(const std::string& folder) {
    if (auto checked = check_writers(folder); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    const auto files = files_in(folder);
    if (!files) {
        return base::Unexpected(files.error());
    }
    std::vector<ClientKey> clients;
    Seen names;
    Seen keys;
    for (const std::string& file : *files) {
        auto client = check_writers(file).and_then([&] { return read_public_file(file); });
        if (!client) {
            return base::Unexpected(std::move(client.error()));
        }
        auto added = names.add("the name " + config::quoted(client->name), *client);
        if (added && !client->public_key.empty()) {
            added = keys.add("the key " + client->public_key, *client);
        }
        if (!added) {
            return base::Unexpected(std::move(added.error()));
        }
        clients.push_back(std::move(*client));
    }
    return clients;
}

}  // namespace steward::keys
