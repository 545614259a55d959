# SPDX-License-Identifier: AGPL-3.0-or-later
# What cpack makes of an installation: the Debian package `synapse-hub` and a tarball that can be
# unpacked anywhere. packaging/package.sh runs it. Debian has another program in a package named
# `synapse`, with the same file in /usr/bin, so ours has another name and conflicts with that one.
set(doc ${CMAKE_INSTALL_DATADIR}/doc/synapse-hub)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${doc} COMPONENT docs)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${doc} COMPONENT docs
        PATTERN CMakeLists.txt EXCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${doc} COMPONENT docs)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/packaging/monitoring DESTINATION ${doc} COMPONENT docs)

# With the whole text of the licence: Debian has no copy of this one in common-licenses.
file(READ ${PROJECT_SOURCE_DIR}/LICENSE AGPL)
string(REGEX REPLACE "\n+$" "" AGPL "${AGPL}")
string(REGEX REPLACE "\n[ \t]*\n" "\n.\n" AGPL "${AGPL}")
string(REGEX REPLACE "\n[ \t]*\n" "\n.\n" AGPL "${AGPL}")
string(REPLACE "\n" "\n " AGPL " ${AGPL}")
configure_file(packaging/debian/copyright.in ${PROJECT_BINARY_DIR}/debian/copyright @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/debian/copyright DESTINATION ${doc} COMPONENT docs)

install(FILES ${PROJECT_SOURCE_DIR}/packaging/debian/changelog DESTINATION ${doc} COMPONENT debian
        EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/debian/lintian-overrides COMPONENT debian
        DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME synapse-hub
        EXCLUDE_FROM_ALL)
install(PROGRAMS ${PROJECT_SOURCE_DIR}/packaging/install.sh DESTINATION . COMPONENT tarball
        EXCLUDE_FROM_ALL)

set(CPACK_PACKAGE_VENDOR "Synapse")
set(CPACK_PACKAGE_CONTACT
    "Synapse maintainers <maintainers@users.noreply.b-seed-c2070746.example>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "coordination hub for coding agents that share work")
set(CPACK_PACKED_FOR ${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_THREADS 0)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_files.cmake)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/package_kinds.cmake)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)

set(CPACK_DEBIAN_PACKAGE_NAME synapse-hub)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, git")
set(CPACK_DEBIAN_PACKAGE_CONFLICTS synapse)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Coding agents that work side by side connect to one hub. There they claim the
files that they are about to change, so that two of them are never granted the
same ones; they send each other messages that wait for the one that is away,
and keep a common plan.

The package has the hub, its command line, and the hooks by which Claude Code,
Codex, Gemini CLI and other assistants claim files by themselves.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/packaging/debian/postinst ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
    ${PROJECT_SOURCE_DIR}/packaging/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
