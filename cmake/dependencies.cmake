# SPDX-License-Identifier: AGPL-3.0-or-later
# The libraries that the modules are made with.
#
# A command is a whole process, and most of what it costs is loading: with OpenSSL, SQLite and the
# C++ library inside, `synapse --version` takes a third less. So their archives are taken where
# there are any, each by itself: Fedora, Arch and openSUSE have only shared ones by default. With
# the C library inside as well (SYNAPSE_STATIC) a command has nothing left to load.
# Distributions want the shared ones, which they can mend without building everything anew
# (SYNAPSE_SHARED); so do sanitizers, and a project that takes this tree in decides for itself.
if(SYNAPSE_SHARED OR SYNAPSE_SANITIZE OR NOT PROJECT_IS_TOP_LEVEL)
  set(SYNAPSE_STATIC_LIBRARIES OFF)
else()
  set(SYNAPSE_STATIC_LIBRARIES ON)
endif()

if(SYNAPSE_STATIC_LIBRARIES)
  find_library(SYNAPSE_SSL_ARCHIVE libssl.a)
  find_library(SYNAPSE_CRYPTO_ARCHIVE libcrypto.a)
  find_library(SYNAPSE_SQLITE_ARCHIVE libsqlite3.a)
  if(SYNAPSE_SSL_ARCHIVE AND SYNAPSE_CRYPTO_ARCHIVE)
    set(OPENSSL_USE_STATIC_LIBS ON)
  endif()
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LINK_OPTIONS -static-libstdc++ -static-libgcc)
  check_cxx_source_compiles("#include <iostream>\nint main() { std::cout << 1; }"
                            SYNAPSE_STATIC_RUNTIME)
  # The GNU C library alone can be told where a program that has it inside looks for hosts, and a
  # program without shared libraries needs every archive.
  set(CMAKE_REQUIRED_LINK_OPTIONS -static)
  check_cxx_source_compiles(
    "#include <netdb.h>\n#include <nss.h>\n#include <iostream>\n#include <cmath>
     int main(int n, char**) { std::cout << std::lgamma(n);
                               return __nss_configure_lookup(\"hosts\", \"files dns\"); }"
    SYNAPSE_STATIC_C_LIBRARY)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  if(SYNAPSE_STATIC AND NOT SYNAPSE_PIE AND SYNAPSE_STATIC_C_LIBRARY AND SYNAPSE_SSL_ARCHIVE
     AND SYNAPSE_CRYPTO_ARCHIVE AND SYNAPSE_SQLITE_ARCHIVE)
    set(SYNAPSE_FULLY_STATIC ON)
  endif()
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(nlohmann_json 3.9 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
if(SYNAPSE_PROGRAM)
  find_package(CLI11 REQUIRED)
endif()
if(SYNAPSE_TESTS)
  find_package(Catch2 2.13 REQUIRED)
endif()

if(SYNAPSE_STATIC_LIBRARIES AND SYNAPSE_SQLITE_ARCHIVE)
  set_target_properties(SQLite::SQLite3 PROPERTIES IMPORTED_LOCATION ${SYNAPSE_SQLITE_ARCHIVE})
  set_property(TARGET SQLite::SQLite3 APPEND PROPERTY
               INTERFACE_LINK_LIBRARIES m ${CMAKE_DL_LIBS} Threads::Threads)
endif()

# Asio and Beast as system headers: their warnings are not ours.
add_library(synapse_asio INTERFACE)
target_link_libraries(synapse_asio INTERFACE
                      Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
target_compile_definitions(synapse_asio INTERFACE BOOST_ASIO_NO_DEPRECATED)
