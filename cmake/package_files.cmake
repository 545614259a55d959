# SPDX-License-Identifier: AGPL-3.0-or-later
# Run by cpack on the files that are about to be packed: Debian wants manual pages and changelog
# compressed, with nothing in them of when that was. A tarball's stay as they are.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
file(GLOB_RECURSE files ${CPACK_TEMPORARY_DIRECTORY}/*.1 ${CPACK_TEMPORARY_DIRECTORY}/changelog)
foreach(file ${files})
  execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
