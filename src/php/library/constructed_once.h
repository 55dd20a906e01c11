// Classes whose constructor may be called only once for an object.
//
// A second SimpleXMLElement::__construct() for an object that has a document releases the document
// twice (php_libxml_increment_node_ptr() in ext/libxml/libxml.c finds the node that
// sxe_object_free_iterxpath() has freed), which corrupts the thread's heap. Here a second call
// throws an Error, as it does for other classes. Other cases of this kind that were found harm only
// their own request (docs/hardening.md).
//
// Owner: the process. Thread: main, when all modules have started; the constructors on workers.
#pragma once

namespace tusk::php::library {

void refuse_second_construction() noexcept;

}  // namespace tusk::php::library
