#include "php/preload/automatic_preload.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "observe/log.h"
#include "php/preload/link_notes.h"
#include "php/preload/list/list_file.h"
#include "php/preload/list/selection.h"
#include "php/preload/php_trial.h"
#include "php/preload/recorder.h"
#include "php/preload/start_in_child.h"

namespace tusk::php::preload {

namespace {

// All that happens before PHP starts. A supervisor gives a server process 60 s.
constexpr base::Duration kLongest = std::chrono::seconds(30);
// Each time, more is left out.
constexpr int kTrials = 8;

void warn(std::string_view what, std::string_view reason) {
  observe::warn(std::string("preload: ") + std::string(what), {{"reason", reason}});
}

// False: there is no such file any more.
bool look_at(const std::string& path, ListedFile& file) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  file.modified_ns = info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec;
  file.size_bytes = static_cast<std::uint64_t>(info.st_size);
  file.memory_bytes = 0;
  return true;
}

std::vector<std::string> paths_of(const PreloadList& list, std::optional<FileState> state) {
  std::vector<std::string> paths;
  for (const auto& [path, file] : list.files)
    if (!state || file.state == *state) paths.push_back(path);
  return paths;
}

base::Result<Facts> find_facts(const PreloadList& list, const StartPhp& start,
                               base::MonotonicTime until) {
  const std::vector<std::string> files = paths_of(list, std::nullopt);
  const base::Result<std::string> answer = in_child(until, [&] {
    std::string text;
    const base::Result<void> started =
        start({.kind = Arrangement::Kind::kNothing, .files = {}},
              [&](Runtime& runtime, const GeneratedScript& script) {
                text = script.configured_script().empty()
                           ? encode(collect_facts(runtime, files))
                           : encode_failure("opcache.preload is set, and has precedence");
              });
    return started ? text : encode_failure(started.error().message);
  });
  if (!answer) return std::unexpected(answer.error());
  return decode_facts(*answer);
}

base::Result<Trial> try_files(const std::vector<std::string>& files, LinkNotes& notes,
                              const StartPhp& start, base::MonotonicTime until) {
  const base::Result<std::string> answer = in_child(until, [&] {
    Trial trial;
    const base::Result<void> started =
        start({.kind = Arrangement::Kind::kFiles, .files = files, .notes = &notes},
              [&](Runtime& runtime, const GeneratedScript& script) {
                trial.is_used = script.is_used();
                trial.configured_script = script.configured_script();
                if (trial.is_used) trial.memory_bytes = script_memory(runtime);
              });
    return started ? encode(trial) : encode_failure(started.error().message);
  });
  if (!answer) return std::unexpected(answer.error());
  return decode_trial(*answer);
}

// False: no file of the list has one of the classes.
bool refuse_classes(const PreloadList& list, const LinkNotes& notes, Reasons& refused) {
  bool is_new = false;
  for (const LinkNotes::Note& note : notes.classes()) {
    for (const auto& [path, file] : list.files) {
      if (file.state == FileState::kPreloaded &&
          std::ranges::find(file.names, note.name) != file.names.end())
        is_new |= refused.emplace(path, note.name + " cannot be linked: " + note.reason).second;
    }
  }
  return is_new;
}

// False: none of the files is in the list.
bool refuse_files(const PreloadList& list, const LinkNotes& notes, Reasons& refused) {
  bool is_new = false;
  for (const LinkNotes::Note& note : notes.files()) {
    const auto file = list.files.find(note.name);
    if (file != list.files.end() && file->second.state == FileState::kPreloaded)
      is_new |= refused.emplace(note.name, "PHP cannot link it at once: " + note.reason).second;
  }
  return is_new;
}

// "... in /srv/app/File.php:3". False: it names no file of the list.
bool refuse_named(const PreloadList& list, const std::string& failure, Reasons& refused) {
  for (const auto& [path, file] : list.files) {
    if (file.state == FileState::kPreloaded && failure.contains(" in " + path + ":"))
      return refused.emplace(path, failure).second;
  }
  return false;
}

// False: nobody knows what made the trial fail.
//
// PHP may end or crash because it could not link a class: 8.4.24 frees some of the class's memory
// with each attempt, if the class and its trait have the same static property. PHP names what it
// could not link after the last attempt. If it has not come so far, all are refused that could not
// be linked at the first one.
bool refuse_what_fails(const PreloadList& list, bool has_started, const std::string& failure,
                       const LinkNotes& notes, Reasons& refused) {
  const bool has_classes = refuse_classes(list, notes, refused);
  if (has_started) return has_classes;
  const bool has_named = refuse_named(list, failure, refused);
  return has_classes || has_named || refuse_files(list, notes, refused);
}

void leave_out_all(PreloadList& list, const std::string& reason) {
  for (auto& [path, file] : list.files) {
    if (file.state != FileState::kPreloaded) continue;
    file.state = FileState::kLeftOut;
    file.reason = reason;
  }
}

// Sets the states of the files: PHP has started with those that are to be preloaded.
void settle(PreloadList& list, const StartPhp& start, base::MonotonicTime until) {
  const base::Result<Facts> facts = find_facts(list, start, until);
  if (!facts) {
    warn("nothing is preloaded, because the recorded files cannot be looked at",
         facts.error().message);
    for (auto& [path, file] : list.files) file.state = FileState::kPreloaded;
    return leave_out_all(list, facts.error().message);
  }
  Reasons refused;
  std::string failure;
  for (int i = 0; i < kTrials; ++i) {
    choose(list, *facts, refused);
    const std::vector<std::string> files = paths_of(list, FileState::kPreloaded);
    if (files.empty()) return;
    LinkNotes notes;
    const base::Result<Trial> trial = try_files(files, notes, start, until);
    if (trial && !trial->is_used) return leave_out_all(list, "OPcache is off");
    if (trial) {
      for (const auto& [path, bytes] : trial->memory_bytes)
        if (const auto file = list.files.find(path); file != list.files.end())
          file->second.memory_bytes = bytes;
      if (notes.classes().empty()) return;
    }
    failure = trial ? "classes cannot be linked" : trial.error().message;
    if (!refuse_what_fails(list, trial.has_value(), failure, notes, refused)) break;
  }
  warn("nothing is preloaded, because PHP does not start with the recorded files", failure);
  leave_out_all(list, failure);
}

}  // namespace

