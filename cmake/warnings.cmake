# SPDX-License-Identifier: Apache-2.0
# Shared by all targets. Plain: without sanitizers.
add_library(riposte_plain_options INTERFACE)
target_include_directories(riposte_plain_options INTERFACE "${PROJECT_SOURCE_DIR}")
if(MSVC)
  target_compile_options(riposte_plain_options INTERFACE /W4 /utf-8 /permissive- /Zc:__cplusplus /bigobj
    $<$<BOOL:${RIPOSTE_WERROR}>:/WX>)
else()
  target_compile_options(riposte_plain_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -fno-omit-frame-pointer
    $<$<BOOL:${RIPOSTE_WERROR}>:-Werror>)
endif()
if(WIN32)
  # Windows 10 and newer, its wide calls, and none of its min and max macros.
  target_compile_definitions(riposte_plain_options INTERFACE _WIN32_WINNT=0x0A00 UNICODE _UNICODE NOMINMAX WIN32_LEAN_AND_MEAN)
endif()
if(MINGW)
  # Asio takes POSIX threads if some header before it happened to name them; every source must see the same threads.
  target_compile_definitions(riposte_plain_options INTERFACE BOOST_ASIO_HAS_PTHREADS=1)
endif()
target_compile_definitions(riposte_plain_options INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_DATE_TIME
  RIPOSTE_VERSION="${PROJECT_VERSION}")
add_library(riposte_options INTERFACE)
target_link_libraries(riposte_options INTERFACE riposte_plain_options)
if(RIPOSTE_SANITIZE)
  target_compile_options(riposte_options INTERFACE -fsanitize=${RIPOSTE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(riposte_options INTERFACE -fsanitize=${RIPOSTE_SANITIZE})
  if(RIPOSTE_SANITIZE STREQUAL thread)
    # g++ warns of every atomic fence, also of those in the standard library and Asio.
    target_compile_options(riposte_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
# The headers of Boost and Poco are not ours to warn about.
