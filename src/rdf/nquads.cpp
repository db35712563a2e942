#include "rdf/nquads.hpp"

#include <serd/serd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>

#include "base/text.hpp"
#include "rdf/iri.hpp"
#include "rdf/plain_line.hpp"
#include "vocab/terms.hpp"

namespace qp::rdf {

namespace {

/// Follows how deep `[` and `(` nest, outside of IRIs, strings, comments and escaped characters.
class NestingScanner {
 public:
  /// False as soon as the text nests deeper than kTurtleDepth.
  bool feed(char c) {
    if (escaped_) {
      escaped_ = false;
      return true;
    }
    switch (state_) {
      case State::Comment:
        if (c == '\n' || c == '\r') state_ = State::Plain;
        return true;
      case State::Iri:
        if (c == '>' || c == '\n') state_ = State::Plain;
        return true;
      case State::Opening:
        return opening(c);
      case State::Short:
        if (c == '\\') escaped_ = true;
        if (c == quote_ || c == '\n' || c == '\r') state_ = State::Plain;
        return true;
      case State::Long:
        if (c == '\\') escaped_ = true;
        quotes_ = c == quote_ ? quotes_ + 1 : 0;
        if (quotes_ == 3) state_ = State::Plain;
        return true;
      case State::Plain:
        return plain(c);
    }
    return true;
  }

  bool is_in_string() const { return state_ == State::Short || state_ == State::Long; }

 private:
  enum class State { Plain, Comment, Iri, Opening, Short, Long };

  bool plain(char c) {
    if (c == '\\') escaped_ = true;
    if (c == '#') state_ = State::Comment;
    if (c == '<') state_ = State::Iri;
    if (c == '"' || c == '\'') {
      state_ = State::Opening;
      quote_ = c;
      quotes_ = 1;
    }
    if (c == '[' || c == '(') return ++depth_ <= kTurtleDepth;
    if ((c == ']' || c == ')') && depth_ > 0) --depth_;
    return true;
  }

  /// After one or two quotes: an empty string, or the start of a short or a long one.
  bool opening(char c) {
    if (c == quote_) {
      if (++quotes_ < 3) return true;
      state_ = State::Long;
      quotes_ = 0;
      return true;
    }
    state_ = quotes_ == 2 ? State::Plain : State::Short;
    return feed(c);
  }

  State state_ = State::Plain;
  char quote_ = 0;
  int quotes_ = 0;
  bool escaped_ = false;
  std::size_t depth_ = 0;
};

/// What Serd reads from. Serd takes a short block for the end, so blocks are filled.
class Feed {
 public:
  Feed(const ByteSource& source, bool nests) : source_(source), nests_(nests) {}

  static std::size_t read(void* buffer, std::size_t size, std::size_t count, void* self) {
    return static_cast<Feed*>(self)->fill({static_cast<char*>(buffer), size * count});
  }
  static int failed(void* self) { return static_cast<Feed*>(self)->error_ ? 1 : 0; }
  const std::optional<Error>& trouble() const { return error_; }

 private:
  std::size_t fill(std::span<char> buffer) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
      const std::size_t got = source_(buffer.subspan(filled));
      if (got == 0) break;
      if (!accept(buffer.subspan(filled, got))) return 0;
      filled += got;
    }
    return filled;
  }

  static bool has_byte(std::span<const char> bytes, char byte) {
    return !bytes.empty() && std::memchr(bytes.data(), byte, bytes.size()) != nullptr;
  }

  bool accept(std::span<const char> bytes) {
    if (has_byte(bytes, '\xff')) {
      error_ = bad_input("RDF text that is not UTF-8");  // Serd takes it for the end
      return false;
    }
    if (!nests_ && !has_byte(bytes, '\0')) {
      // Lines stand alone, so that only the last one, unfinished, has to be followed.
      const auto newline = std::ranges::find(bytes.rbegin(), bytes.rend(), '\n');
      if (newline != bytes.rend()) scanner_ = {};
      bytes = bytes.last(static_cast<std::size_t>(newline - bytes.rbegin()));
    }
    for (const char c : bytes) {
      if (!scanner_.feed(c)) {
        error_ = error(Code::TooLarge, "RDF text nests too deep");
      } else if (c == '\0' && !scanner_.is_in_string()) {
        error_ = bad_input("RDF text with a NUL outside of a literal");  // Serd would end there
      }
      if (error_) return false;
    }
    return true;
  }

  const ByteSource& source_;
  bool nests_;
  NestingScanner scanner_;
  std::optional<Error> error_;
};

