// Files are not mapped into memory to be sent or copied. readfile(), fpassthru() and
// stream_copy_to_stream() do that, and if another request shortens the file meanwhile, as
// file_put_contents() does, reading the memory behind its new end is a SIGBUS: it ends the process,
// and in threads all requests with it. Read by read(2), the file just ends earlier.

#include "php/zend.h"

// Replaces libphp's function of this name (main/streams/mmap.c). NULL: PHP reads the file.
extern "C" PHPAPI char* _php_stream_mmap_range(php_stream*, size_t, size_t,
                                               php_stream_mmap_access_t, size_t* mapped) {
  if (mapped != nullptr) *mapped = 0;
  return nullptr;
}
