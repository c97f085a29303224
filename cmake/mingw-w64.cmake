# SPDX-License-Identifier: Apache-2.0
# Cross-building for x86_64 Windows with MinGW-w64 (posix threads) and what cmake/windows-deps.sh made.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

if(NOT RIPOSTE_WINDOWS_PREFIX)
  execute_process(COMMAND "${CMAKE_CURRENT_LIST_DIR}/windows-deps.sh" --prefix
    OUTPUT_VARIABLE RIPOSTE_WINDOWS_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  if(NOT IS_DIRECTORY "${RIPOSTE_WINDOWS_PREFIX}")
    message(FATAL_ERROR "${RIPOSTE_WINDOWS_PREFIX} is not there: run cmake/windows-deps.sh first, which builds it")
  endif()
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES RIPOSTE_WINDOWS_PREFIX)

# A changed recipe or version means another prefix: entries of the cache that point into the old one are looked for again.
if(RIPOSTE_WINDOWS_PREFIX_BEFORE AND NOT RIPOSTE_WINDOWS_PREFIX_BEFORE STREQUAL RIPOSTE_WINDOWS_PREFIX)
  get_cmake_property(entries CACHE_VARIABLES)
  foreach(entry IN LISTS entries)
    string(FIND "$CACHE{${entry}}" "${RIPOSTE_WINDOWS_PREFIX_BEFORE}" position)
    if(NOT position EQUAL -1)
      unset(${entry} CACHE)
    endif()
  endforeach()
endif()
set(RIPOSTE_WINDOWS_PREFIX_BEFORE "${RIPOSTE_WINDOWS_PREFIX}" CACHE INTERNAL "Where this build found its libraries last")

set(CMAKE_FIND_ROOT_PATH "${RIPOSTE_WINDOWS_PREFIX}" /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} "${RIPOSTE_WINDOWS_PREFIX}/lib/pkgconfig")

# Windows 10 and newer. The headers of libraries come after the compiler's own, whose names some of them shadow. windows.h includes the
# compiler's headers of all vector instructions, which are most of its lines: the guard of x86intrin.h keeps them out.
set(CMAKE_C_FLAGS_INIT "-D_WIN32_WINNT=0x0A00 -D_X86INTRIN_H_INCLUDED -idirafter ${RIPOSTE_WINDOWS_PREFIX}/include")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
# One file that needs nothing but Windows. Its sections are aligned to pages, so that Wine maps them; it copies others at every start.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -Wl,--file-alignment=4096")
