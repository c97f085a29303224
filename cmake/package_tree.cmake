# SPDX-License-Identifier: Apache-2.0
# Run by CPack between installation and packaging, in the tree that is to be packaged.
set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
# The stock executables are in the tree once, where they run.
file(GLOB copies "${root}/usr/lib*/riposte/responses" "${root}/usr/lib/*/riposte/responses")
foreach(copy ${copies})
  file(REMOVE_RECURSE "${copy}")
  file(CREATE_LINK /var/lib/riposte/active-response/bin "${copy}" SYMBOLIC)
endforeach()
file(CHMOD "${root}/var/lib/riposte" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
file(GLOB pages "${root}/usr/share/man/man*/*.[15]")
foreach(page ${pages})
  execute_process(COMMAND gzip -9n "${page}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
if(CPACK_GENERATOR STREQUAL "TGZ")
  # Where the package manager does not bring the libraries, they come along; libc and its loader are the system's.
  file(GET_RUNTIME_DEPENDENCIES EXECUTABLES "${root}/usr/bin/riposte" RESOLVED_DEPENDENCIES_VAR libraries
       PRE_EXCLUDE_REGEXES "^linux-vdso" "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv)\\.so"
       POST_EXCLUDE_REGEXES "/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv)\\.so[^/]*)$")
  foreach(library ${libraries})
    file(COPY "${library}" DESTINATION "${root}/usr/lib/riposte" FOLLOW_SYMLINK_CHAIN)
  endforeach()
endif()
