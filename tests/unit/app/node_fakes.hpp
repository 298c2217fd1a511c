// tests: the world around a node, in memory: a transport that records, a journal that becomes
// durable when told to, a sink that collects.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/app/node.hpp"
#include "common/base/assert.hpp"

namespace steward::app::fakes {

/// Frames as text, the way tests write them.
using Words = std::vector<std::string>;

inline Frames frames_of(const Words& words) {
    Frames frames;
    for (const std::string& word : words) {
        frames.push_back(base::Blob::copy(word));
    }
    return frames;
}

inline Words words_of(const Frames& frames) {
    Words words;
    for (const base::Blob& frame : frames) {
        words.emplace_back(frame.view());
    }
    return words;
}

struct Sent {
    Side side = Side::Frontend;
    std::string to;
    Words frames;

    bool operator==(const Sent&) const = default;
};

struct FakeTransport final : Transport {
    SendStatus send(Side side, std::string_view routing_id, Frames& frames) override {
        ++attempts;
        const auto found = status.find(std::string(routing_id));
        if (found != status.end() && found->second != SendStatus::Sent) {
            return found->second;
        }
        if (room == 0) {
            return SendStatus::WouldBlock;
        }
        --room;
        sent.push_back({side, std::string(routing_id), words_of(frames)});
        frames.clear();
        return SendStatus::Sent;
    }

    void cut(Side /*side*/, std::string_view routing_id) override {
        cut_off.emplace_back(routing_id);
    }

    void publish(std::string_view topic, std::string_view body) override {
        published.emplace_back(topic, body);
    }

    [[nodiscard]] bool has_subscribers() const override { return subscribers; }

    /// What has been sent to one peer since the last call.
    std::vector<Words> take(std::string_view to) {
        std::vector<Words> messages;
        std::erase_if(sent, [&](Sent& one) {
            if (one.to == to) {
                messages.push_back(std::move(one.frames));
                return true;
            }
            return false;
        });
        return messages;
    }

    std::map<std::string, SendStatus> status;  // absent: Sent
    std::vector<Sent> sent;
    std::vector<std::string> cut_off;
    std::vector<std::pair<std::string, std::string>> published;
    std::size_t room = SIZE_MAX;  // messages taken before every peer would block
    bool subscribers = false;
    int attempts = 0;
};

struct FakeJournal final : store::Journal {
    base::Expected<void> replay(
        const std::function<base::Expected<void>(std::string_view)>& give) override {
        for (const std::string& record : earlier) {
            if (auto given = give(record); !given) {
                return given;
            }
        }
        return {};
    }

    base::Expected<void> append(std::span<const std::string_view> commit) override {
        if (dead) {
            return base::fail(base::Errc::JournalFailed, "no space left on device");
        }
        if (full) {
            return base::fail(base::Errc::QueueFull, "the queue is full");
        }
        ++commits;
        records.insert(records.end(), commit.begin(), commit.end());
        return {};
    }

    [[nodiscard]] store::Seq last() const override { return records.size(); }

    [[nodiscard]] base::Expected<store::Seq> durable() const override {
        if (dead) {
            return base::fail(base::Errc::JournalFailed, "no space left on device");
        }
        return late ? safe : last();
    }

    [[nodiscard]] int wakeup_fd() const override { return -1; }

    std::vector<std::string> earlier;
    std::vector<std::string> records;
    int commits = 0;
    bool late = false;  // durable() tells `safe` instead of last()
    store::Seq safe = 0;
    bool full = false;
    bool dead = false;
};

struct FakeSink final : Sink {
    void note(const core::Note& note) override { notes.push_back(note.event); }

    [[nodiscard]] model::EventSet wanted_events() const override { return wanted; }

    void lifecycle(std::string_view text, std::size_t count) override {
        for (; count > 0; --count) {
            const std::size_t end = text.find('\n');
            STEWARD_ASSERT(end != std::string_view::npos);
            lines.emplace_back(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
        STEWARD_ASSERT(text.empty());
    }

    void audit(std::string_view text) override { audited += text; }

    model::EventSet wanted;
    std::string audited;
    std::vector<std::string> notes;
    std::vector<std::string> lines;
};

}  // namespace steward::app::fakes
