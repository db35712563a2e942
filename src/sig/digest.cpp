#include "sig/digest.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <optional>
#include <vector>

#include "base/text.hpp"
#include "sig/structured.hpp"

namespace qp::sig {

namespace {

std::string sha512_text(std::string_view bytes) {
  std::string out(SHA512_DIGEST_LENGTH, '\0');
  SHA512(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

struct Listed {
  std::string algorithm;  ///< lower case
  std::string value;      ///< raw bytes
};

Result<void> check_listed(const std::vector<Listed>& listed, std::string_view body,
                          std::string_view field) {
  bool sha256_seen = false;
  bool sha512_seen = false;
  for (const auto& [algorithm, value] : listed) {
    const bool is_256 = algorithm == "sha-256";
    if (!is_256 && algorithm != "sha-512") continue;
    bool& seen = is_256 ? sha256_seen : sha512_seen;
    if (seen) return bad_input(std::string(field) + ": " + algorithm + " is listed twice");
    seen = true;
    if (value != (is_256 ? sha256_text(body) : sha512_text(body))) {
      return bad_input(std::string(field) + ": " + algorithm + " is not that of the body");
    }
  }
  if (sha256_seen || sha512_seen) return {};
  return error(Code::Unauthenticated,
               std::string(field) + ": neither sha-256 nor sha-512 is listed");
}

}  // namespace

std::array<std::uint8_t, 32> sha256(std::string_view bytes) {
  // Looked up once: OpenSSL 3 takes longer for that than for hashing a document.
  static EVP_MD* const kind = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::array<std::uint8_t, 32> out;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, kind, nullptr);
  return out;
}

std::string sha256_text(std::string_view bytes) {
  const auto hash = sha256(bytes);
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::string digest(std::string_view body) { return "SHA-256=" + text::base64(sha256_text(body)); }

std::string content_digest(std::string_view body) {
  return "sha-256=:" + text::base64(sha256_text(body)) + ":";
}

Result<void> check_digest(std::string_view field, std::string_view body) {
  std::vector<Listed> listed;
  for (const auto item : text::split(field, ',')) {
    const auto [algorithm, encoded] = text::split_once(text::trim(item), '=');
    const std::string name = text::lower(algorithm);
    if (!encoded) return bad_input("Digest: an item is not of the form algorithm=value");
    if (name != "sha-256" && name != "sha-512") continue;
    const auto value = text::from_base64(*encoded);
    if (!value) return bad_input("Digest: not base64");
    listed.push_back({name, *value});
  }
  return check_listed(listed, body, "Digest");
}

Result<void> check_content_digest(std::string_view field, std::string_view body) {
  std::vector<Listed> listed;
  for (const auto& [name, member] : QP_TRY(structured::parse_dictionary(field))) {
    const auto* item = std::get_if<structured::Item>(&member.value);
    if (item == nullptr || item->kind != structured::Kind::Bytes) {
      return bad_input("Content-Digest: a member is not a byte sequence");
    }
    listed.push_back({name, item->value});
  }
  return check_listed(listed, body, "Content-Digest");
}

}  // namespace qp::sig
