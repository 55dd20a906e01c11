#include "console/top/top_command.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <thread>
#include <utility>

#include <unistd.h>

#include "base/clock.h"
#include "console/top/observer.h"
#include "console/top/screen.h"
#include "console/top/terminal.h"

namespace tusk::console::top {

namespace {

using Key = Terminal::Key;

constexpr std::chrono::seconds kInterval{1};
constexpr std::size_t kRowsOfOnePicture = 100;
constexpr std::size_t kColumnsOfOnePicture = 120;

std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%H:%M:%S", &local)};
}

int failed(const std::string& message) {
  std::fprintf(stderr, "tusk: %s\n", message.c_str());
  return 1;
}

// The live view: what is shown, and what keys do to it.
class LiveView {
 public:
  LiveView(Observer& observer, Terminal& terminal) : observer_(observer), terminal_(terminal) {}

  // Until the operator quits, or tusk has ended: then with the reason.
  std::optional<std::string> run() {
    show();
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_ - base::now());
      const Key key = terminal_.wait(std::max(left, std::chrono::milliseconds(0)));
      if (key == Key::kQuit || key == Key::kGone) return std::nullopt;
      act(key);
      if (base::now() >= next_ && !refresh()) return observer_.problem();
      show();
    }
  }

 private:
  // False: tusk has ended.
  bool refresh() {
    next_ = base::now() + kInterval;
    if (picture_.paused) return true;
    const Observer::Outcome outcome = observer_.refresh();
    picture_.notice = outcome == Observer::Outcome::kNoAnswer ? observer_.problem() : std::string();
    if (outcome == Observer::Outcome::kDone && picture_.backtrace) take_backtrace();
    return outcome != Observer::Outcome::kEnded;
  }

  void act(Key key) {
    constexpr Order kNext[] = {Order::kMemory, Order::kRequests, Order::kTime};
    switch (key) {
      case Key::kUp:
        return select(selected_ > 0 ? selected_ - 1 : 0);
      case Key::kDown:
        return select(selected_ + 1);
      case Key::kSort:
        picture_.order = kNext[static_cast<std::size_t>(picture_.order)];
        return;
      case Key::kPause:
        picture_.paused = !picture_.paused;
        next_ = base::now();
        return;
      case Key::kBacktrace:
        if (picture_.backtrace) return picture_.backtrace.reset();
        return take_backtrace();
      case Key::kEscape:
        return picture_.backtrace.reset();
      default:
        return;
    }
  }

  void select(std::size_t index) {
    order();
    selected_ = std::min(index, picture_.busy.empty() ? 0 : picture_.busy.size() - 1);
    name_.reset();
    if (selected_ < picture_.busy.size()) name_ = name_of(picture_.busy[selected_]);
    if (picture_.backtrace) take_backtrace();
  }

  static WorkerName name_of(const WorkerLine& worker) { return {worker.pid, worker.worker}; }

  // A worker that was selected stays so while it is busy, wherever it is in the table.
  void order() {
    picture_.busy = busy_workers(observer_.processes(), picture_.order);
    const auto found = std::ranges::find_if(
        picture_.busy, [&](const WorkerLine& worker) { return name_ == name_of(worker); });
    if (found != picture_.busy.end())
      selected_ = static_cast<std::size_t>(found - picture_.busy.begin());
    selected_ = std::min(selected_, picture_.busy.empty() ? 0 : picture_.busy.size() - 1);
  }

  void take_backtrace() {
    order();
    if (selected_ >= picture_.busy.size()) {
      picture_.backtrace = std::vector<std::string>{"no worker is busy"};
      return;
    }
    const WorkerLine& worker = picture_.busy[selected_];
    name_ = name_of(worker);
    picture_.backtrace =
        observer_.backtrace(static_cast<pid_t>(worker.pid), worker.worker, charset_);
  }

  void show() {
    order();
    picture_.selected = selected_;
    picture_.overview = observer_.overview();
    picture_.time = time_of_day();
    const TerminalSize size = terminal_.size();
    terminal_.draw(screen(picture_, {.columns = size.columns, .charset = charset_}, size.rows));
  }

  Observer& observer_;
  Terminal& terminal_;
  const Charset charset_ = terminal_charset();
  Picture picture_;
  std::size_t selected_ = 0;
  std::optional<WorkerName> name_;  // of the selected one, once a key was pressed
  base::MonotonicTime next_ = base::now() + kInterval;
};

// Rates need two samples.
int print_once(Observer& observer) {
  std::this_thread::sleep_for(kInterval);
  if (observer.refresh() != Observer::Outcome::kDone) return failed(observer.problem());
  Picture picture{.time = time_of_day(),
                  .overview = observer.overview(),
                  .busy = busy_workers(observer.processes(), Order::kTime)};
  picture.notice = " ";
  const Display display{.columns = kColumnsOfOnePicture, .charset = terminal_charset()};
  for (const ScreenLine& line : screen(picture, display, kRowsOfOnePicture)) {
    if (line.text != picture.notice) std::printf("%s\n", line.text.c_str());
  }
  return 0;
}

}  // namespace

int run(const std::string& control_socket, Show show) {
  Observer observer(control_socket);
  if (observer.refresh() != Observer::Outcome::kDone) return failed(observer.problem());
  if (show == Show::kOnce || !Terminal::is_there()) return print_once(observer);
  std::optional<std::string> ended;
  int signal = 0;
  {
    Terminal terminal;
    ended = LiveView(observer, terminal).run();
    signal = terminal.ending_signal();
  }
  if (ended) return failed("tusk has ended: " + *ended);
  // Ends by the signal, so that the shell sees it.
  if (signal != 0) ::raise(signal);
  return 0;
}

}  // namespace tusk::console::top
