# SPDX-License-Identifier: AGPL-3.0-or-later
# synapse_embed_page(hub ../page index.html FILE…): the files that the hub serves as its page, as
# they are and compressed, in the module's table of page files. All but the first are addressed
# below a folder that is named after a digest of them all, so that a browser may keep them for ever;
# the first, which names that folder as @VERSION@, is not.
function(synapse_embed_page module folder)
  cmake_path(ABSOLUTE_PATH folder NORMALIZE)
  set(all "")
  foreach(name ${ARGN})
    file(READ ${folder}/${name} text)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${name})
    string(APPEND all "${name}\n${text}\n")
  endforeach()
  string(SHA256 version "${all}")
  string(SUBSTRING ${version} 0 16 version)

  set(made ${CMAKE_CURRENT_BINARY_DIR}/page)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/page_table.cpp)
  set(stamp "// Made by cmake/embed_page.cmake: ${version}\n")
  target_sources(synapse_${module} PRIVATE ${source})
  if(EXISTS ${source})
    file(READ ${source} written LIMIT 200)
    string(FIND "${written}" "${stamp}" same)
    if(same EQUAL 0)
      return()
    endif()
  endif()

  file(MAKE_DIRECTORY ${made})
  set(code "${stamp}#include \"hub/page_files.hpp\"\n\n")
  string(APPEND code "namespace synapse::${module} {\n\nnamespace {\n")
  set(rows "")
  set(number 0)
  foreach(name ${ARGN})
    file(READ ${folder}/${name} text)
    string(REPLACE "@VERSION@" "${version}" text "${text}")
    file(WRITE ${made}/${name} "${text}")
    file(ARCHIVE_CREATE OUTPUT ${made}/${name}.gz PATHS ${made}/${name}
         FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
    file(READ ${made}/${name}.gz hex HEX)
    # Bytes 4 to 7 say when it was compressed, which is nobody's business: builds are the same.
    string(SUBSTRING "${hex}" 0 8 head)
    string(SUBSTRING "${hex}" 16 -1 tail)
    string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${head}00000000${tail}")
    string(LENGTH "${head}00000000${tail}" digits)
    math(EXPR size "${digits} / 2")
    string(APPEND code "constexpr char zipped_${number}[] = \"${bytes}\";\n")
    cmake_path(GET name EXTENSION LAST_ONLY extension)
    string(APPEND rows "    {\"${name}\", \"${extension}\", R\"page~(${text})page~\",\n")
    string(APPEND rows "     std::string_view(zipped_${number}, ${size})},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  string(APPEND code "\nconstexpr PageFile files[] = {\n${rows}};\n\n}  // namespace\n\n"
                     "std::span<const PageFile> page_files() { return files; }\n"
                     "std::string_view page_version() { return \"${version}\"; }\n\n"
                     "}  // namespace synapse::${module}\n")
  file(WRITE ${source} "${code}")
endfunction()