std::string_view text_of(const SerdNode* node) {
  return node == nullptr || node->buf == nullptr
             ? std::string_view()
             : std::string_view(reinterpret_cast<const char*>(node->buf), node->n_bytes);
}

/// Turns Serd's events into quads: prefixes and base applied, terms validated.
class Events {
 public:
  Events(std::string_view base, const QuadSink& sink) : base_(base), sink_(sink) {}

  Result<void> finish(SerdStatus status) {
    if (error_) return *std::move(error_);
    if (status > SERD_FAILURE) return bad_input("RDF text: " + message_);
    return {};
  }

  Error not_a_quad() const {
    return bad_input("RDF text: line " + std::to_string(lines_before_ + 1) + ": not a quad");
  }

  /// So many lines came before what Serd reads next.
  void count_lines(std::size_t before) { lines_before_ = before; }

  /// Gives the sink the quad of a line if it is a plain and valid one; false: it is Serd's to read.
  Result<bool> take_plain(std::string_view line, bool with_graph) {
    const auto quad = plain_quad(line);
    if (!quad || (!with_graph && !quad->g.value.empty()) || !check(*quad)) return false;
    QP_TRY(sink_(*quad));
    return true;
  }

  static SerdStatus on_base(void* self, const SerdNode* uri) {
    auto& events = *static_cast<Events*>(self);
    events.base_ = resolve_iri(events.base_, text_of(uri));
    return SERD_SUCCESS;
  }
  static SerdStatus on_prefix(void* self, const SerdNode* name, const SerdNode* uri) {
    auto& events = *static_cast<Events*>(self);
    events.prefixes_[std::string(text_of(name))] = resolve_iri(events.base_, text_of(uri));
    return SERD_SUCCESS;
  }
  static SerdStatus on_statement(void* self, SerdStatementFlags, const SerdNode* graph,
                                 const SerdNode* subject, const SerdNode* predicate,
                                 const SerdNode* object, const SerdNode* datatype,
                                 const SerdNode* language) {
    auto& events = *static_cast<Events*>(self);
    const Result<void> done = events.quad(graph, subject, predicate, object, datatype, language);
    if (!done) events.error_ = done.error();
    return done ? SERD_SUCCESS : SERD_ERR_BAD_SYNTAX;
  }
  static SerdStatus on_error(void* self, const SerdError* serd_error) {
    auto& events = *static_cast<Events*>(self);
    if (!events.message_.empty()) return SERD_SUCCESS;  // the first one says it
    std::array<char, 256> text{};
    va_list arguments;
    va_copy(arguments, *serd_error->args);
    std::vsnprintf(text.data(), text.size(), serd_error->fmt, arguments);
    va_end(arguments);
    const std::size_t line = events.lines_before_ + serd_error->line;
    events.message_ = "line " + std::to_string(line) + ": " + text.data();
    while (events.message_.ends_with('\n')) events.message_.pop_back();
    return SERD_SUCCESS;
  }

 private:
  Result<void> quad(const SerdNode* graph, const SerdNode* subject, const SerdNode* predicate,
                    const SerdNode* object_node, const SerdNode* datatype,
                    const SerdNode* language) {
    QuadView quad;
    quad.s = QP_TRY(resource(subject, 0));
    quad.p = QP_TRY(resource(predicate, 1));
    quad.o = QP_TRY(object_term(object_node, datatype, language));
    if (graph != nullptr && graph->type != SERD_NOTHING) quad.g = QP_TRY(resource(graph, 3));
    QP_TRY(check(quad));
    return sink_(quad);
  }

  /// As `validate`; an IRI that came a little before, as most do, is not looked at again.
  Result<void> check(const QuadView& quad) {
    const bool has_kinds = quad.s.kind != TermKind::Literal && quad.p.kind == TermKind::Iri &&
                           quad.g.kind != TermKind::Literal;
    if (!has_kinds) return validate(quad);
    QP_TRY(check(quad.s));
    QP_TRY(check(quad.p));
    QP_TRY(check(quad.o));
    const bool is_named = quad.g.kind != TermKind::Iri || !quad.g.value.empty();
    return is_named ? check(quad.g) : Result<void>();
  }
  Result<void> check(const TermView& term) {
    if (term.kind != TermKind::Iri || term.value.empty()) return validate(term);
    const auto last = static_cast<unsigned char>(term.value.back());
    std::string& known = checked_[(term.value.size() * 7 + last) % checked_.size()];
    if (known == term.value) return {};
    QP_TRY(validate(term));
    known = term.value;
    return {};
  }

