// Objects whose constructor may be called once only.
//
// SimpleXMLElement::__construct() of an object that has a document already lets go of it twice
// (php_libxml_increment_node_ptr() in ext/libxml/libxml.c finds the node that
// sxe_object_free_iterxpath() has freed), and the heap of the thread is broken. A second call
// throws an Error, as those of other classes do. What else was found of the kind harms nobody but
// its own request (docs/hardening.md).
//
// Owner: the process. Thread: main, while modules start; the constructors on workers.
#pragma once

namespace tusk::php::library {

void refuse_second_construction() noexcept;

}  // namespace tusk::php::library
