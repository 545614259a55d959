# SPDX-License-Identifier: AGPL-3.0-or-later
# Read by cpack for each kind of package: what goes into it, where, and by which name.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_COMPONENTS_ALL program service docs debian)
else()
  set(CPACK_PACKAGING_INSTALL_PREFIX /)
  set(CPACK_COMPONENTS_ALL program docs tarball)
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
  string(TOLOWER ${CPACK_SYSTEM_NAME} system)
  set(CPACK_PACKAGE_FILE_NAME synapse-${CPACK_PACKAGE_VERSION}-${system}-${CPACK_PACKED_FOR})
endif()
