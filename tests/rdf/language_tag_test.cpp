#include "rdf/language_tag.hpp"

#include <doctest/doctest.h>

using qp::rdf::usual_case;

TEST_CASE("a language tag has its usual case, RFC 5646 2.1.1") {
  const std::pair<const char*, const char*> cases[] = {
      {"EN", "en"},
      {"en-us", "en-US"},
      {"EN-Us", "en-US"},
      {"ZH-hANT-tw", "zh-Hant-TW"},
      {"sgn-be-fr", "sgn-BE-FR"},
      {"EN-ca-X-CA", "en-CA-x-ca"},
      {"AZ-latn-X-LATN", "az-Latn-x-latn"},
      {"I-KLINGON", "i-klingon"},
      {"ES-419", "es-419"},
      {"de-latn-1996", "de-Latn-1996"},
      {"SL-Rozaj-BISKE-1994", "sl-rozaj-biske-1994"},
  };
  for (const auto& [written, usual] : cases) {
    CHECK(usual_case(written) == usual);
    CHECK_FALSE(usual_case(usual));
  }
  CHECK_FALSE(usual_case(""));
}
