// SPDX-License-Identifier: Apache-2.0
#include "src/link/block.h"

#include "src/link/crypto.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>
#include <zlib.h>

namespace riposte {
namespace {

constexpr std::string_view kAesMarker = "#AES:";
constexpr std::string_view kBlowfishMarker = ":";
constexpr char kPad = '!';
constexpr std::size_t kPadUnit = 8;

// Where things stand in the inflated text: MD5, random number, global ":" local ":" payload.
constexpr std::size_t kChecksumBytes = 32;
constexpr std::size_t kRandomBytes = 5;
constexpr std::size_t kGlobalAt = kChecksumBytes + kRandomBytes;
constexpr std::size_t kGlobalBytes = 10;
constexpr std::size_t kLocalAt = kGlobalAt + kGlobalBytes + 1;
constexpr std::size_t kLocalBytes = 4;
constexpr std::size_t kPayloadAt = kLocalAt + kLocalBytes + 1;

Bytef* zlib_bytes(std::string_view text) {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

void append_padded(std::string& text, std::uint32_t number, std::size_t width) {
    const std::string digits = std::to_string(number);
    if (digits.size() < width) text.append(width - digits.size(), '0');
    text += digits;
}

std::string numbered(std::string_view payload, const Sealing& sealing) {
    std::string body;
    body.reserve(kPayloadAt - kChecksumBytes + payload.size());
    append_padded(body, sealing.random, kRandomBytes);
    append_padded(body, sealing.counters.global, kGlobalBytes);
    body += ':';
    append_padded(body, sealing.counters.local, kLocalBytes);
    body += ':';
    return body.append(payload);
}

// 1 to 8 pad characters, then the zlib stream; a multiple of 8 bytes in all.
Result<std::string> deflate_padded(std::string_view inner, int level) {
    uLongf length = compressBound(static_cast<uLong>(inner.size()));
    std::string plain(kPadUnit + length, kPad);
    auto* const out = reinterpret_cast<Bytef*>(plain.data() + kPadUnit);
    if (compress2(out, &length, zlib_bytes(inner), static_cast<uLong>(inner.size()), level) != Z_OK)
        return failure("compress a message");
    plain.resize(kPadUnit + length);
    // As many as are needed, of the eight in front.
    const std::size_t pads = kPadUnit - length % kPadUnit;
    return plain.erase(0, kPadUnit - pads);
}

boost::system::result<std::string, BlockRefusal> inflate(std::string_view stream) {
    z_stream zlib{};
    if (inflateInit(&zlib) != Z_OK) return BlockRefusal::Compression;
    // One byte more than is legal shows that there is more.
    std::string out(kMaxInflatedBytes + 1, '\0');
    zlib.next_in = zlib_bytes(stream);
    zlib.avail_in = static_cast<uInt>(stream.size());
    zlib.next_out = reinterpret_cast<Bytef*>(out.data());
    zlib.avail_out = static_cast<uInt>(out.size());
    const int end = ::inflate(&zlib, Z_FINISH);
    const std::size_t written = out.size() - zlib.avail_out;
    inflateEnd(&zlib);
    if (written > kMaxInflatedBytes) return BlockRefusal::InflatedTooLong;
    if (end != Z_STREAM_END) return BlockRefusal::Compression;
    out.resize(written);
    return out;
}

std::optional<std::uint32_t> number_at(std::string_view inner, std::size_t at, std::size_t width) {
    std::uint32_t number = 0;
    const char* const start = inner.data() + at;
    const auto [end, error] = std::from_chars(start, start + width, number);
    if (error != std::errc{} || end != start + width) return {};
    return number;
}

boost::system::result<OpenedBlock, BlockRefusal> read_inner(std::string_view inner) {
    if (inner.size() < kPayloadAt) return BlockRefusal::TooShort;
    const auto checksum = md5_hex(inner.substr(kChecksumBytes));
    if (!checksum || *checksum != inner.substr(0, kChecksumBytes)) return BlockRefusal::Checksum;
    const auto random = number_at(inner, kChecksumBytes, kRandomBytes);
    const auto global = number_at(inner, kGlobalAt, kGlobalBytes);
    const auto local = number_at(inner, kLocalAt, kLocalBytes);
    const bool colons = inner[kLocalAt - 1] == ':' && inner[kPayloadAt - 1] == ':';
    if (!random || !global || !local || !colons) return BlockRefusal::Format;
    return OpenedBlock{std::string(inner.substr(kPayloadAt)), {*global, *local}, {}};
}

boost::system::result<OpenedBlock, BlockRefusal> open_with(Cipher cipher, const Secret& key, std::string_view sealed) {
    if (!check_cipher(cipher)) return BlockRefusal::CipherUnavailable;
    if (!is_cipher_length(cipher, sealed.size())) return BlockRefusal::Length;
    const auto plain = decrypt(cipher, key, sealed);
    if (!plain) return BlockRefusal::Padding;
    if (!plain->starts_with(kPad)) return BlockRefusal::Start;
    const auto start = std::min(plain->find_first_not_of(kPad), plain->size());
    const auto inner = inflate(std::string_view(*plain).substr(start));
    if (!inner) return inner.error();
    auto opened = read_inner(*inner);
    if (opened) opened->cipher = cipher;
    return opened;
}

}  // namespace

Result<std::string> seal_block(const Secret& key, std::string_view id, std::string_view payload,
                               const Sealing& sealing) {
    if (payload.size() > kMaxPayloadBytes) {
        return failure("a message of " + std::to_string(payload.size()) + " bytes, where a manager takes " +
                       std::to_string(kMaxPayloadBytes));
    }
    const std::string body = numbered(payload, sealing);
    const auto checksum = md5_hex(body);
    if (!checksum) return checksum.error();
    const auto plain = deflate_padded(*checksum + body, sealing.level);
    if (!plain) return plain.error();
    const auto sealed = encrypt(sealing.cipher, key, sealing.iv, *plain);
    if (!sealed) return sealed.error();
    std::string block;
    if (!id.empty()) block.append("!").append(id).append("!");
    block.append(sealing.cipher == Cipher::Blowfish ? kBlowfishMarker : kAesMarker).append(*sealed);
    if (block.size() > kMaxBlockBytes) return failure("a message that is too long once it is encrypted");
    return block;
}

std::string_view block_refusal_text(BlockRefusal refusal) {
    static constexpr std::array<std::string_view, 11> kTexts{
        "it is longer than 65536 bytes",
        "it has no known marker",
        "this system's OpenSSL lacks its cipher",
        "its length is not one that its cipher makes",
        "its padding is wrong (another key?)",
        "its decrypted text does not start as it must (another key?)",
        "its compressed text is damaged",
        "it inflates to more than 65536 bytes",
        "it is too short",
        "its checksum is wrong",
        "its numbers are malformed",
    };
    return kTexts[static_cast<std::size_t>(refusal)];
}

boost::system::result<OpenedBlock, BlockRefusal> open_block(const Secret& key, std::string_view block, Cipher first) {
    if (block.size() > kMaxBlockBytes) return BlockRefusal::TooLong;
    if (block.starts_with(kBlowfishMarker))
        return open_with(Cipher::Blowfish, key, block.substr(kBlowfishMarker.size()));
    if (!block.starts_with(kAesMarker)) return BlockRefusal::Marker;
    block.remove_prefix(kAesMarker.size());
    if (first != Cipher::AesOssec) first = Cipher::AesWazuh;
    const Cipher second = first == Cipher::AesOssec ? Cipher::AesWazuh : Cipher::AesOssec;
    auto opened = open_with(first, key, block);
    if (opened) return opened;
    auto other = open_with(second, key, block);
    // The layout that came further is the one that was meant.
    return other || other.error() > opened.error() ? other : opened;
}

}  // namespace riposte
