#include "tools/settings.hpp"

#include <toml++/toml.h>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/text.hpp"
#include "net/peer.hpp"

namespace qp::tools {

namespace {

/// Puts a value where it belongs; false: not of the type or none of the values that can be.
using Put = std::function<bool(Settings&, const toml::node&)>;
struct Key {
  std::string_view name;  ///< with the table's name and a dot in front
  Put put;
};

Put text_into(std::string Settings::* member) {
  return [member](Settings& settings, const toml::node& node) {
    const auto value = node.value_exact<std::string>();
    if (value) settings.*member = *value;
    return value.has_value();
  };
}

Put flag_into(bool Settings::* member) {
  return [member](Settings& settings, const toml::node& node) {
    const auto value = node.value_exact<bool>();
    if (value) settings.*member = *value;
    return value.has_value();
  };
}

Put list_into(std::vector<std::string> Settings::* member,
              bool (*is_good)(const std::string& text) = nullptr) {
  return [member, is_good](Settings& settings, const toml::node& node) {
    const toml::array* values = node.as_array();
    if (!values) return false;
    for (const toml::node& item : *values) {
      const auto value = item.value_exact<std::string>();
      if (!value || (is_good && !is_good(*value))) return false;
      (settings.*member).push_back(*value);
    }
    return true;
  };
}

/// One of some words.
template <class T>
Put word_into(T Settings::* member, std::vector<std::pair<std::string_view, T>> words) {
  return [member, words = std::move(words)](Settings& settings, const toml::node& node) {
    const auto value = node.value_exact<std::string>();
    for (const auto& [word, meaning] : words) {
      if (value != word) continue;
      settings.*member = meaning;
      return true;
    }
    return false;
  };
}

bool put_data(Settings& settings, const toml::node& node) {
  const auto value = node.value_exact<std::string>();
  if (value) settings.data = *value;
  return value.has_value();
}

bool put_read_time(Settings& settings, const toml::node& node) {
  const auto seconds = node.value_exact<std::int64_t>();
  if (!seconds || *seconds < 1 || *seconds > 3600) return false;
  settings.read_time = std::chrono::seconds(*seconds);
  return true;
}

Put count_into(std::uint32_t web::Quotas::* member) {
  return [member](Settings& settings, const toml::node& node) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > 1'000'000) return false;
    settings.quotas.*member = static_cast<std::uint32_t>(*value);
    return true;
  };
}

std::vector<Key> keys() {
  using oauth::PasswordGrant;
  using oauth::Registration;
  return {
      {"data", put_data},
      {"listen", text_into(&Settings::listen)},
      {"url", text_into(&Settings::url)},
      {"software_name", text_into(&Settings::software_name)},
      {"software_version", text_into(&Settings::software_version)},
      // The names that the settings have in the Django ActivityPub Toolkit.
      {"FEDERATION.DEFAULT_URL", text_into(&Settings::url)},
      {"FEDERATION.SOFTWARE_NAME", text_into(&Settings::software_name)},
      {"FEDERATION.SOFTWARE_VERSION", text_into(&Settings::software_version)},
      {"trusted_proxies", list_into(&Settings::trusted_proxies, is_address)},
      {"allow_private", list_into(&Settings::allow_private)},
      {"tls.cert", text_into(&Settings::tls_cert)},
      {"tls.key", text_into(&Settings::tls_key)},
      {"metrics.public", flag_into(&Settings::metrics_public)},
      {"sparql.enabled", flag_into(&Settings::sparql)},
      {"store.read_seconds", put_read_time},
      {"limits.inbox_posts", count_into(&web::Quotas::inbox_posts)},
      {"limits.origin_posts", count_into(&web::Quotas::origin_posts)},
      {"limits.actors", count_into(&web::Quotas::actors)},
      {"limits.proxied", count_into(&web::Quotas::proxied)},
      {"limits.posts", count_into(&web::Quotas::posts)},
      {"limits.uploads", count_into(&web::Quotas::uploads)},
      {"limits.media_mib", count_into(&web::Quotas::media_mib)},
      {"oauth.password_grant",
       word_into<PasswordGrant>(&Settings::password_grant, {{"off", PasswordGrant::Off},
                                                            {"loopback", PasswordGrant::Loopback},
                                                            {"on", PasswordGrant::On}})},
      {"oauth.registration",
       word_into<Registration>(&Settings::registration,
                               {{"disabled", Registration::Disabled},
                                {"authenticated", Registration::Authenticated},
                                {"open", Registration::Open}})},
      {"log.format", word_into<bool>(&Settings::log_as_text, {{"json", false}, {"text", true}})},
      {"log.level", word_into<log::Level>(&Settings::log_level, {{"debug", log::Level::Debug},
                                                                 {"info", log::Level::Info},
                                                                 {"warning", log::Level::Warning},
                                                                 {"error", log::Level::Error}})},
  };
}

Result<void> put_table(Settings& settings, const toml::table& table, const std::string& prefix,
                       const std::vector<Key>& known, std::string_view file) {
  for (const auto& [name, node] : table) {
    const std::string full = prefix + std::string(name.str());
    if (const toml::table* inner = node.as_table()) {
      QP_TRY(put_table(settings, *inner, full + ".", known, file));
      continue;
    }
    const Key* found = nullptr;
    for (const Key& key : known) {
      if (key.name == full) found = &key;
    }
    if (!found) return bad_input(std::string(file) + ": unknown key " + full);
    if (!found->put(settings, node)) {
      return bad_input(std::string(file) + ": " + full + " cannot have that value");
    }
  }
  return {};
}

}  // namespace

Result<Settings> parse_settings(std::string_view toml, std::string_view name) {
  toml::table table;
  try {
    table = toml::parse(toml, name);
  } catch (const toml::parse_error& problem) {
    return bad_input(std::string(name) + ", line " + std::to_string(problem.source().begin.line) +
                     ": " + std::string(problem.description()));
  }
  Settings settings;
  QP_TRY(put_table(settings, table, "", keys(), name));
  return settings;
}

Result<Settings> read_settings(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return bad_input("cannot read " + file.string());
  return parse_settings(text.str(), file.string());
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::optional<std::uint64_t> port = text::to_uint(text.substr(colon + 1));
  if (!port || *port > 65'535) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return std::nullopt;
  return Endpoint{std::string(host), static_cast<std::uint16_t>(*port)};
}

bool is_address(const std::string& text) { return net::Peer::parse(text).has_value(); }

}  // namespace qp::tools
