#include "web/multipart.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "web/limits.hpp"

namespace qp::web {

namespace {

/// The value of a parameter: a token, or a quoted string, in which RFC 7578 4.2 has no escapes but
/// those for the quote.
std::optional<std::string> parameter(std::string_view field, std::string_view name) {
  std::size_t at = field.find(';');
  while (at != std::string_view::npos) {
    std::string_view rest = text::trim(field.substr(at + 1));
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = text::trim(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    std::string value;
    std::size_t end = 0;
    if (rest.starts_with('"')) {
      for (end = 1; end < rest.size() && rest[end] != '"'; ++end) {
        if (rest[end] == '\\' && end + 1 < rest.size() && rest[end + 1] == '"') ++end;
        value += rest[end];
      }
      if (end >= rest.size()) return std::nullopt;
      ++end;
    } else {
      end = std::min(rest.find(';'), rest.size());
      value = text::trim(rest.substr(0, end));
    }
    if (text::equals_ignoring_case(key, name)) return value;
    field = rest.substr(end);
    at = field.find(';');
  }
  return std::nullopt;
}

Result<Part> read_head(std::string_view head) {
  Part part;
  bool has_disposition = false;
  for (std::string_view line : text::split(head, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto [name, value] = text::split_once(line, ':');
    if (!value) return bad_input("a part of the form has a malformed head");
    if (text::equals_ignoring_case(text::trim(name), "Content-Disposition")) {
      has_disposition = text::lower(text::trim(*value)).starts_with("form-data");
      part.name = parameter(*value, "name").value_or("");
      part.filename = parameter(*value, "filename").value_or("");
    } else if (text::equals_ignoring_case(text::trim(name), "Content-Type")) {
      part.content_type = text::lower(text::trim(text::split_once(*value, ';').first));
    }
  }
  if (!has_disposition || part.name.empty()) return bad_input("a part of the form has no name");
  return part;
}

}  // namespace

Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body) {
  if (!text::lower(text::trim(content_type)).starts_with("multipart/form-data")) {
    return error(Code::UnsupportedType, "The body is to be multipart/form-data");
  }
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > limits::kBoundaryBytes) {
    return bad_input("The body is to be multipart/form-data with a boundary");
  }
  const std::string opening = "--" + *boundary;
  const std::string between = "\r\n" + opening;
  // RFC 2046 5.1.1: what comes before the first boundary is for nobody, and blanks may follow one.
  const std::size_t first = body.starts_with(opening) ? 0 : body.find(between);
  if (first == std::string_view::npos) return bad_input("the form has no boundary");
  body.remove_prefix(first + (first == 0 && body.starts_with(opening) ? opening : between).size());
  std::vector<Part> parts;
  while (!body.starts_with("--")) {
    body.remove_prefix(std::min(body.find_first_not_of(" \t"), body.size()));
    if (!body.starts_with("\r\n") || parts.size() == limits::kFormParts) {
      return bad_input("the form is malformed, or has too many parts");
    }
    body.remove_prefix(2);
    const auto head = body.find("\r\n\r\n");
    if (head == std::string_view::npos || head > limits::kPartHeadBytes) {
      return bad_input("a part of the form has no end of its head");
    }
    Part part = QP_TRY(read_head(body.substr(0, head)));
    body.remove_prefix(head + 4);
    const auto end = body.find(between);
    if (end == std::string_view::npos) return bad_input("the form does not end");
    part.content = body.substr(0, end);
    parts.push_back(std::move(part));
    body.remove_prefix(end + between.size());
  }
  return parts;
}

}  // namespace qp::web
