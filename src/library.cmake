# SPDX-License-Identifier: AGPL-3.0-or-later
# synapse::synapse, the library that programs link: the objects of the modules that Agent and Hub
# are made of, as one archive or, with SYNAPSE_SHARED, as one shared library, which exports what
# SYNAPSE_API marks and nothing else. One, because the modules and the order of their levels are
# nobody's business outside of this tree.
set(kind STATIC)
if(SYNAPSE_SHARED)
  set(kind SHARED)
endif()
set(objects)
foreach(module ${library_modules})
  list(APPEND objects $<TARGET_OBJECTS:synapse_${module}>)
endforeach()
add_library(libsynapse ${kind} ${objects})
add_library(synapse::synapse ALIAS libsynapse)
# A new major version may change the interface, and so what a program can be run with.
set_target_properties(libsynapse PROPERTIES
                      OUTPUT_NAME synapse EXPORT_NAME synapse LINKER_LANGUAGE CXX
                      VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR})
target_compile_features(libsynapse INTERFACE cxx_std_20)
target_include_directories(libsynapse INTERFACE
                           $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(libsynapse
                      PUBLIC Boost::headers nlohmann_json::nlohmann_json
                      PRIVATE OpenSSL::SSL OpenSSL::Crypto SQLite::SQLite3 Threads::Threads)

if(NOT SYNAPSE_INSTALL)
  return()
endif()
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME library)
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/synapse)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/synapse TYPE INCLUDE)
install(TARGETS libsynapse EXPORT synapse)
install(EXPORT synapse FILE synapseTargets.cmake NAMESPACE synapse:: DESTINATION ${package})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/synapseConfig.cmake.in
                              synapseConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(synapseConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/synapseConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/synapseConfigVersion.cmake DESTINATION ${package})

# The way from the .pc file to what it speaks of, so that an installation can be moved.
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
set(pc_requires "nlohmann_json >= 3.9")
if(NOT SYNAPSE_SHARED)
  # Programs that link the archive link what it needs as well.
  string(APPEND pc_requires ", openssl, sqlite3")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/synapse.pc.in synapse.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/synapse.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
