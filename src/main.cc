// The program tusk: supervises server processes, or becomes tusk-server.

#include <span>

#include "launcher/launcher.h"

int main(int argc, char** argv) {
  return tusk::launcher::launch(std::span<const char* const>(argv, static_cast<std::size_t>(argc)));
}