  Result<TermView> object_term(const SerdNode* node, const SerdNode* datatype,
                               const SerdNode* language) {
    if (node->type != SERD_LITERAL) return resource(node, 2);
    TermView term{TermKind::Literal, text_of(node), xsd::string.iri, text_of(language)};
    if (!term.language.empty()) {
      term.datatype = langString.iri;
    } else if (datatype != nullptr && datatype->type != SERD_NOTHING) {
      term.datatype = QP_TRY(resource(datatype, 2)).value;
    }
    return term;
  }

  /// An IRI or blank node; a text that has to be put together lives in `scratch_[slot]`.
  Result<TermView> resource(const SerdNode* node, std::size_t slot) {
    const std::string_view text = text_of(node);
    if (node->type == SERD_BLANK) return TermView{TermKind::Blank, text, {}, {}};
    if (node->type == SERD_CURIE) {
      const std::size_t colon = std::min(text.find(':'), text.size());
      const auto prefix = prefixes_.find(text.substr(0, colon));
      if (prefix == prefixes_.end() || colon == text.size()) {
        return bad_input("RDF text: no such prefix: " + std::string(text));
      }
      scratch_[slot] = prefix->second;
      scratch_[slot] += text.substr(colon + 1);
      return TermView{TermKind::Iri, scratch_[slot], {}, {}};
    }
    if (has_scheme(text)) return TermView{TermKind::Iri, text, {}, {}};
    scratch_[slot] = resolve_iri(base_, text);
    return TermView{TermKind::Iri, scratch_[slot], {}, {}};
  }

  std::string base_;
  const QuadSink& sink_;
  std::map<std::string, std::string, std::less<>> prefixes_;
  std::array<std::string, 4> scratch_;
  std::array<std::string, 64> checked_;
  std::optional<Error> error_;
  std::string message_;
  std::size_t lines_before_ = 0;
};

/// Gives the lines of a source one after the other; a long one in pieces.
class Lines {
 public:
  explicit Lines(const ByteSource& source) : source_(source), buffer_(kBytes) {}

  /// What is there of the line that comes next, with its LF; without one at the end of the source,
  /// or where the line is too long to be there whole. Empty: that was all.
  std::string_view next() {
    std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    std::size_t newline = rest.find('\n');
    if (newline == rest.npos && !ended_) {
      fill();
      rest = {buffer_.data() + begin_, end_ - begin_};
      newline = rest.find('\n');
    }
    return newline == rest.npos ? rest : rest.substr(0, newline + 1);
  }
  void drop(std::size_t bytes) { begin_ += bytes; }

 private:
  static constexpr std::size_t kBytes = std::size_t{64} * 1024;

  void fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    while (end_ < buffer_.size() && !ended_) {
      const std::size_t got = source_(std::span(buffer_).subspan(end_));
      ended_ = got == 0;
      end_ += got;
    }
  }

  const ByteSource& source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
};

/// One line of `lines` as a source: the line that comes next, in as many pieces as it takes. A
/// blank goes before it unless it is the first, so that Serd looks for no byte order mark.
class OneLine {
 public:
  OneLine(Lines& lines, bool is_first) : lines_(lines), begun_(is_first) {}

  std::size_t operator()(std::span<char> buffer) {
    if (!begun_) {
      begun_ = true;
      buffer[0] = ' ';
      return 1;
    }
    if (ended_) return 0;
    const std::string_view piece = lines_.next().substr(0, buffer.size());
    ended_ = piece.empty() || piece.back() == '\n';
    piece.copy(buffer.data(), piece.size());
    lines_.drop(piece.size());
    return piece.size();
  }

 private:
  Lines& lines_;
  bool begun_;
  bool ended_ = false;
};

SerdSyntax serd_syntax(Syntax syntax) {
  switch (syntax) {
    case Syntax::NTriples:
      return SERD_NTRIPLES;
    case Syntax::NQuads:
      return SERD_NQUADS;
    case Syntax::Turtle:
      return SERD_TURTLE;
    case Syntax::TriG:
      return SERD_TRIG;
  }
  return SERD_NQUADS;
}

/// Serd's reader of one syntax.
class SerdText {
 public:
  SerdText(Syntax syntax, Events& events)
      : events_(events),
        reader_(serd_reader_new(serd_syntax(syntax), &events, nullptr, Events::on_base,
                                Events::on_prefix, Events::on_statement, nullptr)) {
    serd_reader_set_strict(reader_.get(), true);
    serd_reader_set_error_sink(reader_.get(), Events::on_error, &events);
  }

