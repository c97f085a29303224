# SPDX-License-Identifier: Apache-2.0
# The installer for Windows, made on Linux: cmake --build --preset windows --target windows_installer
set(RIPOSTE_SIGN_CERTIFICATE "" CACHE FILEPATH "PKCS#12; the installer and what it installs are signed with it")
set(RIPOSTE_SIGN_PASSWORD_FILE "" CACHE FILEPATH "Its first line opens RIPOSTE_SIGN_CERTIFICATE")
set(RIPOSTE_SIGN_TIMESTAMP_URL "" CACHE STRING "An authority for time stamps (RFC 3161); none without")

get_property(responses GLOBAL PROPERTY riposte_response_targets)
add_custom_target(windows_installer VERBATIM
  COMMAND ${CMAKE_COMMAND} -E env
    "RIPOSTE_SIGN_CERTIFICATE=${RIPOSTE_SIGN_CERTIFICATE}"
    "RIPOSTE_SIGN_PASSWORD_FILE=${RIPOSTE_SIGN_PASSWORD_FILE}"
    "RIPOSTE_SIGN_TIMESTAMP_URL=${RIPOSTE_SIGN_TIMESTAMP_URL}"
    "${CMAKE_CURRENT_SOURCE_DIR}/installer/windows/make.sh" "${CMAKE_BINARY_DIR}" ${PROJECT_VERSION}
    "${CMAKE_BINARY_DIR}/riposte-${PROJECT_VERSION}-windows-x86_64.exe"
  COMMENT "Making riposte-${PROJECT_VERSION}-windows-x86_64.exe")
add_dependencies(windows_installer riposte ${responses})
