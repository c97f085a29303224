// SPDX-License-Identifier: Apache-2.0
// Keys and passwords: text whose memory is wiped when it is given back. Never logged; there is no way to print one but
// view().
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// Overwrites memory in a way that the compiler does not leave out.
void wipe(void* memory, std::size_t bytes);
// For text that a library wants as a std::string: overwrites it, then empties it.
void wipe(std::string& text);

template <class T>
struct WipingAllocator {
    using value_type = T;
    WipingAllocator() = default;
    template <class U>
    explicit WipingAllocator(const WipingAllocator<U>&) {}
    T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* memory, std::size_t count) {
        wipe(memory, count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }
    bool operator==(const WipingAllocator&) const { return true; }
};

// Any bytes. A std::string would not do: short ones stand in the object itself, where a move leaves a copy behind.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}

    std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
    bool empty() const { return bytes_.empty(); }
    std::size_t size() const { return bytes_.size(); }
    void append(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }
    bool operator==(const Secret& other) const { return bytes_ == other.bytes_; }

  private:
    std::vector<char, WipingAllocator<char>> bytes_;
};

}  // namespace riposte