AutomaticPreload::AutomaticPreload(const Settings& settings)
    : list_file_(settings.preload.list_file),
      base_(is_on() ? release_directory(settings.document_root) : std::string()) {}

Arrangement AutomaticPreload::prepare(const StartPhp& start) {
  if (!is_on()) return {};
  const base::MonotonicTime until = base::now() + kLongest;
  const base::Result<ListFile> list_file = ListFile::lock(list_file_, kLongest);
  if (!list_file) {
    warn("nothing is recorded and preloaded", list_file.error().message);
    list_file_.clear();
    return {};
  }
  base::Result<PreloadList> list = list_file->read();
  if (!list) {
    warn("the list of what requests use begins anew", list.error().message);
    list = PreloadList();
  }
  list->move_to(base_);
  for (auto file = list->files.begin(); file != list->files.end();)
    file = look_at(file->first, file->second) ? std::next(file) : list->files.erase(file);
  if (!list->files.empty()) settle(*list, start, until);
  if (const base::Result<void> written = list_file->write(*list); !written) {
    warn("nothing is recorded and preloaded", written.error().message);
    list_file_.clear();
    return {};
  }
  return {.kind = Arrangement::Kind::kFiles, .files = paths_of(*list, FileState::kPreloaded)};
}

void AutomaticPreload::after_start(const GeneratedScript& script, bool has_opcache) {
  if (!is_on()) return;
  if (!has_opcache) return warn("it has no effect", "OPcache is off");
  if (!script.configured_script().empty())
    return warn("it has no effect", "opcache.preload is set, and has precedence");
  Recorder::start(list_file_, base_);
}

}  // namespace tusk::php::preload
