# SPDX-License-Identifier: AGPL-3.0-or-later
# synapse_options: what every target of this tree is compiled and linked with. It is linked
# privately, so that nothing of it reaches the programs that link the library.
add_library(synapse_options INTERFACE)
target_compile_features(synapse_options INTERFACE cxx_std_20)
target_include_directories(synapse_options INTERFACE
                           ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_options(synapse_options INTERFACE
                       -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       $<$<BOOL:${SYNAPSE_WERROR}>:-Werror>)

# Position-independent code costs nothing that shows; a position-independent program has the
# addresses in its tables written anew at each start, page by page. Of libraries that are inside,
# OpenSSL has many such tables, so without (-no-pie) a short command takes a third less. The price
# is that the program's own image has no random address; stack, heap and the C library keep theirs.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

# A unity build compiles several files of a module as one: half of the time of a clean build, most
# of which goes into the headers that they share. Names in anonymous namespaces are therefore unique
# within a module. What is internal to one of the files then looks to GCC like a header's.
# The names that such a build has for its files are absolute; without the tree's own part, a
# compiler cache serves every clone, and failures are short.
if(CMAKE_UNITY_BUILD)
  target_compile_options(synapse_options INTERFACE -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()

find_program(SYNAPSE_MOLD mold)
if(SYNAPSE_MOLD)
  # What runs once at the start lies together, as other linkers put it: a page of it costs a fault.
  target_link_options(synapse_options INTERFACE -fuse-ld=mold -Wl,-z,keep-text-section-prefix)
endif()

if(SYNAPSE_SANITIZE)
  # g++ 12 takes what the sanitizers add for uses of uninitialised variables.
  target_compile_options(synapse_options INTERFACE
                         -fsanitize=${SYNAPSE_SANITIZE} -fno-omit-frame-pointer
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(synapse_options INTERFACE -fsanitize=${SYNAPSE_SANITIZE})
  # AddressSanitizer stops at a null pointer as well, and nothing here casts a pointer to another
  # alignment: these two checks of every access are half of the time that compiling Beast takes.
  if(SYNAPSE_SANITIZE MATCHES "address.*undefined")
    target_compile_options(synapse_options INTERFACE -fno-sanitize=null,alignment)
  endif()
  # Asio has fences beside its locks, which ThreadSanitizer does not model; the locks alone are
  # enough for it.
  if(SYNAPSE_SANITIZE STREQUAL "thread")
    target_compile_options(synapse_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
