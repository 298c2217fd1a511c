// tests/sim: the trace. FNV-1a, because it needs no library and reads every byte.
#include "tests/sim/trace.hpp"

#include <cstdio>

namespace steward::sim {
namespace {

constexpr std::uint64_t kFnvPrime = 0x100000001B3ULL;

}  // namespace

void Trace::message(base::MonoTime now,
                    std::string_view from,
                    std::string_view to,
                    const wire::Frames& frames) {
    mix(std::to_string(now.time_since_epoch().count()));
    mix(from);
    mix(to);
    for (const auto& frame : frames) {
        mix(frame.view());
    }
    keep({now, std::string(from) + " -> " + std::string(to), {}, frames});
}

void Trace::line(base::MonoTime now, std::string_view who, std::string_view what) {
    mix(std::to_string(now.time_since_epoch().count()));
    mix(who);
    mix(what);
    keep({now, std::string(who), std::string(what), {}});
}

std::string Trace::last_lines() const {
    std::string out;
    for (const Entry& entry : entries_) {
        out += format(entry) + "\n";
    }
    return out;
}

void Trace::keep(Entry entry) {
    if (print_all_) {
        std::puts(format(entry).c_str());
    }
    entries_.push_back(std::move(entry));
    if (entries_.size() > kLinesKept) {
        entries_.pop_front();
    }
}

void Trace::mix(std::string_view bytes) {
    for (const char byte : bytes) {
        hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * kFnvPrime;
    }
    hash_ = (hash_ ^ 0x100U) * kFnvPrime;  // a border no byte can be
}

std::string Trace::format(const Entry& entry) {
    const auto us = entry.at.time_since_epoch().count();
    char stamp[32];
    std::snprintf(stamp,
                  sizeof stamp,
                  "%5lld.%06lld",
                  static_cast<long long>(us / 1'000'000),
                  static_cast<long long>(us % 1'000'000));
    const std::string what = entry.text.empty() ? describe(entry.frames) : entry.text;
    return std::string(stamp) + " " + entry.who + ": " + what;
}

}  // namespace steward::sim
