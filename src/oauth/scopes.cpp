#include "oauth/scopes.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace qp::oauth {

namespace {

struct Row {
  std::string_view name;
  Scope scope;
};
constexpr std::array<Row, 3> kScopes{
    {{"read", Scope::Read}, {"write", Scope::Write}, {"follow", Scope::Follow}}};

}  // namespace

Result<Scopes> Scopes::parse(std::string_view text) {
  Scopes scopes;
  for (const std::string_view name : text::split(text, ' ')) {
    if (name.empty()) continue;
    const auto row = std::ranges::find(kScopes, name, &Row::name);
    if (row == kScopes.end()) return bad_input("unknown scope");
    scopes = scopes | row->scope;
  }
  return scopes;
}

std::vector<std::string> Scopes::names() const {
  std::vector<std::string> names;
  for (const Row& row : kScopes) {
    if (has(row.scope)) names.emplace_back(row.name);
  }
  return names;
}

std::string Scopes::text() const {
  std::string out;
  for (const std::string& name : names()) out += (out.empty() ? "" : " ") + name;
  return out;
}

}  // namespace qp::oauth
