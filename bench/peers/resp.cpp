#include "bench/peers/resp.hpp"

#include "bench/peers/bytes.hpp"

namespace steward::bench {

std::optional<std::size_t> read_resp(std::string_view in, RespValue& value) {
    const std::size_t end = in.find("\r\n");
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    value.type = in.front();
    value.text = in.substr(1, end - 1);
    std::size_t size = end + 2;
    const bool is_nil = value.text.starts_with('-');
    if (value.type == '$' && !is_nil) {
        const std::size_t bytes = number_in(value.text);
        if (in.size() < size + bytes + 2) {
            return std::nullopt;
        }
        value.text = in.substr(size, bytes);
        size += bytes + 2;
    }
    const bool is_map = value.type == '%';
    if ((value.type == '*' || value.type == '>' || is_map) && !is_nil) {
        const std::size_t count = number_in(value.text) * (is_map ? 2 : 1);
        for (std::size_t i = 0; i < count; ++i) {
            const auto item = read_resp(in.substr(size), value.items.emplace_back());
            if (!item) {
                return std::nullopt;
            }
            size += *item;
        }
    }
    return size;
}

void begin_resp(std::string& out, std::size_t words) {
    out.append("*").append(std::to_string(words)).append("\r\n");
}

void put_resp_word(std::string& out, std::string_view word) {
    out.append("$").append(std::to_string(word.size())).append("\r\n");
    out.append(word).append("\r\n");
}

void put_resp(std::string& out, std::initializer_list<std::string_view> words) {
    begin_resp(out, words.size());
    for (const std::string_view word : words) {
        put_resp_word(out, word);
    }
}

std::size_t RespSide::take(std::string_view in, std::string& out) {
    std::size_t taken = 0;
    for (;;) {
        RespValue whole;
        const auto size = read_resp(in.substr(taken), whole);
        if (!size) {
            return taken;
        }
        if (whole.type == '-' && !whole.text.starts_with("BUSYGROUP")) {
            refused("redis-server", whole.text);
        }
        value(whole, out);
        taken += *size;
    }
}

}  // namespace steward::bench
