# What `cmake --install` puts where, and the package that `find_package(steward)` finds: the targets
# steward::client, steward::worker and steward::master with the libraries they stand on. Programs install themselves
# (steward_program).
include(CMakePackageConfigHelpers)

if(NOT TARGET steward_client OR NOT TARGET steward_worker)
  return()
endif()
set(STEWARD_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/steward)

# Every library that the public ones link to, themselves included.
set(steward_exported "")
set(steward_waiting steward_client steward_worker steward_master)
while(steward_waiting)
  list(POP_FRONT steward_waiting library)
  if(library MATCHES "^steward_[a-z_]+$" AND NOT library IN_LIST steward_exported)
    list(APPEND steward_exported ${library})
    get_target_property(links ${library} INTERFACE_LINK_LIBRARIES)
    list(APPEND steward_waiting ${links})
  endif()
endwhile()

foreach(library IN LISTS steward_exported)
  string(REPLACE "steward_" "" name ${library})
  set_target_properties(${library} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${library} INTERFACE cxx_std_20)
  get_target_property(folder ${library} SOURCE_DIR)
  cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.hpp
    ${PROJECT_SOURCE_DIR}/${folder}/*.def)
  install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/steward/${folder}
    COMPONENT libsteward-dev)
endforeach()

install(TARGETS ${steward_exported} EXPORT steward
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libsteward-dev)
install(EXPORT steward NAMESPACE steward:: FILE stewardTargets.cmake
  DESTINATION ${STEWARD_PACKAGE_DIR} COMPONENT libsteward-dev)
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/stewardConfig.cmake.in ${PROJECT_BINARY_DIR}/stewardConfig.cmake
  INSTALL_DESTINATION ${STEWARD_PACKAGE_DIR})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/stewardConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/stewardConfig.cmake
  ${PROJECT_BINARY_DIR}/stewardConfigVersion.cmake
  DESTINATION ${STEWARD_PACKAGE_DIR} COMPONENT libsteward-dev)
install(FILES ${PROJECT_SOURCE_DIR}/etc/steward.toml
  DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/steward)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/etc/systemd DESTINATION ${CMAKE_INSTALL_DATADIR}/steward)
