#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Where documents come from, one after the other, whatever they are kept in.
namespace qp::bulk {

struct Record {
  enum class Kind {
    Document,  ///< one JSON document
    Member,    ///< the id of what is in a collection
    File,      ///< a picture or the like
    Addition,  ///< what its document does not say of a Question or a Tombstone
  };
  std::string position;       ///< the file, and the number of the record where it has several
  Result<std::string> bytes;  ///< of it, or what is wrong with it
  Kind kind = Kind::Document;
  /// Of a personal archive: where it was listed (by name, or the IRI of a collection that its actor
  /// made); of a File its name; of an Addition what it is to.
  std::string collection{};
  std::string context{};  ///< JSON: of a Document that has none of its own
  /// Of a Member: who may know that it is in there; nullopt: as is the rule for that collection.
  std::optional<std::vector<std::string>> readers{};
};

/// What is only named, in whichever of the two ways: its id, or that with whom it is for.
void make_member(Record& record);

class DumpReader {
 public:
  virtual ~DumpReader() = default;
  /// None: there are no more. What cannot be read is a Record that says so; the rest follows.
  virtual std::optional<Record> next() = 0;
  /// How much of what there is has been read: 0 to 1; below 0: not known.
  virtual double share_read() const { return -1; }
};

enum class Lines { No, Yes };
/// ActivityStreams documents: files (a document, several one after the other, or an array of them;
/// `.ndjson` and `.jsonl`, or `Lines::Yes`: one on each line; of a JSON-LD document that is nothing
/// but an `@graph` of several named things, each of them; of `listings.ndjson` the members and
/// what is added),
/// folders and archives (such files in them, by name), and `-` for `standard_input`, which outlives
/// the reader. What lies in the folders `without` is left out. NotFound names a path that is not
/// there.
Result<std::unique_ptr<DumpReader>> read_as2(const std::vector<std::filesystem::path>& paths,
                                             std::istream& standard_input, Lines lines = Lines::No,
                                             std::vector<std::string> without = {});

/// Of our own exports.
inline constexpr std::string_view kListings = "listings.ndjson";
/// Of the archive `path` what that file in `folder` (with its last slash) has, if it is there.
Result<std::unique_ptr<DumpReader>> read_listings(const std::filesystem::path& path,
                                                  std::string_view folder);

/// What one person took along from a server: `actor.json`, `outbox.json` and other collections, and
/// files, in an archive or a folder (Mastodon's, Pleroma's, PeerTube's, Pixelfed's, our own). Of
/// what else lies there only the files that these documents name are its.
class PersonalArchive {
 public:
  /// Those in `path`: most have one, at the top. Reads it through once.
  static Result<std::vector<PersonalArchive>> find(const std::filesystem::path& path);

  const std::string& actor() const { return actor_; }  ///< the document
  const std::string& folder() const { return folder_; }
  const std::string& actor_position() const { return actor_position_; }
  /// There are listings in it (read_listings).
  bool has_listings() const { return has_listings_; }
  /// Whose documents need no other reader.
  std::vector<std::string> read_folders() const;
  enum class Part { Files, Items };
  Result<std::unique_ptr<DumpReader>> read(Part part) const;

 private:
  /// A file, and in whose folder it is; empty: in nobody's.
  struct Other {
    std::string name, folder;
  };
  void replace_by(PersonalArchive other);
  void note_others(const std::vector<Other>& others);

  std::filesystem::path path_;
  bool has_listings_ = false;
  bool has_others_ = false;  ///< there are files besides those that surely are its own
  std::string folder_;       ///< that the files are in, with its last slash
  std::string actor_name_, actor_, actor_position_;
};

}  // namespace qp::bulk
