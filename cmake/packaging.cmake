# SPDX-License-Identifier: Apache-2.0
# Packages of Riposte: their contents beside the program, and how they are made (packages.sh installs what a build
# needs): cmake --build --preset release --target packages
# Component "system" is for packages only; `cmake --install` leaves /etc, /var and systemd alone.
set(linux "${CMAKE_CURRENT_SOURCE_DIR}/installer/linux")
function(riposte_system_file file destination)
  cmake_parse_arguments(PARSE_ARGV 2 to "PROGRAM" "NAME" "")
  cmake_path(GET file FILENAME name)
  if(to_NAME)
    set(name "${to_NAME}")
  endif()
  set(mode OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  if(to_PROGRAM)
    list(APPEND mode OWNER_EXECUTE GROUP_EXECUTE WORLD_EXECUTE)
  endif()
  install(FILES "${linux}/${file}" DESTINATION "${destination}" RENAME "${name}" PERMISSIONS ${mode}
          COMPONENT system EXCLUDE_FROM_ALL)
endfunction()
foreach(unit riposte.service riposte.socket riposte-control.socket)
  riposte_system_file(${unit} usr/lib/systemd/system)
endforeach()
riposte_system_file(riposte.sysusers usr/lib/sysusers.d NAME riposte.conf)
riposte_system_file(riposte.tmpfiles usr/lib/tmpfiles.d NAME riposte.conf)
riposte_system_file(riposte.conf etc/riposte)
riposte_system_file(riposte.logrotate etc/logrotate.d NAME riposte)
riposte_system_file(completion/riposte.bash usr/share/bash-completion/completions NAME riposte)
riposte_system_file(completion/_riposte usr/share/zsh/site-functions)
riposte_system_file(completion/riposte.fish usr/share/fish/vendor_completions.d)
riposte_system_file(README.md usr/share/doc/riposte)
riposte_system_file(../../LICENSE usr/share/doc/riposte NAME copyright)
riposte_system_file(setup usr/lib/riposte PROGRAM)
# The stock executables where they run; usr/lib/.../riposte/responses leads there.
get_property(responses GLOBAL PROPERTY riposte_response_targets)
install(TARGETS ${responses} RUNTIME DESTINATION var/lib/riposte/active-response/bin COMPONENT system EXCLUDE_FROM_ALL
        PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE)

# Libraries that come along in the archive; the older kind of path is for what those need in turn, too.
set_target_properties(riposte PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/riposte")
target_link_options(riposte PRIVATE -Wl,--disable-new-dtags)

set(CPACK_PACKAGE_NAME riposte)
set(CPACK_PACKAGE_VENDOR "Riposte")
set(CPACK_PACKAGE_CONTACT "The Riposte developers <riposte@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION "Runs active responses of a Wazuh or OSSEC manager on this host, remembers what must be undone,
 and undoes it when its timeout expires: after a crash, a restart or a reboot too.")
set(CPACK_RESOURCE_FILE_LICENSE "${CMAKE_CURRENT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGE_FILE_NAME "riposte-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_STRIP_FILES ON)
# The program goes below /usr, the rest where it says.
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};riposte;Unspecified;/usr;${CMAKE_BINARY_DIR};riposte;system;/")
set(CPACK_PACKAGING_INSTALL_PREFIX "/")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_SOURCE_DIR}/cmake/package_tree.cmake")
set(CPACK_GENERATOR DEB TGZ)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# nftables' library is loaded when a block is asked for.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libnftables1, logrotate")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${linux}/deb/postinst;${linux}/deb/prerm;${linux}/deb/postrm;${linux}/deb/conffiles")

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE "Apache-2.0")
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE "${linux}/rpm/post")
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE "${linux}/rpm/preun")
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE "${linux}/rpm/postun")
set(CPACK_RPM_USER_FILELIST "%config(noreplace) /etc/riposte/riposte.conf" "%config(noreplace) /etc/logrotate.d/riposte")
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /etc /etc/logrotate.d /usr /usr/bin /usr/lib /usr/lib/systemd
    /usr/lib/systemd/system /usr/lib/sysusers.d /usr/lib/tmpfiles.d /usr/share /usr/share/bash-completion
    /usr/share/bash-completion/completions /usr/share/doc /usr/share/fish /usr/share/fish/vendor_completions.d
    /usr/share/man /usr/share/man/man1 /usr/share/man/man5 /usr/share/zsh /usr/share/zsh/site-functions /var /var/lib)
include(CPack)

# Only what is shipped is compiled for it.
find_program(RIPOSTE_RPMBUILD rpmbuild)
add_custom_target(packages COMMAND ${CMAKE_CPACK_COMMAND} -G "DEB$<SEMICOLON>TGZ$<$<BOOL:${RIPOSTE_RPMBUILD}>:$<SEMICOLON>RPM>"
  WORKING_DIRECTORY "${CMAKE_BINARY_DIR}" COMMENT "Making the packages" VERBATIM)
add_dependencies(packages riposte ${responses})
