# `cpack` in the build directory makes three Debian packages of what is built: steward, steward-workers and
# libsteward-dev. Which file is in which says the COMPONENT of its install(); here is what only packages
# have: the configuration and the units with their places, and what Debian wants of each.
set(STEWARD_DEB_VERSION ${PROJECT_VERSION}-1)
set(debian ${CMAKE_CURRENT_LIST_DIR}/../debian)
set(made ${CMAKE_BINARY_DIR}/debian)

# steward_replaced(VARIABLE OLD NEW): what is not there is a mistake in the list, not a small thing.
function(steward_replaced variable old new)
  string(FIND "${${variable}}" "${old}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "etc/steward.toml has no ${old}")
  endif()
  string(REPLACE "${old}" "${new}" changed "${${variable}}")
  set(${variable} "${changed}" PARENT_SCOPE)
endfunction()

# ---- the configuration: the sample's, with folders of the system and without processes ----
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/etc/steward.toml)
file(READ ${PROJECT_SOURCE_DIR}/etc/steward.toml settings)
string(FIND "${settings}" "\n[[process]]\n" processes)
string(SUBSTRING "${settings}" 0 ${processes} settings)
steward_replaced(settings "data_dir = \"data\"" "data_dir = \"/var/lib/steward\"")
steward_replaced(settings "run_dir = \"run\"" "run_dir = \"/run/steward\"")
steward_replaced(settings "log_dir = \"logs\"" "log_dir = \"/var/log/steward\"")
steward_replaced(settings "keeps running: `bin/start` starts it and them. docs/supervisor.md."
  "keeps running (steward.service). The broker\n# and the gateway have units of their own.")
file(CONFIGURE OUTPUT ${made}/steward.toml CONTENT "${settings}" @ONLY)
install(FILES ${made}/steward.toml DESTINATION /etc/steward COMPONENT steward EXCLUDE_FROM_ALL)

# ---- the units, with the place of the programs ----
file(GLOB units CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/etc/systemd/*.service)
foreach(unit IN LISTS units)
  cmake_path(GET unit FILENAME name)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${unit})
  file(READ ${unit} text)
  string(REPLACE "/usr/local/bin/" "/usr/bin/" text "${text}")
  file(CONFIGURE OUTPUT ${made}/${name} CONTENT "${text}" @ONLY)
  set(component steward)
  if(name MATCHES "@")
    set(component steward-workers)
  endif()
  install(FILES ${made}/${name} DESTINATION /lib/systemd/system
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

# ---- what Debian wants of every package ----
execute_process(COMMAND date --utc --rfc-email --date=${STEWARD_RELEASED}
  OUTPUT_VARIABLE STEWARD_RELEASED_RFC OUTPUT_STRIP_TRAILING_WHITESPACE)
configure_file(${debian}/changelog.in ${made}/changelog.Debian @ONLY)
execute_process(COMMAND gzip --best --no-name --keep --force ${made}/changelog.Debian)
foreach(component steward steward-workers libsteward-dev)
  install(FILES ${made}/changelog.Debian.gz ${debian}/copyright
    DESTINATION /usr/share/doc/${component} COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()
# Archives are not stripped with the programs.
install(CODE "
  if(CMAKE_INSTALL_DO_STRIP)
    file(GLOB archives \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/libsteward_*.a)
    execute_process(COMMAND strip --strip-debug --enable-deterministic-archives \${archives})
  endif()" COMPONENT libsteward-dev)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME steward)
set(CPACK_PACKAGE_VENDOR Steward)
set(CPACK_PACKAGE_CONTACT "Steward developers <steward@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL steward steward-workers libsteward-dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_STEWARD_PACKAGE_NAME steward)
set(CPACK_DEBIAN_STEWARD_PACKAGE_SECTION net)
set(CPACK_DEBIAN_STEWARD_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_STEWARD_PACKAGE_DEPENDS "adduser, tzdata")
set(CPACK_DEBIAN_STEWARD_PACKAGE_RECOMMENDS steward-workers)
set(CPACK_DEBIAN_STEWARD_PACKAGE_CONTROL_EXTRA
  "${debian}/steward/postinst;${debian}/steward/prerm;${debian}/steward/postrm;${debian}/steward/conffiles")
set(CPACK_COMPONENT_STEWARD_DESCRIPTION
  "work server for background jobs and remote calls
The broker keeps jobs on the disk and hands them to workers; beside it
are a gateway for HTTP and WebSocket, a supervisor for pools of workers,
and the command line.
.
Its services listen on the loopback interface until told otherwise.")

set(CPACK_DEBIAN_STEWARD-WORKERS_PACKAGE_NAME steward-workers)
set(CPACK_DEBIAN_STEWARD-WORKERS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_STEWARD-WORKERS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_STEWARD-WORKERS_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_STEWARD-WORKERS_PACKAGE_RECOMMENDS steward)
set(CPACK_DEBIAN_STEWARD-WORKERS_PACKAGE_SUGGESTS
  "python3-zmq, python3-msgpack, php-zmq, php-msgpack")
set(CPACK_DEBIAN_STEWARD-WORKERS_PACKAGE_CONTROL_EXTRA
  "${debian}/steward-workers/postinst;${debian}/steward-workers/prerm;${debian}/steward-workers/postrm")
set(CPACK_COMPONENT_STEWARD-WORKERS_DESCRIPTION
  "ready-made workers for Steward
Workers that run any command, post to a URL or hand jobs to a FastCGI
pool, samples to try things out with, and the libraries for workers and
clients in Python and PHP.")

set(CPACK_DEBIAN_LIBSTEWARD-DEV_PACKAGE_NAME libsteward-dev)
set(CPACK_DEBIAN_LIBSTEWARD-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBSTEWARD-DEV_PACKAGE_DEPENDS
  "libzmq3-dev, libssl-dev, cppzmq-dev, libmsgpack-cxx-dev, libspdlog-dev, libexpected-dev, nlohmann-json3-dev, libcli11-dev")
set(CPACK_DEBIAN_LIBSTEWARD-DEV_PACKAGE_SUGGESTS steward)
set(CPACK_COMPONENT_LIBSTEWARD-DEV_DESCRIPTION
  "libraries for Steward's clients and workers in C++
Static libraries with their headers, and the package that CMake's
find_package(steward) finds: steward::client, steward::worker and
steward::master, which wants the guardian of the package steward.")
include(CPack)
