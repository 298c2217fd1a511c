#include "broker/store/journal_folder.hpp"

#include <algorithm>
#include <optional>

#include "common/base/whole_number.hpp"

namespace steward::store {
namespace {

constexpr std::string_view kLogEnding = ".log";
constexpr std::string_view kCheckpointEnding = ".checkpoint";
constexpr std::string_view kSpillEnding = ".spill";
constexpr std::string_view kUnfinishedEnding = ".unfinished";
constexpr std::string_view kDamagedEnding = ".damaged";
constexpr std::size_t kNumberDigits = 16;

std::optional<std::uint64_t> number_of(std::string_view name, std::string_view ending) {
    if (name.size() != kNumberDigits + ending.size() || !name.ends_with(ending)) {
        return std::nullopt;
    }
    return base::parse_whole<std::uint64_t>(name.substr(0, kNumberDigits), 16);
}

}  // namespace

FileName kind_of(std::string_view name) {
    if (const auto log = number_of(name, kLogEnding)) {
        return {NameKind::Log, *log};
    }
    if (const auto checkpoint = number_of(name, kCheckpointEnding)) {
        return {NameKind::Checkpoint, *checkpoint};
    }
    if (const auto spill = number_of(name, kSpillEnding)) {
        return {NameKind::Spill, *spill};
    }
    if (name.ends_with(kUnfinishedEnding)) {
        return {NameKind::Unfinished};
    }
    if (name.ends_with(kDamagedEnding)) {
        return {NameKind::Damaged};
    }
    return {name == kLockName ? NameKind::Lock : NameKind::Other};
}

std::string_view name_of(NameKind kind) {
    switch (kind) {
        case NameKind::Log: return "log";
        case NameKind::Checkpoint: return "checkpoint";
        case NameKind::Spill: return "spill";
        case NameKind::Unfinished: return "unfinished";
        case NameKind::Damaged: return "damaged";
        case NameKind::Lock: return "lock";
        case NameKind::Other: return "other";
    }
    return "other";
}

namespace {

std::string_view ending_of(FileKind kind) {
    switch (kind) {
        case FileKind::Log: return kLogEnding;
        case FileKind::Checkpoint: return kCheckpointEnding;
        case FileKind::Spill: break;
    }
    return kSpillEnding;
}

}  // namespace

std::string file_name(FileKind kind, std::uint64_t number) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string name(kNumberDigits, '0');
    for (std::size_t i = kNumberDigits; number != 0; number >>= 4U) {
        name[--i] = kDigits[number & 0xFU];
    }
    return name.append(ending_of(kind));
}

std::string unfinished_name(std::string_view name) {
    return std::string(name) + std::string(kUnfinishedEnding);
}

std::string damaged_name(std::string_view name) {
    return std::string(name) + std::string(kDamagedEnding);
}

base::Expected<Folder> look_into(ReadableFolder& folder) {
    auto names = folder.list();
    if (!names) {
        return base::Unexpected(std::move(names.error()));
    }
    std::ranges::sort(*names);
    Folder found;
    for (std::string& name : *names) {
        const FileName is = kind_of(name);
        switch (is.kind) {
            case NameKind::Log: found.logs.emplace(is.number, std::move(name)); break;
            case NameKind::Checkpoint: found.checkpoints.emplace(is.number, std::move(name)); break;
            case NameKind::Spill: found.spills.emplace(is.number, std::move(name)); break;
            case NameKind::Unfinished: found.unfinished.push_back(std::move(name)); break;
            case NameKind::Damaged: found.damaged.push_back(std::move(name)); break;
            case NameKind::Lock: found.has_lock = true; break;
            case NameKind::Other: found.others.push_back(std::move(name)); break;
        }
    }
    return found;
}

}  // namespace steward::store