  Result<void> read(const ByteSource& source, bool nests) {
    // A line needs no long block; Serd clears one each time.
    const std::size_t block = nests ? std::size_t{64} * 1024 : std::size_t{4} * 1024;
    Feed feed(source, nests);
    const auto* name = reinterpret_cast<const std::uint8_t*>("RDF text");
    const SerdStatus status =
        serd_reader_read_source(reader_.get(), Feed::read, Feed::failed, &feed, name, block);
    if (feed.trouble()) return *feed.trouble();
    // What begins like no quad is for Serd's N-Quads the end of the text.
    if (status == SERD_FAILURE && !nests) return events_.not_a_quad();
    return events_.finish(status);
  }

 private:
  struct Free {
    void operator()(SerdReader* reader) const { serd_reader_free(reader); }
  };
  Events& events_;
  std::unique_ptr<SerdReader, Free> reader_;
};

void append_control(unsigned char c, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  out += "\\u00";
  out += kHex[c >> 4];
  out += kHex[c & 15];
}

/// The escape of `c`, or nothing where it stands for itself.
constexpr std::string_view short_escape(char c, Escapes escapes) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\b':
      return escapes == Escapes::Rdfc10 ? "\\b" : "";
    case '\t':
      return escapes == Escapes::Rdfc10 ? "\\t" : "";
    case '\f':
      return escapes == Escapes::Rdfc10 ? "\\f" : "";
    default:
      return "";
  }
}

constexpr bool is_control(unsigned char byte) { return byte < 0x20 || byte == 0x7f; }

/// Which bytes do not stand for themselves.
template <Escapes escapes>
constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = !short_escape(static_cast<char>(byte), escapes).empty() ||
                  (escapes == Escapes::Rdfc10 && is_control(static_cast<unsigned char>(byte)));
  }
  return table;
}();

void write_lexical(std::string_view text, std::string& out, Escapes escapes) {
  const auto& escaped =
      escapes == Escapes::Rdfc10 ? kEscaped<Escapes::Rdfc10> : kEscaped<Escapes::Rdf11>;
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!escaped[byte]) continue;
    out.append(text, written, i - written);
    written = i + 1;
    const std::string_view escape = short_escape(text[i], escapes);
    if (escape.empty()) {
      append_control(byte, out);
    } else {
      out += escape;
    }
  }
  out.append(text, written);
}

}  // namespace

Result<void> read_quads(const ByteSource& source, Syntax syntax, std::string_view base,
                        const QuadSink& sink) {
  Events events(base, sink);
  const bool nests = syntax == Syntax::Turtle || syntax == Syntax::TriG;
  SerdText text(syntax, events);
  if (nests) return text.read(source, nests);
  Lines lines(source);
  std::size_t count = 0;
  for (std::string_view line = lines.next(); !line.empty(); line = lines.next()) {
    events.count_lines(count);
    const bool is_whole = line.ends_with('\n');
    if (is_whole &&
        QP_TRY(events.take_plain(line.substr(0, line.size() - 1), syntax == Syntax::NQuads))) {
      lines.drop(line.size());
    } else {
      QP_TRY(text.read(OneLine(lines, count == 0), nests));
    }
    ++count;
  }
  return {};
}

Result<Dataset> parse_quads(std::string_view text, Syntax syntax, std::string_view base) {
  Dataset dataset;
  const auto source = [rest = text](std::span<char> buffer) mutable {
    const std::size_t count = rest.copy(buffer.data(), buffer.size());
    rest.remove_prefix(count);
    return count;
  };
  QP_TRY(read_quads(source, syntax, base, [&](const QuadView& quad) -> Result<void> {
    dataset.push_back(copy(quad));
    return {};
  }));
  return dataset;
}

void write_term(const TermView& term, std::string& out, Escapes escapes) {
  if (term.kind == TermKind::Iri) {
    out.append("<").append(term.value).append(">");
  } else if (term.kind == TermKind::Blank) {
    out.append("_:").append(term.value);
  } else {
    out += '"';
    write_lexical(term.value, out, escapes);
    out += '"';
    if (!term.language.empty()) {
      out.append("@").append(term.language);
    } else if (term.datatype != xsd::string.iri) {
      out.append("^^<").append(term.datatype).append(">");
    }
  }
}

void write_nquad(const QuadView& quad, std::string& out, Escapes escapes) {
  for (const TermView* term : {&quad.s, &quad.p, &quad.o}) {
    write_term(*term, out, escapes);
    out += ' ';
  }
  if (quad.g.kind != TermKind::Iri || !quad.g.value.empty()) {
    write_term(quad.g, out, escapes);
    out += ' ';
  }
  out += ".\n";
}

std::string to_nquads(const Dataset& dataset, Escapes escapes) {
  std::string out;
  for (const Quad& quad : dataset) write_nquad(quad, out, escapes);
  return out;
}

}  // namespace qp::rdf
