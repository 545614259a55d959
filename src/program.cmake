# SPDX-License-Identifier: AGPL-3.0-or-later
# The program, and what is installed with it.
add_executable(synapse first.cpp main.cpp)
target_link_libraries(synapse PRIVATE synapse_options synapse::cli synapse::guard synapse::syn)
set_target_properties(synapse PROPERTIES POSITION_INDEPENDENT_CODE ${SYNAPSE_PIE})
if(SYNAPSE_FULLY_STATIC)
  target_link_options(synapse PRIVATE -static)
  target_compile_definitions(synapse PRIVATE SYNAPSE_FULLY_STATIC)
elseif(SYNAPSE_STATIC_RUNTIME)
  target_link_options(synapse PRIVATE -static-libstdc++ -static-libgcc)
endif()
if(NOT SYNAPSE_SANITIZE)
  target_link_options(synapse PRIVATE -Wl,--gc-sections)
endif()

# The same program under the names of its short verbs.
set(links syn syn-name syn-wait syn-say syn-inbox syn-board)
set(link_files)
foreach(link ${links})
  add_custom_command(TARGET synapse POST_BUILD VERBATIM
                     COMMAND ${CMAKE_COMMAND} -E create_symlink
                             synapse $<TARGET_FILE_DIR:synapse>/${link})
  list(APPEND link_files ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${link})
endforeach()

if(NOT SYNAPSE_INSTALL)
  return()
endif()
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME program)
install(TARGETS synapse)
install(FILES ${link_files} TYPE BIN)

# The program itself knows its manual, what its shells ask it, and the units of its services.
set(made ${CMAKE_CURRENT_BINARY_DIR}/made)
install(CODE "
  file(MAKE_DIRECTORY \"${made}\")
  foreach(page synapse syn)
    execute_process(COMMAND \"$<TARGET_FILE_DIR:synapse>/\${page}\" __man
                    OUTPUT_FILE \"${made}/\${page}.1\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  foreach(shell bash zsh fish)
    execute_process(COMMAND \"$<TARGET_FILE:synapse>\" completion \${shell}
                    OUTPUT_FILE \"${made}/synapse.\${shell}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()")
set(units synapse-hub.service synapse-presence@.service synapse-arm@.service)
install(CODE "
  file(MAKE_DIRECTORY \"${made}/system\")
  foreach(unit ${units})
    execute_process(COMMAND \"$<TARGET_FILE:synapse>\" __unit \${unit}
                            \${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/synapse
                    OUTPUT_FILE \"${made}/\${unit}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  file(READ \"${PROJECT_SOURCE_DIR}/packaging/synapse-hub.service\" unit)
  string(REPLACE \"ExecStart=/usr/bin/\"
                 \"ExecStart=\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/\" unit \"\${unit}\")
  file(WRITE \"${made}/system/synapse-hub.service\" \"\${unit}\")"
  COMPONENT service)
list(TRANSFORM units PREPEND ${made}/ OUTPUT_VARIABLE unit_files)
install(FILES ${unit_files} DESTINATION lib/systemd/user COMPONENT service)
install(FILES ${made}/system/synapse-hub.service DESTINATION lib/systemd/system COMPONENT service)

set(bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${made}/synapse.1 ${made}/syn.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${made}/synapse.bash DESTINATION ${bash} RENAME synapse)
install(FILES ${made}/synapse.bash DESTINATION ${bash} RENAME syn)
install(FILES ${made}/synapse.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions
        RENAME _synapse)
install(FILES ${made}/synapse.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
